// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// A three-part name: `catalog.schema.name`.
package struct ObjectName: Sendable, Hashable, CustomStringConvertible {
    package let catalog: String
    package let schema: String
    package let name: String
    /// The parts joined by dots.
    package let description: String

    /// Reads a dotted name.
    ///
    /// - Returns: nil unless there are exactly three parts, each of 1 to 255 characters out of letters, digits, `_` and `-`.
    ///   The last part may hold dots too (`gpt-5.1`) where nothing else would be left to split.
    package init?(_ text: String) {
        let parts = text.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty && $0.count <= 255 }) else { return nil }
        guard parts[0].utf8.allSatisfy(Self.isPlain), parts[1].utf8.allSatisfy(Self.isPlain) else { return nil }
        guard parts[2].utf8.allSatisfy({ Self.isPlain($0) || $0 == UInt8(ascii: ".") }) else { return nil }
        catalog = String(parts[0])
        schema = String(parts[1])
        name = String(parts[2])
        description = text
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
    }
}
