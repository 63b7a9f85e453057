// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySQL
import Testing

@Suite("Which statements run")
struct StatementTests {
    @Test(
        "Statements that read run",
        arguments: [
            "SELECT 1", " select 1 ;", "WITH x AS (SELECT 1) SELECT * FROM x", "VALUES (1), (2)", "EXPLAIN SELECT 1",
            "EXPLAIN QUERY PLAN SELECT 1", "-- a comment\nSELECT 1; -- another", "/* c */ SELECT ';'", "SELECT 1;;",
        ]
    )
    func reading(sql: String) throws {
        let engine = RecordedEngine()
        try SQLFront(engine: engine).run(sql, format: .table, isTerminal: false) { _ in }
        #expect(engine.statements.count == 1)
    }

    @Test(
        "Statements that do anything else never reach the engine",
        arguments: [
            "INSERT INTO usage VALUES (1)", "DELETE FROM usage", "UPDATE usage SET url = ''", "DROP TABLE usage",
            "CREATE TABLE x (a)", "PRAGMA user_version", "ATTACH 'x' AS y", "DETACH main", "VACUUM", "BEGIN",
            "REPLACE INTO x",
            "EXPLAIN DELETE FROM usage", "EXPLAIN QUERY PLAN DELETE FROM usage", "EXPLAIN", "EXPLAIN QUERY", "", "  ",
            ";",
            "-- only a comment", "'SELECT'", "`SELECT` 1", "SELECT 1; DELETE FROM usage", "SELECT 1; SELECT 2",
            "SELECT 1\0; DELETE FROM usage", "/* SELECT */ DELETE FROM usage",
        ]
    )
    func writing(sql: String) throws {
        let engine = RecordedEngine()
        let error = #expect(throws: QueryError.self) {
            try SQLFront(engine: engine).run(sql, format: .table, isTerminal: false) { _ in }
        }
        #expect(error?.condition == .unsupportedFeature || error?.condition == .parseSyntaxError)
        #expect(engine.statements.isEmpty)
    }

    @Test("A statement of more than a mebibyte is refused")
    func tooLong() throws {
        #expect(throws: QueryError.self) { try SQLStatement("SELECT '" + String(repeating: "x", count: 1 << 20) + "'") }
    }

    @Test("Any bytes are cut into tokens, and what is no name comes out as it went in")
    func total() throws {
        var random = SplitMix(state: 7)
        let pieces = [
            "system", ".", "ai_gateway", "usage", "`", "\"", "'", "[", "]", "--", "/*", "*/", "\n", " ", ";", ",", "(",
            ")", "1.5",
            "FROM", "JOIN", "é", "\u{1F600}", "''", "``", ".5", "x", "$", "?", "\u{7F}", "\\",
            "system.ai_gateway.usage",
        ]
        for _ in 0..<20_000 {
            let text = "SELECT " + (0..<random.below(24)).map { _ in pieces[random.below(pieces.count)] }.joined()
            guard let statement = try? SQLStatement(text) else { continue }
            // With no table known, a statement either names one where it must not, or stays the same but for its end.
            guard let same = try? statement.rewritten(identifier: { _ in nil }) else { continue }
            #expect(text.hasPrefix(same))
            _ = try? statement.rewritten(identifier: { _ in "<usage>" })
        }
    }
}

/// Random numbers that are the same in every run.
struct SplitMix {
    var state: UInt64

    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((value ^ (value >> 31)) % UInt64(bound))
    }
}
