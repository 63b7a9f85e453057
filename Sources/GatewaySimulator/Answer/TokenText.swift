// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// Text cut into the tokens of the simulated models.
///
/// A token is a run of letters, digits, underscores and bytes outside ASCII, of at most 16 bytes (no character is split), or one other visible
/// character; it includes preceding whitespace. Whitespace at the end of the text is one token.
struct TokenText: Sendable {
    let text: String
    /// Where each token ends, in bytes of UTF-8.
    private var ends: [Int]

    init(_ text: String) {
        var text = text
        text.makeContiguousUTF8()
        var ends: [Int] = []
        ends.reserveCapacity(text.utf8.count / 4 + 1)
        text.withUTF8 { bytes in
            Self.forEachEnd(UnsafeRawBufferPointer(bytes)) { ends.append($0) }
        }
        self.text = text
        self.ends = ends
    }

    var count: Int { ends.count }

    /// The text of all tokens that are kept.
    var kept: Substring {
        text[..<index(ends.last ?? 0)]
    }

    subscript(_ position: Int) -> Substring {
        text[index(position == 0 ? 0 : ends[position - 1])..<index(ends[position])]
    }

    /// Drops all tokens after the first `count`.
    mutating func keepFirst(_ count: Int) {
        if count < ends.count { ends.removeLast(ends.count - max(0, count)) }
    }

    private func index(_ offset: Int) -> String.Index {
        text.utf8.index(text.utf8.startIndex, offsetBy: offset)
    }

    /// How many tokens some text is.
    static func count(_ text: JSONString) -> Int {
        text.withBytes { bytes, isEscaped in
            guard isEscaped, bytes.contains(UInt8(ascii: "\\")) else { return count(bytes) }
            var decoded = text.string
            return decoded.withUTF8 { count(UnsafeRawBufferPointer($0)) }
        }
    }

    /// How many tokens some text is.
    static func count(_ text: String) -> Int {
        var text = text
        return text.withUTF8 { count(UnsafeRawBufferPointer($0)) }
    }

    /// How many tokens some UTF-8 is.
    static func count(_ bytes: UnsafeRawBufferPointer) -> Int {
        var count = 0
        forEachEnd(bytes) { _ in count &+= 1 }
        return count
    }

    @inline(__always)
    private static func forEachEnd(_ bytes: UnsafeRawBufferPointer, _ body: (Int) -> Void) {
        var index = 0
        while index < bytes.count {
            while index < bytes.count, isSpace(bytes[index]) { index &+= 1 }
            guard index < bytes.count else { return body(index) }
            if isWord(bytes[index]) {
                let limit = index &+ 16
                repeat {
                    index &+= 1
                } while index < bytes.count && isWord(bytes[index]) && (index < limit || bytes[index] & 0xC0 == 0x80)
            } else {
                index &+= 1
            }
            body(index)
        }
    }

    @inline(__always)
    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte &- 9 < 5
    }

    @inline(__always)
    private static func isWord(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10 || byte >= 0x80
            || byte == UInt8(ascii: "_")
    }
}
