// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

extension JSONValue {
    /// The value as an object; nil when it is something else.
    package var object: JSONObject? { kind == .object ? JSONObject(value: self) : nil }

    /// The value as an array; nil when it is something else.
    package var array: JSONArray? { kind == .array ? JSONArray(value: self) : nil }

    /// The value as text that is not decoded yet; nil when it is not a string.
    package var text: JSONString? {
        guard kind == .string, range.count >= 2 else { return nil }
        return JSONString(document: document, range: range.lowerBound + 1..<range.upperBound - 1)
    }

    /// The decoded string; nil when the value is not a string.
    package var string: String? { text?.string }

    /// The number as written; nil when the value is not a number.
    package var number: JSONNumber? { kind == .number ? JSONNumber(value: self) : nil }

    /// The number as an integer: only where it is exactly integral and in range.
    ///
    /// `1.0` and `1e2` are integral.
    package var int: Int? { kind == .number ? withBytes { DecimalText(raw: $0).int } : nil }

    /// The number as the nearest double; nil for numbers beyond the finite doubles and for other kinds.
    package var double: Double? { kind == .number ? withBytes { DecimalText(raw: $0).double } : nil }

    /// The boolean; nil when the value is not one.
    package var bool: Bool? { kind == .bool ? withBytes { $0.first == UInt8(ascii: "t") } : nil }

    /// Whether the value is `null`.
    package var isNull: Bool { kind == .null }

    /// The first member with this key; nil when there is none or the value is not an object.
    package subscript(_ key: StaticString) -> JSONValue? {
        kind == .object ? JSONObject(value: self)[key] : nil
    }

    /// The first member with this key; nil when there is none or the value is not an object.
    package subscript(_ key: String) -> JSONValue? {
        kind == .object ? JSONObject(value: self)[key] : nil
    }
}
