// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Cuts a statement into tokens.
///
/// Every sequence of bytes has exactly one cut; nothing is an error.
///
/// It agrees with the engine on where strings, quoted names and comments end, since a name inside one of them must never
/// be taken for a table. What is not closed goes on to the end of the text.
struct SQLTokenizer {
    private let bytes: [UInt8]
    private var index = 0

    static func tokens(of bytes: [UInt8]) -> [SQLToken] {
        var tokenizer = SQLTokenizer(bytes: bytes)
        var tokens: [SQLToken] = []
        while tokenizer.index < bytes.count { tokens.append(tokenizer.next()) }
        return tokens
    }

    /// The first token that is neither space nor comment; nil if there is none.
    static func first(of bytes: [UInt8]) -> SQLToken? {
        var tokenizer = SQLTokenizer(bytes: bytes)
        while tokenizer.index < bytes.count {
            let token = tokenizer.next()
            if token.kind != .trivia { return token }
        }
        return nil
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The token that starts here.
    ///
    /// There is at least one byte, and at least one is taken.
    private mutating func next() -> SQLToken {
        let start = index
        let kind = take()
        return SQLToken(kind: kind, range: start..<index)
    }

    private mutating func take() -> SQLToken.Kind {
        let first = bytes[index]
        index += 1
        switch first {
        case UInt8(ascii: "'"):
            skip(quotedBy: first)
            return .string
        case UInt8(ascii: "\""), UInt8(ascii: "`"):
            skip(quotedBy: first)
            return .quotedIdentifier
        case UInt8(ascii: "["):
            skip(past: UInt8(ascii: "]"))
            return .bracketed
        case UInt8(ascii: "-") where peek() == UInt8(ascii: "-"):
            skip(past: UInt8(ascii: "\n"))
            return .trivia
        case UInt8(ascii: "/") where peek() == UInt8(ascii: "*"):
            index += 1
            skipBlockComment()
            return .trivia
        case UInt8(ascii: "."):
            guard let byte = peek(), Self.isDigit(byte), !endsName(before: index - 1) else { return .dot }
            skip(while: Self.isNumberPart)
            return .number
        case UInt8(ascii: ","): return .comma
        case UInt8(ascii: "("): return .openParenthesis
        case UInt8(ascii: ")"): return .closeParenthesis
        case UInt8(ascii: ";"): return .semicolon
        case _ where Self.isSpace(first):
            skip(while: Self.isSpace)
            return .trivia
        case _ where Self.isDigit(first):
            skip(while: Self.isNumberPart)
            return .number
        case _ where Self.isWordStart(first):
            skip(while: Self.isWordPart)
            return .word
        default:
            return .other
        }
    }

    private func peek() -> UInt8? {
        index < bytes.count ? bytes[index] : nil
    }

    private mutating func skip(while isPart: (UInt8) -> Bool) {
        while let byte = peek(), isPart(byte) { index += 1 }
    }

    /// Goes behind the next such byte, or to the end.
    private mutating func skip(past end: UInt8) {
        while let byte = peek() {
            index += 1
            if byte == end { return }
        }
    }

    /// Goes behind the closing quote; a doubled quote stands for itself.
    private mutating func skip(quotedBy quote: UInt8) {
        while let byte = peek() {
            index += 1
            guard byte == quote else { continue }
            guard peek() == quote else { return }
            index += 1
        }
    }

    private mutating func skipBlockComment() {
        while let byte = peek() {
            index += 1
            guard byte == UInt8(ascii: "*"), peek() == UInt8(ascii: "/") else { continue }
            index += 1
            return
        }
    }

    /// Whether a name ends just before that byte, so that a dot there cannot begin a number.
    private func endsName(before index: Int) -> Bool {
        guard index > 0 else { return false }
        let byte = bytes[index - 1]
        return Self.isWordPart(byte) || byte == UInt8(ascii: "`") || byte == UInt8(ascii: "\"")
            || byte == UInt8(ascii: "]")
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0D).contains(byte)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isWordStart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
        default: byte >= 0x80
        }
    }

    private static func isWordPart(_ byte: UInt8) -> Bool {
        isWordStart(byte) || isDigit(byte) || byte == UInt8(ascii: "$")
    }

    /// Digits, a fraction, an exponent's letter, hexadecimal digits.
    private static func isNumberPart(_ byte: UInt8) -> Bool {
        isWordPart(byte) || byte == UInt8(ascii: ".")
    }
}
