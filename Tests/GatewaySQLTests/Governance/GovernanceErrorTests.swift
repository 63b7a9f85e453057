// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySQL
import Testing

@Suite("Statements of governance that are wrong")
struct GovernanceErrorTests {
    private func refusal(_ sql: String) -> QueryError? {
        do {
            _ = try GovernanceStatement(sql)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "An error says what was expected, where, and how it is written",
        arguments: [
            (
                "GRANT EXECUTE ON MODEL SERVICE main.ai.x FROM y",
                "Expected `TO`, found `FROM` (column 42). Write: GRANT EXECUTE ON MODEL SERVICE catalog.schema.name TO `principal`"
            ),
            (
                "REVOKE EXECUTE ON MODEL SERVICE main.ai.x",
                "Expected `FROM`, found the end of the statement (column 42). Write: REVOKE EXECUTE ON MODEL SERVICE catalog.schema.name FROM `principal`"
            ),
            (
                "GRANT ON CATALOG c TO y",
                "Expected a privilege, found `ON` (column 7). Write: GRANT EXECUTE ON MODEL SERVICE catalog.schema.name TO `principal`"
            ),
            (
                "DENY EXECUTE\nON SCHEMA main TO y",
                "The name has 1 part; a schema is named `catalog.schema` (line 2, column 11). Write: DENY EXECUTE ON MODEL SERVICE catalog.schema.name TO `principal`"
            ),
            (
                "DROP SCHEMA main.",
                "Expected a part of the name, found the end of the statement (column 18). Write: DROP SCHEMA [IF EXISTS] catalog.schema [RESTRICT | CASCADE]"
            ),
            (
                "CREATE SCHEMA main.ai COMMENT text",
                "Expected a comment in single quotes, found `text` (column 31). Write: CREATE SCHEMA [IF NOT EXISTS] catalog.schema [COMMENT 'text']"
            ),
            (
                "SHOW GRANTS",
                "Expected a principal, found the end of the statement (column 12). Write: SHOW GRANTS [`principal`] ON MODEL SERVICE catalog.schema.name"
            ),
            (
                "ALTER CATALOG c RENAME TO d",
                "Expected `OWNER`, found `RENAME` (column 17). Write: ALTER CATALOG catalog OWNER TO `principal`"
            ),
            (
                "DESCRIBE main.ai",
                "Expected `CATALOG` or `SCHEMA` before a name of fewer than three parts (column 10). Write: DESCRIBE MODEL SERVICE catalog.schema.name"
            ),
            (
                "COMMENT ON TABLE a.b.c IS 'x'",
                "Expected `CATALOG`, `SCHEMA`, `MODEL SERVICE` or `MODEL PROVIDER SERVICE`, found `TABLE` (column 12). Write: COMMENT ON SCHEMA catalog.schema IS 'text'"
            ),
        ]
    )
    func messages(sql: String, message: String) throws {
        let error = try #require(refusal(sql))
        #expect(error.condition == .parseSyntaxError)
        #expect(error.message == message)
    }

    @Test(
        "What was meant is named",
        arguments: [
            ("GRANT EXECUT ON CATALOG c TO x", "did you mean `EXECUTE`?"),
            ("GRANT USAGE ON CATALOG c TO x", "`USAGE` is not a privilege"),
            ("GRANT USE DATABASE ON SCHEMA c.s TO x", "`USE DATABASE` is not a privilege"),
            ("GRANT SELECT MODIFY ON SCHEMA c.s TO x", "`SELECT MODIFY` is not a privilege"),
            ("GRANT EXECUTE ON SERVICE c.s.n TO x", "`MODEL PROVIDER SERVICE`, `SECRET` or `TABLE`"),
            ("GRANT EXECUTE ON MODEL SERVICES c.s.n TO x", "Expected `METASTORE`"),
            ("GRANT EXECUTE ON CATALOG c TO alice@example.com", "in back-quotes"),
            ("GRANT EXECUTE ON CATALOG c TO account users", "in back-quotes"),
            ("GRANT EXECUTE ON CATALOG c TO 3f2a-0c1e", "in back-quotes"),
            ("ALTER CATALOG c OWNER TO data-team", "in back-quotes"),
            ("SHOW GRANTS alice@example.com ON CATALOG c", "in back-quotes"),
            ("GRANT EXECUTE ON CATALOG c TO x WITH GRANT OPTION", "Expected the end of the statement, found `WITH`"),
            ("SHOW CATALOGS LIKE x", "Expected a pattern in single quotes"),
            ("SHOW MODEL SERVICES IN main", "a schema is named `catalog.schema`"),
            ("SHOW SCHEMAS IN main.ai", "a catalog is named `catalog`"),
            ("CREATE CATALOG c COMMENT 'it's'", "Expected the end of the statement, found `s`"),
            ("CREATE CATALOG c COMMENT 'it''s", "a quote inside a string is written twice"),
            ("CREATE CATALOG c MANAGED LOCATION 'x'", "Expected the end of the statement, found `MANAGED`"),
            ("GRANT SELECT ON TABLE a.b.c.d TO x", "The name has 4 parts"),
            ("DESCRIBE MODEL SERVICE a.`b.c`.d", "only the last one of a service may have dots"),
            ("DESCRIBE MODEL SERVICE `a.b`.c.d", "only the last one of a service may have dots"),
            ("DESCRIBE MODEL SERVICE a.b.c d", "Expected the end of the statement, found `d`"),
            ("DESCRIBE MODEL SERVICE a.b.`c", "A name is not closed"),
            ("DESCRIBE MODEL SERVICE a..c", "Expected a part of the name, found `.`"),
            ("DROP CATALOG c CASCADE RESTRICT", "Expected the end of the statement, found `RESTRICT`"),
            ("GRANT EXECUTE ON CATALOG c TO ``", "1 to 255 characters"),
            ("GRANT EXECUTE ON CATALOG c TO `a\u{200B}`", "none of them invisible"),
            ("GRANT EXECUTE ON CATALOG c TO x; GRANT EXECUTE ON CATALOG c TO y", "more than one statement"),
            ("GRANT EXECUTE ON CATALOG c\0 TO x", "zero byte"),
        ]
    )
    func hints(sql: String, part: String) throws {
        let error = try #require(refusal(sql))
        #expect(error.condition == .parseSyntaxError)
        #expect(error.message.contains(part), "\(error.message)")
    }

    @Test(
        "A privilege that has no meaning on an object is refused",
        arguments: [
            ("GRANT CREATE CATALOG ON CATALOG c TO x", "`CREATE CATALOG` has no meaning on a catalog"),
            ("GRANT USE CATALOG ON SCHEMA c.s TO x", "`USE CATALOG` has no meaning on a schema"),
            ("GRANT EXECUTE ON METASTORE TO x", "`EXECUTE` has no meaning on the metastore"),
            ("DENY EXECUTE, SELECT ON MODEL SERVICE c.s.n TO x", "`SELECT` has no meaning on a model service"),
            ("REVOKE EXECUTE ON c.s.n FROM x", "`EXECUTE` has no meaning on a table"),
        ]
    )
    func meaningless(sql: String, part: String) throws {
        let message = try #require(refusal(sql)).message
        #expect(message.contains(part))
        #expect(message.contains("possible are"))
    }

    @Test(
        "What SQL cannot do is said to be unsupported",
        arguments: [
            "SHOW TABLES", "SHOW CATALOG", "SHOW", "CREATE MODEL SERVICE a.b.c", "CREATE MODEL PROVIDER SERVICE x",
        ]
    )
    func unsupported(sql: String) throws {
        #expect(try #require(refusal(sql)).condition == .unsupportedFeature)
    }
}
