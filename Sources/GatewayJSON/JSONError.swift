// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Why some bytes are not the JSON that was asked for, and where.
///
/// The description never quotes the document, apart from the names of members that the gateway itself asked for.
package struct JSONError: Error, Equatable, Sendable {
    /// What is wrong.
    package enum Reason: Equatable, Sendable {
        /// A byte that cannot stand here.
        case unexpectedByte
        /// The document ends in the middle of a value.
        case unexpectedEnd
        /// A number that RFC 8259 does not allow, such as `01`, `1.` or `+1`.
        case invalidNumber
        /// A backslash followed by something other than the escapes of RFC 8259.
        case invalidEscape
        /// A `\u` escape of one half of a surrogate pair without the other half.
        case loneSurrogate
        /// Bytes in a string that are not UTF-8.
        case invalidUTF8
        /// A raw byte below 0x20 in a string.
        case controlCharacter
        /// More arrays and objects inside one another than allowed.
        case tooDeep
        /// More members of the root than a request can have any use for.
        case tooManyMembers
        /// Something other than whitespace after the value.
        case trailingBytes
        /// A member that the gateway acts on stands in the object more than once.
        case duplicateMember(String)
        /// The value is of another kind than the one named, e.g. "an object".
        case wrongType(expected: String)
        /// The object lacks this member.
        case missingMember(String)
        /// A number beyond what the gateway can represent there.
        case numberOutOfRange
    }

    /// What is wrong.
    package let reason: Reason
    /// The byte at which it shows, counted from the first readable byte of the document.
    package let offset: Int

    /// An error at a byte of a document.
    package init(_ reason: Reason, offset: Int) {
        self.reason = reason
        self.offset = offset
    }
}

extension JSONError: CustomStringConvertible {
    /// The error in plain words, such as "invalid UTF-8 at byte 17".
    package var description: String {
        "\(reason) at byte \(offset)"
    }
}

extension JSONError.Reason: CustomStringConvertible {
    /// The reason in plain words, such as "invalid UTF-8".
    package var description: String {
        switch self {
        case .unexpectedByte: "unexpected byte"
        case .unexpectedEnd: "unexpected end"
        case .invalidNumber: "invalid number"
        case .invalidEscape: "invalid escape"
        case .loneSurrogate: "lone surrogate"
        case .invalidUTF8: "invalid UTF-8"
        case .controlCharacter: "control character in a string"
        case .tooDeep: "too many nested values"
        case .tooManyMembers: "too many fields"
        case .trailingBytes: "trailing bytes"
        case .duplicateMember(let name): "duplicate field '\(name)'"
        case .wrongType(let expected): "expected \(expected)"
        case .missingMember(let name): "missing field '\(name)'"
        case .numberOutOfRange: "number out of range"
        }
    }
}
