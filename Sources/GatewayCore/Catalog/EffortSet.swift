// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// The reasoning efforts that a model takes.
package struct EffortSet: Sendable, Hashable, ExpressibleByArrayLiteral {
    package typealias Effort = ReasoningConfiguration.Effort

    private var bits: UInt8 = 0

    package init(_ efforts: some Sequence<Effort>) {
        for effort in efforts { bits |= Self.bit(effort) }
    }

    package init(arrayLiteral efforts: Effort...) {
        self.init(efforts)
    }

    /// All from one to another.
    package init(from first: Effort, to last: Effort) {
        self.init(Effort.allCases.filter { first <= $0 && $0 <= last })
    }

    package var isEmpty: Bool { bits == 0 }

    package func contains(_ effort: Effort) -> Bool { bits & Self.bit(effort) != 0 }

    /// The effort to ask for in place of another: the next one up, else the greatest; the same where none is known.
    package func nearest(to effort: Effort) -> Effort {
        let all = Effort.allCases
        return all.first { $0 >= effort && contains($0) } ?? all.last { contains($0) } ?? effort
    }

    private static func bit(_ effort: Effort) -> UInt8 {
        switch effort {
        case .none: 1 << 0
        case .minimal: 1 << 1
        case .low: 1 << 2
        case .medium: 1 << 3
        case .high: 1 << 4
        case .xhigh: 1 << 5
        case .max: 1 << 6
        }
    }
}
