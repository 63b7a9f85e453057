// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import NIOCore

/// Finds one member's value in a JSON document that arrives in pieces, without keeping the document.
///
/// The member is one of the root object, or, where the root is an array, of the objects in it (Gemini's streams without
/// `alt=sse` are such arrays). The last one wins. It never fails: bytes that are not JSON give no value. It keeps the value
/// and a few words of state, whatever the document holds.
package struct JSONMemberCapture: Sendable {
    private enum State {
        /// Between values, keys and punctuation.
        case structure
        /// In a string that is a key at the depth of members.
        case key
        /// In any other string.
        case string
    }

    private let key: StaticString
    private let maximumBytes: Int

    private var state: State = .structure
    /// In a string: whether the last byte was a backslash that escapes the next.
    private var isEscaped = false
    /// How many containers are open.
    private var depth = 0
    /// The depth in which members count: 1 below a root object, 2 below a root array.
    private var memberDepth = 0
    /// Whether the container at that depth is an object.
    private var hasMembers = false
    /// Whether the next string at that depth is a key.
    private var expectsKey = false
    /// The key that is being read, as spelled.
    private var spelledKey = ByteBuffer()
    private var isKeyTooLong = false
    /// Whether the key read last is the one that is looked for.
    private var hasMatched = false
    /// Whether the bytes that come belong to the value.
    private var isCapturing = false
    private var captured = ByteBuffer()
    private var isCapturedTooLong = false
    private var latest: ByteBuffer?

    /// A search for one key.
    ///
    /// - Parameters:
    ///   - key: The member's key.
    ///   - maximumBytes: A longer value is not kept, and `value` is nil.
    package init(_ key: StaticString, maximumBytes: Int = 65536) {
        self.key = key
        self.maximumBytes = maximumBytes
    }

    /// The value that was found last, once it is complete; nil if there is none, it is too long or not valid JSON.
    package var value: JSONValue? {
        guard let latest else { return nil }
        return try? JSONValue(validating: latest)
    }

    /// Reads the next piece of the document: its readable bytes.
    package mutating func consume(_ piece: ByteBuffer) {
        piece.withUnsafeReadableBytes { consume($0) }
    }

    private mutating func consume(_ bytes: UnsafeRawBufferPointer) {
        var index = 0
        // Where the part of the value starts that is not kept yet.
        var start = 0
        while index < bytes.count {
            switch state {
            case .structure: index = structure(bytes, at: index, start: &start)
            case .key, .string: index = string(bytes, at: index)
            }
        }
        keep(bytes, start..<bytes.count)
    }

    /// Reads one byte between strings, or skips to one that matters, and returns the index behind it.
    @inline(__always)
    private mutating func structure(_ bytes: UnsafeRawBufferPointer, at current: Int, start: inout Int) -> Int {
        var index = current
        if depth != memberDepth, bytes[index] != Byte.comma, bytes[index] != Byte.colon {
            index = ByteSearch.firstQuoteOrBracket(bytes, from: index)
            if index == bytes.count { return index }
        }
        switch bytes[index] {
        case Byte.quote:
            if expectsKey, depth == memberDepth {
                spelledKey.clear()
                isKeyTooLong = false
                state = .key
            } else {
                state = .string
            }
        case Byte.openBrace, Byte.openBracket:
            depth &+= 1
            if depth == 1 { memberDepth = bytes[index] == Byte.openBrace ? 1 : 2 }
            if depth == memberDepth {
                hasMembers = bytes[index] == Byte.openBrace
                expectsKey = hasMembers
            }
        case Byte.closeBrace, Byte.closeBracket:
            if depth == memberDepth { finish(bytes, start..<index) }
            if depth > 0 { depth &-= 1 }
        case Byte.comma where depth == memberDepth:
            finish(bytes, start..<index)
            expectsKey = hasMembers
        case Byte.colon where depth == memberDepth && expectsKey:
            expectsKey = false
            if hasMatched {
                isCapturing = true
                isCapturedTooLong = false
                start = index &+ 1
            }
        default:
            break
        }
        return index &+ 1
    }

    /// Reads on in a string and returns the index behind what belongs to it.
    @inline(__always)
    private mutating func string(_ bytes: UnsafeRawBufferPointer, at start: Int) -> Int {
        if isEscaped {
            isEscaped = false
            keepKey(bytes, start..<start &+ 1)
            return start &+ 1
        }
        let end = ByteSearch.firstQuoteOrBackslash(bytes, from: start)
        if end < bytes.count, bytes[end] == Byte.backslash {
            isEscaped = true
            keepKey(bytes, start..<end &+ 1)
            return end &+ 1
        }
        keepKey(bytes, start..<end)
        guard end < bytes.count else { return end }
        if state == .key { hasMatched = matchesKey() }
        state = .structure
        return end &+ 1
    }

    private mutating func keepKey(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        guard state == .key, !isKeyTooLong else { return }
        // An escape takes at most six bytes for one of the key.
        if spelledKey.readableBytes + range.count > key.utf8CodeUnitCount * 6 {
            isKeyTooLong = true
        } else {
            spelledKey.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[range]))
        }
    }

    private func matchesKey() -> Bool {
        guard !isKeyTooLong else { return false }
        return spelledKey.withUnsafeReadableBytes { spelled in
            key.withUTF8Buffer { EscapedText(raw: spelled).matches(UnsafeRawBufferPointer($0), whole: true) }
        }
    }

    private mutating func keep(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        guard isCapturing, !isCapturedTooLong else { return }
        if captured.readableBytes + range.count > maximumBytes {
            isCapturedTooLong = true
        } else {
            captured.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[range]))
        }
    }

    /// Notes that the member being read ends behind these bytes.
    private mutating func finish(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        hasMatched = false
        guard isCapturing else { return }
        keep(bytes, range)
        isCapturing = false
        latest = isCapturedTooLong ? nil : captured
        captured = ByteBuffer()
    }
}
