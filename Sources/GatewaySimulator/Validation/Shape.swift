// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// What a vendor allows a JSON value to be.
///
/// The tables of a vendor's fields are values of this type; ``Shape/check(_:)`` compares a document with one.
indirect enum Shape: Sendable {
    case anything
    /// Any string, an empty one included.
    case text
    /// A string whose length in bytes is in this range.
    case boundedText(ClosedRange<Int>)
    /// One of these strings.
    case oneOf([StaticString])
    /// A string that follows the rule.
    case name(NameRule)
    case integer(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    case boolean
    case array(of: Shape, count: ClosedRange<Int>)
    /// An object with any fields, all of the same shape.
    case map(of: Shape)
    case object(ObjectShape)
    case nullable(Shape)
    /// The alternative whose kind of JSON value fits; their kinds are all different.
    case either([Shape])
    /// An object whose fields depend on the value of one of them.
    case variants(VariantShape)

    /// An array of any length.
    static func array(of element: Shape) -> Shape { .array(of: element, count: 0...Int.max) }

    /// An integer from this one on.
    static func integer(from least: Int) -> Shape { .integer(least...Int.max) }

    /// The kinds of JSON value that can have this shape; nil for all of them.
    var kinds: [JSONValue.Kind]? {
        switch self {
        case .anything: nil
        case .text, .boundedText, .oneOf, .name: [.string]
        case .integer, .number: [.number]
        case .boolean: [.bool]
        case .array: [.array]
        case .map, .object, .variants: [.object]
        case .nullable(let shape): shape.kinds.map { $0 + [.null] }
        case .either(let shapes): shapes.flatMap { $0.kinds ?? [] }
        }
    }
}

/// What names of tools and the like may look like.
struct NameRule: Sendable {
    /// Most bytes.
    let limit: Int
    /// Whether dots and colons are allowed beside letters, digits, `_` and `-`.
    let allowsDots: Bool
    /// Whether the first byte must be a letter or `_`.
    let startsWithLetter: Bool
    /// The rule as vendors write it.
    let pattern: StaticString

    func allows(_ name: String) -> Bool {
        guard !name.isEmpty, name.utf8.count <= limit else { return false }
        if startsWithLetter, let first = name.utf8.first, !Self.isLetter(first), first != UInt8(ascii: "_") {
            return false
        }
        return name.utf8.allSatisfy { byte in
            Self.isLetter(byte) || byte &- UInt8(ascii: "0") < 10 || byte == UInt8(ascii: "_")
                || byte == UInt8(ascii: "-")
                || (allowsDots && (byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":")))
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- UInt8(ascii: "a") < 26
    }
}
