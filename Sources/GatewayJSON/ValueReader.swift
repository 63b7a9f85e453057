// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Finds the parts of JSON that has been validated before (or that the gateway wrote), without checking it again.
///
/// Bytes that are not JSON after all give wrong ranges, but never a range outside the buffer.
struct ValueReader {
    let bytes: UnsafeRawBufferPointer

    /// One member of an object, by indices into the bytes; the key's range is inside its quotes.
    struct Member {
        let key: Range<Int>
        let value: Range<Int>
    }

    @inline(__always)
    func skipWhitespace(from start: Int) -> Int {
        var index = start
        while index < bytes.count, Byte.isWhitespace(bytes[index]) { index &+= 1 }
        return index
    }

    /// The index of the closing quote of a string whose inside starts at `start`; the count, if there is none.
    @inline(__always)
    func endOfString(from start: Int) -> Int {
        var index = start
        while index < bytes.count {
            index = ByteSearch.firstQuoteOrBackslash(bytes, from: index)
            if index >= bytes.count { break }
            if bytes[index] == Byte.quote { return index }
            index &+= 2
        }
        return bytes.count
    }

    /// The index behind the value that starts at `start`.
    func endOfValue(from start: Int) -> Int {
        guard start < bytes.count else { return bytes.count }
        switch bytes[start] {
        case Byte.quote:
            return min(endOfString(from: start &+ 1) &+ 1, bytes.count)
        case Byte.openBrace, Byte.openBracket:
            return endOfContainer(from: start &+ 1)
        default:
            var index = start
            while index < bytes.count {
                let byte = bytes[index]
                if byte == Byte.comma || byte == Byte.closeBrace || byte == Byte.closeBracket
                    || Byte.isWhitespace(byte)
                {
                    break
                }
                index &+= 1
            }
            return index
        }
    }

    private func endOfContainer(from start: Int) -> Int {
        var index = start
        var depth = 1
        while index < bytes.count {
            switch bytes[index] {
            case Byte.quote:
                index = endOfString(from: index &+ 1) &+ 1
            case Byte.openBrace, Byte.openBracket:
                depth &+= 1
                index &+= 1
            case Byte.closeBrace, Byte.closeBracket:
                depth &-= 1
                index &+= 1
                if depth == 0 { return index }
            case Byte.comma, Byte.colon:
                index &+= 1
            default:
                // A number, a literal or whitespace, as a rule of several bytes.
                index = ByteSearch.firstQuoteOrBracket(bytes, from: index &+ 1)
            }
        }
        return bytes.count
    }

    /// The next element of an array, from behind its bracket or behind the element before; nil at the end.
    @inline(__always)
    func element(from start: Int) -> Range<Int>? {
        var index = skipWhitespace(from: start)
        if index < bytes.count, bytes[index] == Byte.comma { index = skipWhitespace(from: index &+ 1) }
        guard index < bytes.count, bytes[index] != Byte.closeBracket else { return nil }
        let end = endOfValue(from: index)
        return end > index ? index..<end : nil
    }

    /// The next member of an object, from behind its brace or behind the member before; nil at the end.
    @inline(__always)
    func member(from start: Int) -> Member? {
        var index = skipWhitespace(from: start)
        if index < bytes.count, bytes[index] == Byte.comma { index = skipWhitespace(from: index &+ 1) }
        guard index < bytes.count, bytes[index] == Byte.quote else { return nil }
        let key = index &+ 1..<endOfString(from: index &+ 1)
        index = skipWhitespace(from: key.upperBound &+ 1)
        guard index < bytes.count, bytes[index] == Byte.colon else { return nil }
        index = skipWhitespace(from: index &+ 1)
        let end = endOfValue(from: index)
        return end > index ? Member(key: key, value: index..<end) : nil
    }
}
