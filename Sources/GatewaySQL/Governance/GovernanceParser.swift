// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension GovernanceStatement {
    /// Reads a statement that changes or shows what is governed.
    ///
    /// - Returns: nil for every other statement.
    /// - Throws: ``GatewayCore/QueryError`` that says what was expected, where, and how such a statement is written.
    package init?(_ sql: String) throws(QueryError) {
        // A longer one is refused as any statement is.
        guard sql.utf8.count <= SQLStatement.maximumLength else { return nil }
        guard let first = GovernanceParser.firstWord(of: sql), GovernanceParser.firstWords.contains(first) else {
            return nil
        }
        var parser = GovernanceParser(try SQLText(sql))
        guard let statement = try parser.statement() else { return nil }
        self = statement
    }
}

/// Reads a statement of governance from its first token to its last.
struct GovernanceParser {
    /// The words that such a statement can begin with.
    static let firstWords: Set<String> = [
        "GRANT", "REVOKE", "DENY", "SHOW", "DESCRIBE", "DESC", "CREATE", "DROP", "ALTER", "COMMENT",
    ]

    let text: SQLText
    /// Without spaces and comments.
    private let tokens: [SQLToken]
    private(set) var index = 0
    /// How the statement is written, for errors.
    var form = ""

    init(_ text: SQLText) {
        self.text = text
        tokens = text.tokens.filter { $0.kind != .trivia }
    }

    /// The first word of a text in upper case; nil if it begins with something else.
    static func firstWord(of sql: String) -> String? {
        guard let token = SQLTokenizer.first(of: Array(sql.utf8)), token.kind == .word, token.range.count <= 16 else {
            return nil
        }
        return String(decoding: Array(sql.utf8)[token.range], as: UTF8.self).uppercased()
    }

    mutating func statement() throws(QueryError) -> GovernanceStatement? {
        switch takeWord() {
        case "GRANT": try grant()
        case "REVOKE": try revoke()
        case "DENY": try deny()
        case "SHOW": try show()
        case "DESCRIBE", "DESC": try describe()
        case "CREATE": try create()
        case "DROP": try drop()
        case "ALTER": try alter()
        case "COMMENT": try comment()
        default: nil
        }
    }

    // MARK: Tokens

    /// The token that is read next; nil at the end.
    var next: SQLToken? { index < tokens.count ? tokens[index] : nil }

    /// The token behind the next one.
    func token(after count: Int) -> SQLToken? { index + count < tokens.count ? tokens[index + count] : nil }

    /// The word that is read next, in upper case; empty for everything else.
    func word(after count: Int = 0) -> String {
        guard let token = token(after: count), token.range.count <= 32 else { return "" }
        return text.keyword(token)
    }

    /// Whether nothing stands between the next token and the one before it.
    var isAdjacent: Bool {
        guard let next, index > 0 else { return false }
        return tokens[index - 1].range.upperBound == next.range.lowerBound
    }

    mutating func skip(_ count: Int = 1) { index += count }

    /// Takes the next token as a word.
    private mutating func takeWord() -> String {
        let found = word()
        skip()
        return found
    }

    /// Takes these words, if they are what comes next.
    mutating func take(_ words: String...) -> Bool {
        for (offset, word) in words.enumerated() where self.word(after: offset) != word { return false }
        skip(words.count)
        return true
    }

    mutating func takeComma() -> Bool {
        guard next?.kind == .comma else { return false }
        skip()
        return true
    }

    mutating func expect(_ word: String) throws(QueryError) {
        guard take(word) else { throw failure("Expected `\(word)`, found \(found)") }
    }

    mutating func expectEnd() throws(QueryError) {
        guard next == nil else { throw failure("Expected the end of the statement, found \(found)") }
    }

    /// A string in single quotes.
    mutating func string(_ what: String) throws(QueryError) -> String {
        guard let token = next, token.kind == .string else {
            throw failure("Expected \(what) in single quotes, found \(found)")
        }
        guard let string = text.unquoted(token) else {
            throw failure("A string is not closed; a quote inside a string is written twice")
        }
        skip()
        return string
    }

    // MARK: Errors

    /// What is read next, in words.
    var found: String {
        guard let next else { return "the end of the statement" }
        let shown = text.text(next.range)
        return shown.count > 32 ? "`\(shown.prefix(32))...`" : "`\(shown)`"
    }

    /// An error about the token that is read next.
    func failure(_ problem: String, _ condition: QueryError.Condition = .parseSyntaxError) -> QueryError {
        failure(problem, at: index, condition)
    }

    /// An error about a token.
    func failure(
        _ problem: String,
        at index: Int,
        _ condition: QueryError.Condition = .parseSyntaxError
    ) -> QueryError {
        let offset = index < tokens.count ? tokens[index].range.lowerBound : tokens.last?.range.upperBound ?? 0
        return QueryError(condition, "\(problem) (\(text.place(offset))). Write: \(form)")
    }
}
