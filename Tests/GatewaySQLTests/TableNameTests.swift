// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySQL
import Testing

@Suite("Three-part names")
struct TableNameTests {
    /// The statement as the engine gets it; the usage table is `<usage>` there.
    private func rewritten(_ sql: String) throws -> String {
        try SQLStatement(sql).rewritten { $0 == "system.ai_gateway.usage" ? "<usage>" : nil }
    }

    @Test(
        "The usage table is found however its name is written",
        arguments: [
            "SELECT * FROM system.ai_gateway.usage",
            "select * from SYSTEM.AI_Gateway.Usage",
            "SELECT * FROM `system`.`ai_gateway`.`usage`",
            "SELECT * FROM system.`ai_gateway`.usage",
            "SELECT * FROM system . ai_gateway /* the gateway's */ . -- own\n usage",
        ]
    )
    func spellings(sql: String) throws {
        #expect(try rewritten(sql).lowercased() == "select * from <usage>")
    }

    @Test("The name is replaced wherever a statement may hold it, and all else stays as it is")
    func everywhere() throws {
        #expect(
            try rewritten(
                """
                WITH x AS (SELECT count(*) n FROM system.ai_gateway.usage)
                SELECT system.ai_gateway.usage.status_code, u.url FROM x, system.ai_gateway.usage
                JOIN system.ai_gateway.usage u ON u.request_id = `system`.ai_gateway.usage.request_id;
                """
            ) == """
                WITH x AS (SELECT count(*) n FROM <usage>)
                SELECT <usage>.status_code, u.url FROM x, <usage>
                JOIN <usage> u ON u.request_id = <usage>.request_id
                """
        )
    }

    @Test(
        "A name inside a string, a comment or one pair of quotes is no table",
        arguments: [
            "SELECT 'FROM system.ai_gateway.usage'",
            "SELECT 'it''s FROM system.ai_gateway.usage'",
            "SELECT 1 -- FROM system.ai_gateway.usage\n + 1",
            "SELECT 1 /* FROM system.ai_gateway.usage */ + 1",
            "SELECT \"system.ai_gateway.usage\"",
            "SELECT `system.ai_gateway.usage`",
            "SELECT [system.ai_gateway.usage]",
            "SELECT 'not closed FROM system.ai_gateway.usage",
            "SELECT x.system.ai_gateway.usage",
            "SELECT ai_gateway.usage, .5, 1.5e3, 0x1F",
        ]
    )
    func untouched(sql: String) throws {
        #expect(try rewritten(sql) == sql)
    }

    @Test(
        "What stands behind the statement's end is left out",
        arguments: ["; ", " -- system.ai_gateway.usage", " /* not closed", ";;"]
    )
    func behindTheEnd(end: String) throws {
        #expect(try rewritten("SELECT 1" + end) == "SELECT 1")
    }

    @Test(
        "An unknown three-part name where a table belongs is reported as on Databricks",
        arguments: [
            "SELECT * FROM main.logs.payload",
            "SELECT * FROM system.ai_gateway.usage u JOIN main.logs.payload p ON 1",
            "SELECT * FROM system.ai_gateway.usage, `main`.logs.payload",
            "SELECT (SELECT max(x) FROM main.logs.payload)",
            "SELECT * FROM (main.logs.payload JOIN b)",
        ]
    )
    func unknownTable(sql: String) throws {
        let error = #expect(throws: QueryError.self) { try rewritten(sql) }
        #expect(error?.condition == .tableOrViewNotFound)
        #expect(
            error?.description.hasPrefix("[TABLE_OR_VIEW_NOT_FOUND] There is no table or view `main`.`logs`.`payload`.")
                == true
        )
        #expect(error?.description.hasSuffix("SQLSTATE: 42P01") == true)
    }

    @Test(
        "A dotted name that is no table's is left for the engine",
        arguments: [
            "SELECT u.session_metadata.coding_agent FROM x u",
            "SELECT * FROM x u ORDER BY u.session_metadata.coding_agent, u.a.b",
            "SELECT 1 IS DISTINCT FROM u.a.b",
            "SELECT * FROM logs.payload",
        ]
    )
    func leftAlone(sql: String) throws {
        #expect(try rewritten(sql) == sql)
    }
}
