// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayCore
import GatewaySQL
import GatewayStorage
import Testing

@Suite("SQL on the embedded store, as `gatehouse sql` runs it")
struct EmbeddedStoreTests {
    /// What a statement prints about three calls: two of alice's, one of bob's for a model that does not exist.
    private func output(_ sql: String, _ format: SQLOutputFormat = .table) throws -> String {
        let directory = DataDirectory(
            path: FileManager.default.temporaryDirectory.appending(path: "gatehouse-\(UUID().uuidString)").path
        )
        defer { try? FileManager.default.removeItem(atPath: directory.path) }
        let store = try SQLiteUsageStore(directory: directory)
        try store.append([record("alice", 0), record("alice", 1), record("bob", 2)])
        var text = ""
        try SQLFront(engine: SQLiteQueryEngine(directory: directory)).run(sql, format: format, isTerminal: true) {
            text += $0
        }
        return text
    }

    private func record(_ caller: String, _ number: Int) -> UsageRecord {
        UsageRecord(
            requestID: "request-\(number)",
            invocationID: "request-\(number)",
            // 2026-11-21 00:00:00 UTC and one second more for each.
            eventTime: 1_795_219_200_000_000 + Int64(number) * 1_000_000,
            workspaceID: "0",
            caller: Caller(name: caller, kind: .user),
            authMode: "TOKEN",
            service: nil,
            requestedModel: "nobody",
            destination: nil,
            apiType: APIType("mlflow/v1/chat/completions", .openAIChat),
            ipAddress: "127.0.0.1",
            url: "/mlflow/v1/chat/completions",
            userAgent: "claude-cli/2.1.329 \u{1b}[2J",
            requestTags: nil,
            usage: TokenUsage(uncachedInput: 10, output: number),
            responseContentType: nil,
            statusCode: 404,
            latencyMilliseconds: 1,
            timeToFirstByteMilliseconds: nil,
            attempts: []
        )
    }

    @Test("A question to the usage table is answered as on Databricks")
    func aggregate() throws {
        #expect(
            try output(
                """
                SELECT requester, count(*) AS calls, sum(total_tokens) AS tokens, max(event_time) AS last
                FROM system.ai_gateway.usage
                WHERE event_time >= '2026-11-21' AND status_code = 404
                GROUP BY requester ORDER BY calls DESC;
                """
            ) == """
                requester | calls | tokens | last
                ----------+-------+--------+---------------------------
                alice     |     2 |     21 | 2026-11-21 00:00:01.000000
                bob       |     1 |     12 | 2026-11-21 00:00:02.000000
                (2 rows)

                """
        )
    }

    @Test("The table's name works quoted, in capitals, as a prefix of columns, and in a subquery")
    func names() throws {
        #expect(
            try output(
                """
                SELECT System.AI_Gateway.Usage.request_id, u.session_metadata ->> '$.coding_agent' AS agent
                FROM `system`.`ai_gateway`.`usage`, (SELECT max(request_id) AS id FROM system.ai_gateway.usage) AS newest
                JOIN system.ai_gateway.usage AS u ON u.request_id = newest.id
                WHERE system.ai_gateway.usage.request_id = newest.id
                """,
                .csv
            ) == "request_id,agent\r\nrequest-2,claude_code\r\n"
        )
    }

    @Test("A whole row is valid JSON")
    func json() throws {
        let text = try output("SELECT * FROM system.ai_gateway.usage", .json)
        let rows = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
        #expect(rows.count == 3)
        #expect(rows.first?.count == 41)
        #expect(rows.first?["user_agent"] as? String == "claude-cli/2.1.329 \u{1b}[2J")
        #expect(rows.first?["service_name"] is NSNull)
        #expect(rows.last?["output_tokens"] as? Int == 2)
    }

    @Test(
        "What does not work says why",
        arguments: [
            (
                "SELECT * FROM system.billing.usage",
                "[TABLE_OR_VIEW_NOT_FOUND] There is no table or view `system`.`billing`.`usage`"
            ),
            ("SELECT * FROM nowhere", "[TABLE_OR_VIEW_NOT_FOUND] There is no table or view `nowhere`"),
            ("SELECT tokens FROM system.ai_gateway.usage", "[UNRESOLVED_COLUMN] There is no column `tokens`"),
            ("DELETE FROM system.ai_gateway.usage", "[UNSUPPORTED_FEATURE] `DELETE` is not supported"),
            ("WITH x AS (SELECT 1) DELETE FROM usage", "[INSUFFICIENT_PERMISSIONS] The statement may only read"),
            ("SELECT count(* FROM system.ai_gateway.usage", "[PARSE_SYNTAX_ERROR] near"),
        ]
    )
    func errors(sql: String, message: String) throws {
        let error = #expect(throws: QueryError.self) { try output(sql) }
        #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
    }
}
