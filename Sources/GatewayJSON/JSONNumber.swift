// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// A number as it is written in its document, or one of the gateway's own.
///
/// Equality is that of the spelling: `1` and `1.0` are different numbers here.
package struct JSONNumber: Sendable {
    enum Storage: Sendable {
        case written(JSONValue)
        case int(Int)
        case double(Double)
    }

    let storage: Storage

    /// A number of a document; the value must be of that kind.
    init(value: JSONValue) {
        storage = .written(value)
    }

    /// An integer.
    package init(_ int: Int) {
        storage = .int(int)
    }

    /// A double, written with as few digits as give it back.
    ///
    /// One that is not finite has no JSON and becomes 0.
    package init(_ double: Double) {
        storage = .double(double.isFinite ? double : 0)
    }

    /// The number as an integer: only where it is exactly integral and in range.
    ///
    /// `1.0` and `1e2` are integral.
    package var int: Int? {
        switch storage {
        case .written(let value): value.int
        case .int(let int): int
        case .double(let double): Int(exactly: double)
        }
    }

    /// The nearest double; nil for numbers beyond the finite doubles.
    package var double: Double? {
        switch storage {
        case .written(let value): value.double
        case .int(let int): Double(int)
        case .double(let double): double
        }
    }

    /// The number as it is or will be written.
    package var written: String {
        switch storage {
        case .written(let value): value.withBytes { String(decoding: $0, as: UTF8.self) }
        case .int(let int): String(int)
        case .double(let double): DecimalText.shortest(double)
        }
    }
}

extension JSONNumber: Equatable, Hashable {
    /// Whether both are written with the same characters.
    package static func == (left: JSONNumber, right: JSONNumber) -> Bool {
        left.written == right.written
    }

    /// Hashes the spelling.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(written)
    }
}
