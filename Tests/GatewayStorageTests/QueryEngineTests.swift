// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayCore
import GatewayStorage
import Testing

@Suite("SQL on the embedded store")
struct QueryEngineTests {
    private let scratch = ScratchDirectory()
    private let store: SQLiteUsageStore

    init() throws {
        store = try SQLiteUsageStore(directory: scratch.data)
        try store.append(
            (0..<10).map { number in
                var record = Samples.record(number)
                // 2026-11-21 00:00:00 UTC and one hour and one microsecond more for each.
                record.eventTime = 1_795_219_200_000_000 + Int64(number) * 3_600_000_001
                return record
            }
        )
    }

    private func values(_ sql: String) throws -> [QueryValue] {
        var values: [QueryValue] = []
        try SQLiteQueryEngine(directory: scratch.data).query(sql, columns: { _ in }, row: { values += $0 })
        return values
    }

    private let view = #""system.ai_gateway.usage""#

    @Test("The usage table is known by its three-part name")
    func name() throws {
        let engine = try SQLiteQueryEngine(directory: scratch.data)
        #expect(engine.identifier(ofTable: "system.ai_gateway.usage") == view)
        #expect(engine.identifier(ofTable: "usage") == nil)
        #expect(engine.identifier(ofTable: "system.ai_gateway.other") == nil)
    }

