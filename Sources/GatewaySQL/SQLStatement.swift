// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

/// A statement that reads, checked and cut into tokens.
///
/// The check is of the first words only; an engine must refuse by itself what hides behind them (`WITH x AS (...) DELETE`).
package struct SQLStatement {
    /// The longest statement, in bytes.
    package static let maximumLength = 1 << 20

    let bytes: [UInt8]
    let tokens: [SQLToken]

    /// Checks a text.
    ///
    /// - Throws: ``GatewayCore/QueryError`` unless it is exactly one statement, optionally with a semicolon behind it, that
    ///   starts with `SELECT`, `WITH`, `VALUES`, or `EXPLAIN` and one of those.
    package init(_ text: String) throws(QueryError) {
        let text = try SQLText(text)
        bytes = text.bytes
        tokens = text.tokens
        try checkBeginning()
    }

    /// The text of a token, in upper case.
    func keyword(_ token: SQLToken) -> String {
        token.kind == .word ? text(token.range).uppercased() : ""
    }

    func text(_ range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self)
    }

    private func checkBeginning() throws(QueryError) {
        var words = tokens.lazy.filter { $0.kind != .trivia && $0.kind != .openParenthesis }.makeIterator()
        guard var first = words.next() else { throw QueryError(.parseSyntaxError, "The statement is empty.") }
        if keyword(first) == "EXPLAIN" {
            guard var next = words.next() else { throw QueryError(.parseSyntaxError, "`EXPLAIN` needs a statement.") }
            if keyword(next) == "QUERY", let plan = words.next(), keyword(plan) == "PLAN", let after = words.next() {
                next = after
            }
            first = next
        }
        switch keyword(first) {
        case "SELECT", "WITH", "VALUES": return
        case "": throw QueryError(.parseSyntaxError, "The statement does not start with a word.")
        case let word:
            throw QueryError(
                .unsupportedFeature,
                "`\(word.prefix(32))` is not supported; only SELECT, WITH, VALUES and EXPLAIN are."
            )
        }
    }
}
