// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension SQLStatement {
    /// The statement for an engine, with every three-part name of a table replaced by the engine's own identifier.
    ///
    /// A name may be quoted with back-quotes, part by part, and is found in any case. What follows it stays:
    /// `system.ai_gateway.usage.status_code` keeps its column. Strings, comments and single quoted names are never touched.
    ///
    /// - Parameter identifier: the engine's identifier for a three-part name in lower case; nil for a name that it does not know.
    /// - Returns: the statement without what follows its end.
    /// - Throws: ``GatewayCore/QueryError/Condition/tableOrViewNotFound`` for an unknown three-part name where a table belongs.
    package func rewritten(identifier: (String) -> String?) throws(QueryError) -> String {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count + 64)
        var clause = FromClause()
        var index = 0
        while index < tokens.count {
            let token = tokens[index]
            let isTableExpected = clause.expectsTable
            guard isNamePart(token), let name = qualifiedName(at: index) else {
                if token.kind != .trivia { clause.consume(token.kind, keyword: keyword(token)) }
                output += bytes[token.range]
                index += 1
                continue
            }
            if let replacement = identifier(name.parts.joined(separator: ".").lowercased()) {
                output += replacement.utf8
            } else if isTableExpected {
                throw .tableNotFound(name.parts)
            } else {
                output += bytes[tokens[index].range.lowerBound..<tokens[name.end - 1].range.upperBound]
            }
            clause.consume(.quotedIdentifier, keyword: "")
            index = name.end
        }
        return String(decoding: output, as: UTF8.self)
    }

    private func isNamePart(_ token: SQLToken) -> Bool {
        token.kind == .word || token.kind == .quotedIdentifier
    }

    /// The first three parts of a dotted name that starts at a token; nil when there are fewer.
    ///
    /// - Returns: the parts without their quotes, and the index behind the third part's token.
    private func qualifiedName(at start: Int) -> (parts: [String], end: Int)? {
        if let before = tokens[..<start].last(where: { $0.kind != .trivia }), before.kind == .dot { return nil }
        var parts = [part(tokens[start])]
        var index = start + 1
        while parts.count < 3 {
            guard let dot = significant(from: index), tokens[dot].kind == .dot else { return nil }
            guard let next = significant(from: dot + 1), isNamePart(tokens[next]) else { return nil }
            parts.append(part(tokens[next]))
            index = next + 1
        }
        return (parts, index)
    }

    private func significant(from start: Int) -> Int? {
        guard start < tokens.count else { return nil }
        return tokens[start...].firstIndex { $0.kind != .trivia }
    }

    /// A name's part without its quotes.
    private func part(_ token: SQLToken) -> String {
        guard token.kind == .quotedIdentifier, let quote = bytes[token.range].first else { return text(token.range) }
        var inner = bytes[token.range].dropFirst()
        if inner.last == quote { inner.removeLast() }
        let text = String(decoding: inner, as: UTF8.self)
        let mark = String(UnicodeScalar(quote))
        return text.split(separator: mark + mark, omittingEmptySubsequences: false).joined(separator: mark)
    }
}

/// Follows a statement's tokens to know where the name of a table is due: behind `FROM` and `JOIN`, and behind the commas
/// of a `FROM` clause.
///
/// It decides only whether an unknown name is reported as a table, so being wrong about an odd statement costs a less
/// helpful message.
private struct FromClause {
    /// Whether the next name is a table's.
    private(set) var expectsTable = false
    /// For each open parenthesis and the statement itself: whether we are in a `FROM` clause.
    private var isInFrom = [false]
    private var previous = ""

    mutating func consume(_ kind: SQLToken.Kind, keyword: String) {
        switch kind {
        case .openParenthesis:
            // A parenthesis where a table is due holds tables: `FROM (a JOIN b)`; or a query, which says so.
            isInFrom.append(expectsTable)
        case .closeParenthesis:
            if isInFrom.count > 1 { isInFrom.removeLast() }
            expectsTable = false
        case .comma:
            expectsTable = isInFrom[isInFrom.count - 1]
        case .word:
            consume(keyword: keyword)
        default:
            expectsTable = false
        }
        previous = keyword
    }

    private mutating func consume(keyword: String) {
        switch keyword {
        case "FROM":
            // `IS DISTINCT FROM x` is an operator.
            expectsTable = previous != "DISTINCT"
            if expectsTable { isInFrom[isInFrom.count - 1] = true }
        case "JOIN":
            expectsTable = true
        case "SELECT", "WHERE", "GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT", "UNION", "INTERSECT", "EXCEPT", "ON",
            "USING":
            expectsTable = false
            isInFrom[isInFrom.count - 1] = false
        default:
            expectsTable = false
        }
    }
}