    @Test("It has every column, in the order of the documentation")
    func columns() throws {
        var names: [String] = []
        try SQLiteQueryEngine(directory: scratch.data).query(
            "SELECT * FROM \(view)",
            columns: { names = $0 },
            row: { _ in }
        )
        #expect(
            names == [
                "account_id", "workspace_id", "request_id", "invocation_id", "schema_version", "event_time",
                "service_type",
                "service_name", "service_tags", "endpoint_id", "endpoint_name", "endpoint_tags", "endpoint_metadata",
                "destination_type", "destination_name", "destination_id", "destination_model", "requester",
                "requester_type",
                "auth_mode", "ip_address", "url", "user_agent", "api_type", "request_tags", "invocation_metadata",
                "session_metadata", "mcp_metadata", "input_tokens", "output_tokens", "total_tokens", "token_details",
                "response_content_type", "status_code", "latency_ms", "time_to_first_byte_ms", "routing_information",
                "usage_source", "cost_nano_usd", "cost_source", "price_version",
            ]
        )
    }

    @Test("Times look like times, and compare with dates, with times and with the date functions")
    func times() throws {
        #expect(
            try values("SELECT event_time FROM \(view) LIMIT 2")
                == [.text("2026-11-21 00:00:00.000000"), .text("2026-11-21 01:00:00.000001")]
        )
        func count(_ condition: String) throws -> QueryValue? {
            try values("SELECT count(*) FROM \(view) WHERE \(condition)").first
        }
        #expect(try count("event_time > '2026-11-01'") == .integer(10))
        #expect(try count("event_time > '2026-11-22'") == .integer(0))
        #expect(try count("event_time >= '2026-11-21 03:00:00'") == .integer(7))
        #expect(try count("event_time BETWEEN '2026-11-21 01:00' AND '2026-11-21 02:00:00.000002'") == .integer(2))
        #expect(try count("event_time > datetime('2026-11-21 05:00:00', '-1 hour')") == .integer(6))
        #expect(
            try values("SELECT date(event_time), count(*) FROM \(view) GROUP BY 1") == [
                .text("2026-11-21"), .integer(10),
            ]
        )
        #expect(try values("SELECT strftime('%H', max(event_time)) FROM \(view)") == [.text("09")])
    }

    @Test("Struct columns open with the JSON functions")
    func structs() throws {
        #expect(
            try values(
                """
                SELECT routing_information ->> '$.attempts[0].destination', json_array_length(routing_information, '$.attempts'),
                    json_extract(token_details, '$.cache_read_input_tokens')
                FROM \(view) LIMIT 1
                """
            ) == [.text("system.providers.openai/gpt-5"), .integer(1), .integer(3)]
        )
    }

    @Test("Values of every type come out as they are, and queries may be as long as they like")
    func types() throws {
        #expect(
            try values("SELECT 1, -1.5, 'x', x'00ff', NULL, 9223372036854775807, ''")
                == [.integer(1), .double(-1.5), .text("x"), .blob([0, 255]), .null, .integer(.max), .text("")]
        )
        #expect(
            try values(
                "WITH RECURSIVE c(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c WHERE n < 5000) SELECT n FROM c"
            ).count == 5000
        )
        #expect(try !values("EXPLAIN QUERY PLAN SELECT * FROM \(view)").isEmpty)
    }

    @Test(
        "Nothing can be changed, and no other file can be reached",
        arguments: [
            "INSERT INTO usage (request_id) VALUES ('x')", "DELETE FROM usage", "UPDATE usage SET url = ''",
            "DROP TABLE usage",
            "WITH x AS (SELECT 1) DELETE FROM usage", "CREATE TABLE x (a)", "CREATE TEMP TABLE x (a)",
            "CREATE TEMP VIEW x AS SELECT 1",
            "ATTACH '/tmp/other.sqlite' AS other", "PRAGMA user_version = 7", "PRAGMA query_only = 0",
            "PRAGMA user_version",
            "SELECT * FROM pragma_database_list", "SELECT load_extension('x')", "VACUUM INTO '/tmp/copy.sqlite'",
            "BEGIN",
            "SELECT readfile('/etc/passwd')", "SELECT writefile('/tmp/x', 'x')",
        ]
    )
    func readingOnly(sql: String) throws {
        #expect(throws: QueryError.self) { try values(sql) }
        #expect(try values("SELECT count(*), max(length(url)) FROM usage") == [.integer(10), .integer(27)])
    }

    @Test(
        "Functions and tables that reach beyond the store do not compile",
        arguments: [
            "SELECT fts3_tokenizer('simple')", "SELECT FTS3_Tokenizer('x', x'0000000000000000')",
            "SELECT \"load_extension\"('x')",
            "SELECT edit('x')", "SELECT * FROM dbstat", "SELECT * FROM sqlite_dbpage", "SELECT * FROM sqlite_stmt",
            "SELECT * FROM fts3tokenize", "SELECT * FROM bytecode('SELECT 1')",
            "SELECT * FROM pragma_table_info('usage')",
            "SELECT sqlite_compileoption_used('x')", "SELECT last_insert_rowid()", "SELECT total_changes()",
            "SELECT rtreecheck('x')", "SELECT offsets(usage) FROM usage",
            "WITH x AS (SELECT load_extension('x')) SELECT * FROM x", "EXPLAIN SELECT load_extension('x')",
        ]
    )
    func inner(sql: String) throws {
        #expect(throws: QueryError.self) { try values(sql) }
    }

    @Test("Functions that calculate are there")
    func functions() throws {
        #expect(
            try values(
                """
                SELECT upper('a') || substr('bcd', 2), round(2.5), coalesce(NULL, 7), max(1, 2), hex('a'), typeof(1.0), iif(1, 'y', 'n'),
                    json_object('a', 1), printf('%d', 3), 'abc' LIKE 'A%', 'abc' GLOB 'a*', sqrt(4.0)
                """
            ) == [
                .text("Acd"), .double(3), .integer(7), .integer(2), .text("61"), .text("real"), .text("y"),
                .text(#"{"a":1}"#), .text("3"), .integer(1), .integer(1), .double(2),
            ]
        )
        #expect(
            try values(
                "SELECT sum(n), group_concat(n, ';'), row_number() OVER (ORDER BY count(*)) FROM (SELECT 1 AS n UNION ALL SELECT 2)"
            ) == [.integer(3), .text("1;2"), .integer(1)]
        )
    }

    @Test("JSON is spread over rows")
    func jsonTables() throws {
        #expect(
            try values("SELECT key, value FROM json_each('{\"a\":1,\"b\":\"x\"}')")
                == [.text("a"), .integer(1), .text("b"), .text("x")]
        )
        #expect(try values("SELECT count(*) FROM json_tree('[1,[2,3]]')") == [.integer(5)])
        let attempts = try values("SELECT count(*) FROM \(view), json_each(routing_information, '$.attempts')")
        #expect(try attempts == values("SELECT sum(json_array_length(routing_information, '$.attempts')) FROM \(view)"))
        #expect(attempts != [.integer(0)])
    }

    private func failure(_ sql: String, _ limits: QueryLimits) -> QueryError.Condition? {
        let error = #expect(throws: QueryError.self) {
            try SQLiteQueryEngine(directory: scratch.data, limits: limits).query(sql, columns: { _ in }, row: { _ in })
        }
        return error?.condition
    }

    @Test(
        "A statement that would never end is stopped, whether it gives rows or not",
        .timeLimit(.minutes(1)),
        arguments: [
            "WITH RECURSIVE c(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c",
            "WITH RECURSIVE c(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c) SELECT n FROM c WHERE n < 0",
            "WITH RECURSIVE c(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c) SELECT n FROM c ORDER BY 1",
            "WITH RECURSIVE c(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c) SELECT n FROM c",
        ]
    )
    func endless(sql: String) throws {
        var limits = QueryLimits()
        limits.time = .milliseconds(200)
        #expect(failure(sql, limits) == .resourceExhausted)
        // The next one has its own time.
        let engine = try SQLiteQueryEngine(directory: scratch.data, limits: limits)
        for _ in 0..<2 { #expect(throws: QueryError.self) { try engine.query(sql, columns: { _ in }, row: { _ in }) } }
        var count = 0
        try engine.query("SELECT 1", columns: { _ in }, row: { count += $0.count })
        #expect(count == 1)
    }

    @Test("Whoever reads the result slowly uses up no time of the statement")
    func slowReader() throws {
        var limits = QueryLimits()
        limits.time = .milliseconds(200)
        var count = 0
        try SQLiteQueryEngine(directory: scratch.data, limits: limits).query(
            "WITH RECURSIVE c(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c WHERE n < 20000) SELECT n FROM c",
            columns: { _ in },
            row: { _ in
                if count == 0 { Thread.sleep(forTimeInterval: 0.5) }
                count += 1
            }
        )
        #expect(count == 20_000)
    }

    @Test("A result of too many rows or bytes is an error and not cut off in silence")
    func tooMuch() {
        var limits = QueryLimits()
        limits.rows = 9
        #expect(failure("SELECT url FROM usage", limits) == .resourceExhausted)
        limits.rows = 10
        limits.bytes = 100
        #expect(failure("SELECT url FROM usage", limits) == .resourceExhausted)
        #expect(failure("SELECT CAST(url AS BLOB) FROM usage", limits) == .resourceExhausted)
    }

    @Test(
        "A statement whose shape alone costs much does not compile or fails",
        arguments: [
            "SELECT " + String(repeating: "(", count: 600) + "1" + String(repeating: ")", count: 600),
            "SELECT 1 " + String(repeating: "+ 1 ", count: 20_000),
            Array(repeating: "SELECT 1", count: 1000).joined(separator: " UNION ALL "),
            "SELECT 'x' LIKE '" + String(repeating: "%a", count: 2000) + "'", "SELECT randomblob(100000000)",
            "SELECT max(" + Array(repeating: "1", count: 500).joined(separator: ",") + ")",
        ]
    )
    func shapes(sql: String) {
        #expect(throws: QueryError.self) { try values(sql) }
    }

    @Test("Errors name their condition")
    func errors() throws {
        func condition(_ sql: String) -> QueryError.Condition? {
            do {
                _ = try values(sql)
                return nil
            } catch {
                return (error as? QueryError)?.condition
            }
        }
        #expect(condition("SELECT * FROM nowhere") == .tableOrViewNotFound)
        #expect(condition("SELECT missing FROM usage") == .unresolvedColumn)
        #expect(condition("SELECT missing(1)") == .unresolvedRoutine)
        #expect(condition("SELECT FROM WHERE") == .parseSyntaxError)
        #expect(condition("SELECT ?") == .parseSyntaxError)
        #expect(condition("SELECT 1; SELECT 2") != nil)
        #expect(condition("DELETE FROM usage") == .insufficientPermissions)
        #expect(condition("SELECT zeroblob(1000000000)") == .internalError)
    }

    @Test("Rows that are appended while reading goes on do not disturb it")
    func beside() throws {
        let engine = try SQLiteQueryEngine(directory: scratch.data)
        var count = 0
        try engine.query("SELECT request_id FROM usage", columns: { _ in }) { _ in
            if count == 0 { try store.append((0..<100).map { Samples.record($0) }) }
            count += 1
        }
        #expect(count == 10)
        #expect(try values("SELECT count(*) FROM usage") == [.integer(110)])
    }

    @Test("Reading works when the gateway is stopped, and leaves it able to start")
    func stopped() throws {
        try store.close()
        #expect(try values("SELECT count(*) FROM usage") == [.integer(10)])
        try SQLiteUsageStore(directory: scratch.data).append([Samples.record()])
        #expect(try values("SELECT count(*) FROM usage") == [.integer(11)])
    }

    @Test("A directory without data says what to do")
    func nothingThere() throws {
        let empty = ScratchDirectory()
        let error = #expect(throws: StorageError.self) { try SQLiteQueryEngine(directory: empty.data) }
        #expect(error?.code == .notFound)
        #expect(error?.message.contains("gatehouse serve") == true)
        #expect(!FileManager.default.fileExists(atPath: empty.data.path))
    }
}
