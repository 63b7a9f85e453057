// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

/// The text of one statement, cut into tokens, without the semicolons that end it.
struct SQLText {
    let bytes: [UInt8]
    let tokens: [SQLToken]

    /// Cuts a text.
    ///
    /// - Throws: ``GatewayCore/QueryError`` where it is too long or more than one statement.
    init(_ text: String) throws(QueryError) {
        bytes = Array(text.utf8)
        guard bytes.count <= SQLStatement.maximumLength else {
            throw QueryError(.parseSyntaxError, "The statement is longer than \(SQLStatement.maximumLength) bytes.")
        }
        // The engine takes a zero byte for the end of the text.
        guard !bytes.contains(0) else { throw QueryError(.parseSyntaxError, "The statement contains a zero byte.") }
        var tokens = SQLTokenizer.tokens(of: bytes)
        while let last = tokens.last, last.kind == .trivia || last.kind == .semicolon { tokens.removeLast() }
        self.tokens = tokens
        guard !tokens.contains(where: { $0.kind == .semicolon }) else {
            throw QueryError(.parseSyntaxError, "There is more than one statement; run them one at a time.")
        }
    }

    /// The text of some bytes.
    func text(_ range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self)
    }

    /// A word in upper case; empty for other tokens.
    func keyword(_ token: SQLToken) -> String {
        token.kind == .word ? text(token.range).uppercased() : ""
    }

    /// What a quoted name or a string says, with doubled quotes as one; nil if it is not closed.
    func unquoted(_ token: SQLToken) -> String? {
        guard let quote = bytes[token.range].first else { return nil }
        var contents: [UInt8] = []
        var index = token.range.lowerBound + 1
        while index < token.range.upperBound {
            guard bytes[index] == quote else {
                contents.append(bytes[index])
                index += 1
                continue
            }
            let next = index + 1
            if next == token.range.upperBound { return String(decoding: contents, as: UTF8.self) }
            guard bytes[next] == quote else { return nil }
            contents.append(quote)
            index += 2
        }
        return nil
    }

    /// Where a byte stands, in words: `column 7`, with the line where there are several.
    func place(_ offset: Int) -> String {
        let before = bytes[..<offset]
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let column = text(start..<offset).count + 1
        return bytes.contains(UInt8(ascii: "\n")) ? "line \(line), column \(column)" : "column \(column)"
    }
}
