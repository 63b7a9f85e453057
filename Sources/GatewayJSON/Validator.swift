// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// The strict pass over a document: RFC 8259, valid UTF-8, no lone surrogates, bounded depth.
///
/// It walks with a loop and a stack of bits, so that nesting costs no call stack. Functions take the index where something
/// starts and return the index behind it; every access is behind a comparison with the count.
struct Validator {
    /// A failure without the parts of `JSONError` that need reference counting.
    struct Failure: Error {
        enum Reason: UInt8 {
            case unexpectedByte, unexpectedEnd, invalidNumber, invalidEscape, loneSurrogate, invalidUTF8
            case controlCharacter, tooDeep, tooManyMembers, trailingBytes
        }
        let reason: Reason
        let offset: Int

        init(_ reason: Reason, _ offset: Int) {
            self.reason = reason
            self.offset = offset
        }

        var error: JSONError {
            let reason: JSONError.Reason =
                switch reason {
                case .unexpectedByte: .unexpectedByte
                case .unexpectedEnd: .unexpectedEnd
                case .invalidNumber: .invalidNumber
                case .invalidEscape: .invalidEscape
                case .loneSurrogate: .loneSurrogate
                case .invalidUTF8: .invalidUTF8
                case .controlCharacter: .controlCharacter
                case .tooDeep: .tooDeep
                case .tooManyMembers: .tooManyMembers
                case .trailingBytes: .trailingBytes
                }
            return JSONError(reason, offset: offset)
        }
    }

    let bytes: UnsafeRawBufferPointer
    let maximumDepth: Int
    /// Notes the keys of all objects; nil where nobody asks for them.
    var keys: JSONKeyWatch.Recorder?

    init(bytes: UnsafeRawBufferPointer, maximumDepth: Int, keys: JSONKeyWatch.Recorder? = nil) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
        self.keys = keys
    }

    /// The range of the one value of a document, with nothing but whitespace around it.
    func document() throws(Failure) -> Range<Int> {
        let start = skipWhitespace(from: 0)
        let end = try value(from: start, depth: 0)
        try endOfDocument(from: end)
        return start..<end
    }

    func endOfDocument(from start: Int) throws(Failure) {
        let index = skipWhitespace(from: start)
        guard index == bytes.count else { throw Failure(.trailingBytes, index) }
    }

    @inline(__always)
    func skipWhitespace(from start: Int) -> Int {
        var index = start
        while index < bytes.count, Byte.isWhitespace(bytes[index]) { index &+= 1 }
        return index
    }

    @inline(__always)
    private func byte(at index: Int) throws(Failure) -> UInt8 {
        guard index < bytes.count else { throw Failure(.unexpectedEnd, index) }
        return bytes[index]
    }

    /// The index behind the value that starts at `start`; `depth` containers are open around it.
    func value(from start: Int, depth: Int) throws(Failure) -> Int {
        var index = start
        var nesting = NestingStack()
        while true {
            // A value starts at `index`.
            switch try byte(at: index) {
            case Byte.quote:
                index = try string(from: index &+ 1)
            case Byte.openBrace:
                guard depth + nesting.count < maximumDepth else { throw Failure(.tooDeep, index) }
                index = skipWhitespace(from: index &+ 1)
                guard try byte(at: index) == Byte.closeBrace else {
                    nesting.push(isObject: true)
                    index = try key(from: index)
                    continue
                }
                index &+= 1
            case Byte.openBracket:
                guard depth + nesting.count < maximumDepth else { throw Failure(.tooDeep, index) }
                index = skipWhitespace(from: index &+ 1)
                guard try byte(at: index) == Byte.closeBracket else {
                    nesting.push(isObject: false)
                    continue
                }
                index &+= 1
            case Byte.minus, Byte.zero...Byte.nine:
                index = try number(from: index)
            case UInt8(ascii: "t"):
                index = try literal("true", from: index)
            case UInt8(ascii: "f"):
                index = try literal("false", from: index)
            case UInt8(ascii: "n"):
                index = try literal("null", from: index)
            default:
                throw Failure(.unexpectedByte, index)
            }
            // A value ends at `index`: close containers until another value follows.
            var valueFollows = false
            while !valueFollows {
                if nesting.isEmpty { return index }
                index = skipWhitespace(from: index)
                let byte = try byte(at: index)
                if byte == Byte.comma {
                    index = skipWhitespace(from: index &+ 1)
                    if nesting.isObject { index = try key(from: index) }
                    valueFollows = true
                } else if byte == (nesting.isObject ? Byte.closeBrace : Byte.closeBracket) {
                    index &+= 1
                    nesting.pop()
                } else {
                    throw Failure(.unexpectedByte, index)
                }
            }
        }
    }

    /// The index of the value of the member whose key starts at `start`.
    @inline(__always)
    private func key(from start: Int) throws(Failure) -> Int {
        guard try byte(at: start) == Byte.quote else { throw Failure(.unexpectedByte, start) }
        return try colon(from: try keyText(from: start &+ 1))
    }

    /// The index behind the closing quote of a key whose first byte, behind the opening quote, is at `start`.
    @inline(__always)
    func keyText(from start: Int) throws(Failure) -> Int {
        guard let keys else { return try string(from: start) }
        let plain = ByteSearch.endOfPlainASCII(bytes, from: start)
        if plain < bytes.count, bytes[plain] == Byte.quote {
            keys.note(bytes, start..<plain)
            return plain &+ 1
        }
        keys.noteOdd()
        return try string(from: plain)
    }

    /// The index of the value behind a key that ends at `start`.
    @inline(__always)
    func colon(from start: Int) throws(Failure) -> Int {
        let index = skipWhitespace(from: start)
        guard try byte(at: index) == Byte.colon else { throw Failure(.unexpectedByte, index) }
        return skipWhitespace(from: index &+ 1)
    }

    private func literal(_ text: StaticString, from start: Int) throws(Failure) -> Int {
        let expected = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        for offset in 0..<expected.count {
            guard try byte(at: start &+ offset) == expected[offset] else {
                throw Failure(.unexpectedByte, start &+ offset)
            }
        }
        return start &+ expected.count
    }

    private func number(from start: Int) throws(Failure) -> Int {
        var index = start
        if bytes[index] == Byte.minus { index &+= 1 }
        guard index < bytes.count else { throw Failure(.unexpectedEnd, index) }
        if bytes[index] == Byte.zero {
            index &+= 1
            if index < bytes.count, Byte.isDigit(bytes[index]) { throw Failure(.invalidNumber, index) }
        } else {
            index = try digits(from: index)
        }
        if index < bytes.count, bytes[index] == Byte.point {
            index = try digits(from: index &+ 1)
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            index &+= 1
            if index < bytes.count, bytes[index] == Byte.plus || bytes[index] == Byte.minus { index &+= 1 }
            index = try digits(from: index)
        }
        return index
    }

    /// The index behind one or more digits.
    @inline(__always)
    private func digits(from start: Int) throws(Failure) -> Int {
        var index = start
        while index < bytes.count, Byte.isDigit(bytes[index]) { index &+= 1 }
        guard index > start else {
            throw Failure(index < bytes.count ? .invalidNumber : .unexpectedEnd, index)
        }
        return index
    }
}
