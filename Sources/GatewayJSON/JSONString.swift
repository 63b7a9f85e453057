// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import NIOCore

/// Text: the inside of a JSON string as it stands in its document, still escaped, or a Swift string.
///
/// It is compared, hashed and written without being decoded. Equality is that of the decoded UTF-8 bytes: spelling with
/// escapes makes no difference, and no Unicode normalisation takes place.
package struct JSONString: Sendable {
    /// Where the text is.
    enum Storage: Sendable {
        /// At these reader indices of a document, without the quotes, escaped.
        case document(ByteBuffer, start: UInt32, end: UInt32)
        case string(String)
        case literal(StaticString)
    }

    let storage: Storage

    /// The text between two quotes of a document; the range is in its reader indices.
    @inline(__always)
    init(document: ByteBuffer, range: Range<Int>) {
        storage = .document(
            document,
            start: UInt32(truncatingIfNeeded: range.lowerBound),
            end: UInt32(truncatingIfNeeded: range.upperBound)
        )
    }

    /// A text that is already decoded.
    package init(_ string: String) {
        storage = .string(string)
    }

    /// A text that stands in the program.
    package init(_ literal: StaticString) {
        storage = .literal(literal)
    }

    /// The decoded text.
    package var string: String {
        switch storage {
        case .document: withBytes { bytes, _ in EscapedText(raw: bytes).decoded }
        case .string(let string): string
        case .literal(let literal): literal.description
        }
    }

    /// Whether the text is "".
    package var isEmpty: Bool {
        switch storage {
        case .document(_, let start, let end): start == end
        case .string(let string): string.isEmpty
        case .literal(let literal): literal.utf8CodeUnitCount == 0
        }
    }

    /// What follows the first `count` bytes as they are in ``withBytes(_:)``, sharing their memory.
    ///
    /// The cut must not be inside a character or an escape.
    package func dropping(bytes count: Int) -> JSONString {
        switch storage {
        case .document(let document, let start, let end):
            return JSONString(document: document, range: min(Int(start) + count, Int(end))..<Int(end))
        case .string(let string):
            return JSONString(String(decoding: string.utf8.dropFirst(count), as: UTF8.self))
        case .literal(let literal):
            return JSONString(String(decoding: literal.description.utf8.dropFirst(count), as: UTF8.self))
        }
    }

    /// How many bytes of UTF-8 the decoded text has.
    package var utf8Count: Int {
        withBytes { bytes, isEscaped in isEscaped ? EscapedText(raw: bytes).decodedCount : bytes.count }
    }

    /// How many bytes ``withBytes(_:)`` gives: about what the text takes in a document.
    package var writtenBytes: Int {
        switch storage {
        case .document(_, let start, let end): Int(end &- start)
        case .string(let string): string.utf8.count
        case .literal(let literal): literal.utf8CodeUnitCount
        }
    }

    /// Whether the decoded text starts with this.
    package func hasPrefix(_ prefix: StaticString) -> Bool {
        prefix.withUTF8Buffer { matches(UnsafeRawBufferPointer($0), whole: false) }
    }

    /// Runs `body` on the bytes as they are, and whether they are still escaped (and then stand between quotes as they are).
    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer, _ isEscaped: Bool) -> Result) -> Result {
        switch storage {
        case .document(let document, let start, let end):
            return document.withBytes(in: Int(start)..<Int(end)) { body($0, true) }
        case .string(var string):
            return string.withUTF8 { body(UnsafeRawBufferPointer($0), false) }
        case .literal(let literal):
            return literal.withUTF8Buffer { body(UnsafeRawBufferPointer($0), false) }
        }
    }

    private func matches(_ other: UnsafeRawBufferPointer, whole: Bool) -> Bool {
        withBytes { bytes, isEscaped in
            if isEscaped { return EscapedText(raw: bytes).matches(other, whole: whole) }
            return bytes.count >= other.count && (!whole || bytes.count == other.count)
                && UnsafeRawBufferPointer(rebasing: bytes[..<other.count]).equals(other)
        }
    }
}

extension JSONString: Equatable {
    /// Whether both decode to the same bytes.
    package static func == (left: JSONString, right: JSONString) -> Bool {
        right.withBytes { bytes, isEscaped in
            if !isEscaped { return left.matches(bytes, whole: true) }
            let text = EscapedText(raw: bytes)
            if !text.hasEscapes { return left.matches(bytes, whole: true) }
            var decoded = text.decoded
            return decoded.withUTF8 { left.matches(UnsafeRawBufferPointer($0), whole: true) }
        }
    }

    /// Whether the text is this one.
    @_disfavoredOverload
    package static func == (left: JSONString, right: StaticString) -> Bool {
        right.withUTF8Buffer { left.matches(UnsafeRawBufferPointer($0), whole: true) }
    }

    /// Whether the text is this one, byte by byte.
    ///
    /// Preferred for literals as well: were it disfavoured, `==` of `AnyHashable` would win, and always say no.
    package static func == (left: JSONString, right: String) -> Bool {
        var right = right
        return right.withUTF8 { left.matches(UnsafeRawBufferPointer($0), whole: true) }
    }
}

extension JSONString: Hashable {
    /// Hashes the decoded bytes.
    package func hash(into hasher: inout Hasher) {
        withBytes { bytes, isEscaped in
            if isEscaped, EscapedText(raw: bytes).hasEscapes {
                var decoded = EscapedText(raw: bytes).decoded
                decoded.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
            } else {
                hasher.combine(bytes: bytes)
            }
        }
    }
}

extension JSONString: ExpressibleByStringLiteral {
    /// A text that stands in the program.
    package init(stringLiteral value: StaticString) {
        self.init(value)
    }
}

extension JSONString: CustomStringConvertible {
    /// The size; never the content, since texts are prompts.
    ///
    /// Use `string` for the content.
    package var description: String { "JSON text of \(utf8Count) bytes" }
}
