// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Walks over JSON that is relayed and looks at a few members, without checking it, decoding it or allocating.
///
/// Bytes that are not JSON give wrong answers, but nothing is ever read outside the buffer and every step moves forward.
struct JSONWalk {
    /// The inside of a string, still escaped.
    struct Text {
        let range: Range<Int>
        let hasEscapes: Bool
    }

    let bytes: UnsafeRawBufferPointer
    private(set) var index: Int

    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")

    init(_ bytes: UnsafeRawBufferPointer, at index: Int = 0) {
        self.bytes = bytes
        self.index = index
    }

    /// The next byte that is not whitespace, without passing it; 0 at the end.
    @inline(__always)
    mutating func peek() -> UInt8 {
        while index < bytes.count {
            let byte = bytes[index]
            if byte > 0x20 { return byte }
            index &+= 1
        }
        return 0
    }

    /// Passes this byte if it comes next.
    @inline(__always)
    mutating func pass(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        index &+= 1
        return true
    }

    /// Enters an object, if one starts here.
    @inline(__always)
    mutating func enterObject() -> Bool { pass(UInt8(ascii: "{")) }

    /// Enters an array, if one starts here.
    @inline(__always)
    mutating func enterArray() -> Bool { pass(UInt8(ascii: "[")) }

    /// The next key of the object that was entered, with its value coming next; nil behind the object.
    @inline(__always)
    mutating func nextKey() -> Range<Int>? {
        var byte = peek()
        if byte == UInt8(ascii: ",") {
            index &+= 1
            byte = peek()
        }
        guard byte == Self.quote, let key = text() else {
            // The closing brace, or bytes that are not JSON: either way this object is over.
            if index < bytes.count { index &+= 1 }
            return nil
        }
        _ = pass(UInt8(ascii: ":"))
        return key.range
    }

    /// Whether another element of the array that was entered comes next; passes the bracket if not.
    @inline(__always)
    mutating func nextElement() -> Bool {
        var byte = peek()
        if byte == UInt8(ascii: ",") {
            index &+= 1
            byte = peek()
        }
        guard byte != UInt8(ascii: "]"), byte != 0 else {
            if index < bytes.count { index &+= 1 }
            return false
        }
        return true
    }

    /// Whether the key at this range is this one.
    @inline(__always)
    func isKey(_ range: Range<Int>, _ key: StaticString) -> Bool {
        let count = key.utf8CodeUnitCount
        guard range.count == count else { return false }
        let expected = key.utf8Start
        for offset in 0..<count where bytes[range.lowerBound &+ offset] != expected[offset] { return false }
        return true
    }

    /// Passes a string and returns its inside, if a string comes next.
    @inline(__always)
    mutating func text() -> Text? {
        guard pass(Self.quote) else { return nil }
        let start = index
        let hasEscapes = passString()
        return Text(range: start..<max(start, index &- 1), hasEscapes: hasEscapes)
    }

    /// Passes everything up to the next string, key or value, wherever it stands, and the string itself; nil at the end.
    mutating func nextText() -> Text? {
        while index < bytes.count, bytes[index] != Self.quote { index &+= 1 }
        return text()
    }

    /// Passes the rest of a string and its closing quote.
    ///
    /// - Returns: Whether anything in it is escaped.
    @inline(__always)
    private mutating func passString() -> Bool {
        var hasEscapes = false
        while true {
            index = BytePair(Self.quote, Self.backslash).first(in: bytes, from: index)
            guard index < bytes.count else { return hasEscapes }
            if bytes[index] == Self.quote {
                index &+= 1
                return hasEscapes
            }
            hasEscapes = true
            index = min(index &+ 2, bytes.count)
        }
    }

    /// Passes a value and returns where it stood.
    @inline(__always)
    @discardableResult
    mutating func value() -> Range<Int> {
        let byte = peek()
        let start = index
        switch byte {
        case Self.quote:
            index &+= 1
            _ = passString()
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            passContainer()
        default:
            passScalar()
            // Bytes that are no value, passed so that a loop over them ends.
            if index == start, index < bytes.count { index &+= 1 }
        }
        return start..<index
    }

    /// Passes a value; returns it if it is a number of tokens, a non-negative integer within any use.
    @inline(__always)
    mutating func tokenCount() -> Int? {
        let range = value()
        guard !range.isEmpty, range.count < 15 else { return nil }
        var number = 0
        for index in range {
            let digit = bytes[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            number = number &* 10 &+ Int(digit)
        }
        return number
    }

    @inline(__always)
    private mutating func passScalar() {
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") || byte <= 0x20 {
                return
            }
            index &+= 1
        }
    }

    private mutating func passContainer() {
        var depth = 0
        while index < bytes.count {
            let byte = bytes[index]
            index &+= 1
            switch byte {
            case Self.quote:
                _ = passString()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth &+= 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth &-= 1
                if depth == 0 { return }
            default:
                break
            }
        }
    }

    /// How many bytes of UTF-8 a text has once its escapes are undone.
    func decodedCount(of text: Text) -> Int {
        guard text.hasEscapes else { return text.range.count }
        var count = 0
        var index = text.range.lowerBound
        while index < text.range.upperBound {
            guard bytes[index] == Self.backslash, index &+ 1 < text.range.upperBound else {
                count &+= 1
                index &+= 1
                continue
            }
            guard bytes[index &+ 1] == UInt8(ascii: "u") else {
                count &+= 1
                index &+= 2
                continue
            }
            count &+= Self.utf8Count(ofUnit: bytes[index..<min(index &+ 6, text.range.upperBound)])
            index &+= 6
        }
        return count
    }

    /// The bytes of UTF-8 that one `\uXXXX` stands for; half of a pair counts as two of its four.
    private static func utf8Count(ofUnit escape: Slice<UnsafeRawBufferPointer>) -> Int {
        var unit = 0
        for byte in escape.dropFirst(2) {
            let digit = byte &- UInt8(ascii: "0")
            let letter = (byte | 0x20) &- UInt8(ascii: "a")
            unit = unit << 4 | Int(digit < 10 ? digit : letter < 6 ? letter &+ 10 : 0)
        }
        if unit < 0x80 { return 1 }
        return unit < 0x800 || unit & 0xF800 == 0xD800 ? 2 : 3
    }
}
