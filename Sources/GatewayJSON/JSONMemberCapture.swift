// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import NIOCore

/// Finds one member's value in a JSON document that arrives in pieces, without keeping the document.
///
/// The member is one of the root object, or, where the root is an array, of the objects in it (Gemini's streams without
/// `alt=sse` are such arrays). The last one wins. It never fails: bytes that are not JSON give no value.
package struct JSONMemberCapture: Sendable {
    /// What the next byte belongs to.
    private enum State {
        /// Between values, keys and punctuation.
        case structure
        /// In a string, directly behind a backslash or not.
        case string(isKey: Bool, isEscaped: Bool)
    }

    private let key: StaticString
    private let maximumBytes: Int
    private var state: State = .structure
    private var depth = 0
    /// How deep the members are: 1 below a root object, 2 below a root array.
    ///
    /// 0 before the root.
    private var memberDepth = 0
    /// Whether the next string at the depth of members is a key.
    private var expectsKey = false
    /// The key that is being read, as spelled, as far as it can still be the one.
    private var spelledKey = ByteBuffer()
    private var isKeyTooLong = false
    /// Whether the key just read is the one, and its colon or value comes next.
    private var hasMatched = false
    /// Whether the bytes that come are those of the value.
    private var isCapturing = false
    private var captured = ByteBuffer()
    private var isCapturedTooLong = false
    private var latest: ByteBuffer?

    /// - Parameters:
    ///   - key: The member's key.
    ///   - maximumBytes: A longer value is not kept; `value` is then nil.
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
    package mutating func consume(_ bytes: ByteBuffer) {
        bytes.withUnsafeReadableBytes { consume($0) }
    }

    private mutating func consume(_ bytes: UnsafeRawBufferPointer) {
        var index = 0
        while index < bytes.count {
            switch state {
            case .structure:
                structure(bytes[index])
                index += 1
            case .string(let isKey, let isEscaped):
                index = string(bytes, from: index, isKey: isKey, isEscaped: isEscaped)
            }
        }
    }

    private mutating func structure(_ byte: UInt8) {
        switch byte {
        case Byte.quote:
            let isKey = expectsKey && depth == memberDepth
            if isKey {
                spelledKey.clear()
                isKeyTooLong = false
            }
            capture(byte)
            state = .string(isKey: isKey, isEscaped: false)
        case Byte.openBrace, Byte.openBracket:
            capture(byte)
            depth += 1
            if depth == 1 { memberDepth = byte == Byte.openBrace ? 1 : 2 }
            expectsKey = depth == memberDepth && byte == Byte.openBrace
        case Byte.closeBrace, Byte.closeBracket:
            if depth == memberDepth { finish() }
            capture(byte)
            if depth > 0 { depth -= 1 }
            expectsKey = false
        case Byte.comma:
            if depth == memberDepth {
                finish()
                expectsKey = true
            }
            capture(byte)
        case Byte.colon:
            capture(byte)
            if depth == memberDepth, expectsKey {
                expectsKey = false
                if hasMatched {
                    isCapturing = true
                    captured.clear()
                    isCapturedTooLong = false
                }
            }
        default:
            capture(byte)
        }
    }

    /// Reads on in a string and returns the index behind what belongs to it.
    private mutating func string(
        _ bytes: UnsafeRawBufferPointer,
        from start: Int,
        isKey: Bool,
        isEscaped: Bool
    ) -> Int {
        if isEscaped {
            keep(UnsafeRawBufferPointer(rebasing: bytes[start..<start + 1]), isKey: isKey)
            state = .string(isKey: isKey, isEscaped: false)
            return start + 1
        }
        let end = ByteSearch.firstQuoteOrBackslash(bytes, from: start)
        keep(UnsafeRawBufferPointer(rebasing: bytes[start..<end]), isKey: isKey)
        guard end < bytes.count else { return end }
        if bytes[end] == Byte.backslash {
            keep(UnsafeRawBufferPointer(rebasing: bytes[end..<end + 1]), isKey: isKey)
            state = .string(isKey: isKey, isEscaped: true)
        } else {
            state = .structure
            if isKey { hasMatched = matchesKey() }
            capture(Byte.quote)
        }
        return end + 1
    }

    private mutating func keep(_ bytes: UnsafeRawBufferPointer, isKey: Bool) {
        if isKey {
            // An escape takes at most six bytes for one of the key.
            if isKeyTooLong || spelledKey.readableBytes + bytes.count > key.utf8CodeUnitCount * 6 {
                isKeyTooLong = true
            } else {
                spelledKey.writeBytes(bytes)
            }
        } else {
            capture(bytes)
        }
    }

    private func matchesKey() -> Bool {
        guard !isKeyTooLong else { return false }
        return spelledKey.withUnsafeReadableBytes { spelled in
            key.withUTF8Buffer { EscapedText(raw: spelled).matches(UnsafeRawBufferPointer($0), whole: true) }
        }
    }

    @inline(__always)
    private mutating func capture(_ byte: UInt8) {
        guard isCapturing else { return }
        withUnsafeBytes(of: byte) { capture($0) }
    }

    private mutating func capture(_ bytes: UnsafeRawBufferPointer) {
        guard isCapturing, !isCapturedTooLong else { return }
        if captured.readableBytes + bytes.count > maximumBytes {
            isCapturedTooLong = true
            captured.clear()
        } else {
            captured.writeBytes(bytes)
        }
    }

    /// The member that was being read is complete.
    private mutating func finish() {
        hasMatched = false
        guard isCapturing else { return }
        isCapturing = false
        latest = isCapturedTooLong ? nil : captured
        captured = ByteBuffer()
    }
}
