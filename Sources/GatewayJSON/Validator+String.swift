// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

extension Validator {
    /// The index behind the closing quote of the string whose first byte, behind the opening quote, is at `start`.
    @inline(__always)
    func string(from start: Int) throws(Failure) -> Int {
        var index = start
        while true {
            index = ByteSearch.endOfPlainASCII(bytes, from: index)
            guard index < bytes.count else { throw Failure(.unexpectedEnd, index) }
            let byte = bytes[index]
            if byte == Byte.quote { return index &+ 1 }
            if byte == Byte.backslash {
                index = try escape(from: index)
            } else if byte < 0x20 {
                throw Failure(.controlCharacter, index)
            } else {
                index = try nonASCII(from: index)
            }
        }
    }

    /// The index behind the escape whose backslash is at `start`.
    private func escape(from start: Int) throws(Failure) -> Int {
        guard start &+ 1 < bytes.count else { throw Failure(.unexpectedEnd, start &+ 1) }
        switch bytes[start &+ 1] {
        case Byte.quote, Byte.backslash, Byte.slash, UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            return start &+ 2
        case UInt8(ascii: "u"):
            let unit = try hexDigits(from: start &+ 2)
            if unit & 0xF800 != 0xD800 { return start &+ 6 }
            guard unit < 0xDC00, start &+ 7 < bytes.count, bytes[start &+ 6] == Byte.backslash,
                bytes[start &+ 7] == UInt8(ascii: "u")
            else { throw Failure(.loneSurrogate, start) }
            guard try hexDigits(from: start &+ 8) & 0xFC00 == 0xDC00 else { throw Failure(.loneSurrogate, start) }
            return start &+ 12
        default:
            throw Failure(.invalidEscape, start)
        }
    }

    private func hexDigits(from start: Int) throws(Failure) -> UInt32 {
        var unit: UInt32 = 0
        for index in start..<start &+ 4 {
            guard index < bytes.count else { throw Failure(.unexpectedEnd, index) }
            guard let digit = Byte.hexValue(bytes[index]) else { throw Failure(.invalidEscape, index) }
            unit = unit << 4 | digit
        }
        return unit
    }

    /// The index behind the run of multi-byte characters that starts at `start`.
    ///
    /// The ranges are those of table 3-7 of the Unicode standard: no overlong forms, no surrogates, nothing above U+10FFFF.
    private func nonASCII(from start: Int) throws(Failure) -> Int {
        var index = start
        while index < bytes.count {
            let lead = bytes[index]
            if lead < 0x80 { break }
            let left = bytes.count &- index
            if lead >= 0xC2, lead <= 0xDF {
                guard left >= 2, isContinuation(index &+ 1) else { throw Failure(.invalidUTF8, index) }
                index &+= 2
            } else if lead & 0xF0 == 0xE0 {
                guard left >= 3, isContinuation(index &+ 1), isContinuation(index &+ 2) else {
                    throw Failure(.invalidUTF8, index)
                }
                let second = bytes[index &+ 1]
                if lead == 0xE0 && second < 0xA0 || lead == 0xED && second > 0x9F {
                    throw Failure(.invalidUTF8, index)
                }
                index &+= 3
            } else if lead >= 0xF0, lead <= 0xF4 {
                guard left >= 4, isContinuation(index &+ 1), isContinuation(index &+ 2), isContinuation(index &+ 3)
                else { throw Failure(.invalidUTF8, index) }
                let second = bytes[index &+ 1]
                if lead == 0xF0 && second < 0x90 || lead == 0xF4 && second > 0x8F {
                    throw Failure(.invalidUTF8, index)
                }
                index &+= 4
            } else {
                throw Failure(.invalidUTF8, index)
            }
        }
        return index
    }

    @inline(__always)
    private func isContinuation(_ index: Int) -> Bool {
        bytes[index] & 0xC0 == 0x80
    }
}
