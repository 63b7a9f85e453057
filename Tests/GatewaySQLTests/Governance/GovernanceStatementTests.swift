// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySQL
import Testing

@Suite("Statements of governance")
struct GovernanceStatementTests {
    private static func service(_ name: String) -> Securable {
        ObjectName(name).map { .modelService($0) } ?? .metastore
    }

    private static func provider(_ name: String) -> Securable {
        ObjectName(name).map { .providerService($0) } ?? .metastore
    }

    private static func table(_ name: String) -> Securable {
        ObjectName(name).map { .table($0) } ?? .metastore
    }

    @Test(
        "Grants, revocations and denials",
        arguments: [
            (
                "GRANT USE CATALOG ON CATALOG main TO `analysts`",
                .grant([.useCatalog], on: .catalog("main"), to: ["analysts"])
            ),
            (
                "grant use schema, create service on schema main.ai to alice, `account users`, 'bob@example.com';",
                .grant(
                    [.useSchema, .createService],
                    on: .schema("main.ai"),
                    to: ["alice", "account users", "bob@example.com"]
                )
            ),
            (
                "GRANT EXECUTE ON MODEL SERVICE system.ai.gpt-5.1 TO `a``b`",
                .grant([.execute], on: service("system.ai.gpt-5.1"), to: ["a`b"])
            ),
            (
                "GRANT CREATE_CONNECTION ON DATABASE main.ai TO x",
                .grant([.createConnection], on: .schema("main.ai"), to: ["x"])
            ),
            ("GRANT ALL PRIVILEGES ON CATALOG c TO x", .grant([.allPrivileges], on: .catalog("c"), to: ["x"])),
            ("GRANT ALL ON SCHEMA c.s TO x", .grant([.allPrivileges], on: .schema("c.s"), to: ["x"])),
            ("GRANT CREATE CATALOG ON METASTORE TO x", .grant([.createCatalog], on: .metastore, to: ["x"])),
            ("GRANT SELECT ON main.ai.usage TO x", .grant([.select], on: table("main.ai.usage"), to: ["x"])),
            (
                "GRANT SELECT, MODIFY ON TABLE main.ai.usage TO x",
                .grant([.select, .modify], on: table("main.ai.usage"), to: ["x"])
            ),
            (
                "GRANT SELECT ON catalog.schema.model TO x",
                .grant([.select], on: table("catalog.schema.model"), to: ["x"])
            ),
            (
                "REVOKE MANAGE, READ METADATA ON MODEL PROVIDER SERVICE main.ai.openai FROM x",
                .revoke([.manage, .readMetadata], on: provider("main.ai.openai"), from: ["x"])
            ),
            (
                "/* why */ DENY execute -- this one\nON MODEL SERVICE system . ai . `claude-opus-4-8` TO `x`",
                .deny([.execute], on: service("system.ai.claude-opus-4-8"), to: ["x"])
            ),
            (
                "REVOKE CREATE TABLE ON CATALOG c FROM `3f2a0c1e-0000-4000-8000-000000000000`",
                .revoke([.createTable], on: .catalog("c"), from: ["3f2a0c1e-0000-4000-8000-000000000000"])
            ),
        ] as [(String, GovernanceStatement)]
    )
    func access(sql: String, statement: GovernanceStatement) throws {
        #expect(try GovernanceStatement(sql) == statement)
    }

    @Test("Each privilege, spelled with spaces and with underscores", arguments: Privilege.allCases)
    func privileges(privilege: Privilege) throws {
        let kind: Securable = privilege == .createCatalog ? .metastore : .catalog("c")
        for spelling in [privilege.rawValue, privilege.sqlName, privilege.sqlName.lowercased()] {
            #expect(
                try GovernanceStatement("GRANT \(spelling) ON \(kind.sqlName) TO x")
                    == .grant([privilege], on: kind, to: ["x"])
            )
        }
    }

    @Test(
        "What there is",
        arguments: [
            ("SHOW GRANTS ON MODEL SERVICE main.ai.x", .showGrants(of: nil, on: service("main.ai.x"))),
            ("SHOW GRANT `a b` ON SCHEMA main.ai", .showGrants(of: "a b", on: .schema("main.ai"))),
            ("show grants alice on metastore", .showGrants(of: "alice", on: .metastore)),
            ("SHOW GRANTS ON main.ai.t", .showGrants(of: nil, on: table("main.ai.t"))),
            ("SHOW CATALOGS", .show(.catalog, in: nil, like: nil)),
            ("SHOW CATALOGS LIKE 'ma*|x'", .show(.catalog, in: nil, like: "ma*|x")),
            ("SHOW CATALOGS 'it''s'", .show(.catalog, in: nil, like: "it's")),
            ("SHOW SCHEMAS", .show(.schema, in: nil, like: nil)),
            ("SHOW SCHEMAS IN main", .show(.schema, in: .catalog("main"), like: nil)),
            ("SHOW DATABASES FROM `main` LIKE 'a*'", .show(.schema, in: .catalog("main"), like: "a*")),
            ("SHOW MODEL SERVICES", .show(.modelService, in: nil, like: nil)),
            ("SHOW MODEL SERVICES IN main.ai", .show(.modelService, in: .schema("main.ai"), like: nil)),
            ("SHOW MODEL SERVICES IN SCHEMA main.ai LIKE 'x'", .show(.modelService, in: .schema("main.ai"), like: "x")),
            ("SHOW MODEL SERVICES FROM CATALOG main", .show(.modelService, in: .catalog("main"), like: nil)),
            ("SHOW MODEL SERVICES IN catalog.schema", .show(.modelService, in: .schema("catalog.schema"), like: nil)),
            ("SHOW MODEL PROVIDER SERVICES IN main.ai", .show(.providerService, in: .schema("main.ai"), like: nil)),
            ("DESCRIBE CATALOG main", .describe(.catalog("main"))),
            ("DESC SCHEMA EXTENDED main.ai", .describe(.schema("main.ai"))),
            ("DESCRIBE DATABASE main.ai", .describe(.schema("main.ai"))),
            ("DESCRIBE MODEL SERVICE EXTENDED system.ai.gpt-5.1", .describe(service("system.ai.gpt-5.1"))),
            ("DESC MODEL PROVIDER SERVICE main.ai.x", .describe(provider("main.ai.x"))),
            ("DESCRIBE main.ai.x", .describe(table("main.ai.x"))),
            ("DESCRIBE EXTENDED main.ai.x", .describe(table("main.ai.x"))),
        ] as [(String, GovernanceStatement)]
    )
    func reading(sql: String, statement: GovernanceStatement) throws {
        #expect(try GovernanceStatement(sql) == statement)
    }

    @Test(
        "Objects are made, dropped, handed over and commented on",
        arguments: [
            ("CREATE CATALOG main", .create(.catalog("main"), comment: nil, unlessExists: false)),
            (
                "CREATE SCHEMA IF NOT EXISTS main.`a-b` COMMENT 'it''s ours'",
                .create(.schema("main.a-b"), comment: "it's ours", unlessExists: true)
            ),
            ("create database main.x", .create(.schema("main.x"), comment: nil, unlessExists: false)),
            ("CREATE CATALOG if", .create(.catalog("if"), comment: nil, unlessExists: false)),
            ("DROP CATALOG main CASCADE", .drop(.catalog("main"), ifExists: false, cascades: true)),
            ("DROP SCHEMA IF EXISTS main.ai RESTRICT", .drop(.schema("main.ai"), ifExists: true, cascades: false)),
            ("DROP MODEL SERVICE main.ai.x", .drop(service("main.ai.x"), ifExists: false, cascades: false)),
            (
                "DROP MODEL PROVIDER SERVICE IF EXISTS main.ai.x",
                .drop(provider("main.ai.x"), ifExists: true, cascades: false)
            ),
            ("ALTER CATALOG main OWNER TO `a@b.c`", .setOwner(.catalog("main"), to: "a@b.c")),
            ("ALTER SCHEMA main.ai SET OWNER TO team", .setOwner(.schema("main.ai"), to: "team")),
            ("ALTER MODEL SERVICE main.ai.x OWNER TO team", .setOwner(service("main.ai.x"), to: "team")),
            ("ALTER MODEL PROVIDER SERVICE main.ai.x OWNER TO team", .setOwner(provider("main.ai.x"), to: "team")),
            ("COMMENT ON CATALOG main IS 'x'", .setComment(.catalog("main"), to: "x")),
            ("COMMENT ON SCHEMA main.ai IS ''", .setComment(.schema("main.ai"), to: "")),
            ("COMMENT ON MODEL SERVICE main.ai.x IS NULL", .setComment(service("main.ai.x"), to: nil)),
            ("COMMENT ON MODEL PROVIDER SERVICE main.ai.x IS 'x'", .setComment(provider("main.ai.x"), to: "x")),
        ] as [(String, GovernanceStatement)]
    )
    func objects(sql: String, statement: GovernanceStatement) throws {
        #expect(try GovernanceStatement(sql) == statement)
    }

    @Test(
        "The name of a service may have dots and hyphens, quoted or not",
        arguments: [
            "system.ai.gpt-5.1", "`system`.`ai`.`gpt-5.1`", "system.ai.`gpt-5.1`", "system . ai . gpt-5.1",
        ]
    )
    func dots(name: String) throws {
        #expect(
            try GovernanceStatement("DESCRIBE MODEL SERVICE \(name)") == .describe(Self.service("system.ai.gpt-5.1"))
        )
    }

    @Test(
        "Names that models have",
        arguments: [
            "system.ai.claude-opus-4-8", "system.ai.llama-3.3-70b-instruct", "system.ai.gpt-4o", "system.ai.o3",
            "system.ai.3d", "my-catalog.my-schema.x", "1.2.3", "system.ai.gemini-2.5-pro", "a.b.1.5.2",
        ]
    )
    func modelNames(name: String) throws {
        let expected = Self.service(name)
        #expect(expected != .metastore)
        #expect(try GovernanceStatement("DESCRIBE MODEL SERVICE \(name)") == .describe(expected))
        #expect(
            try GovernanceStatement("GRANT EXECUTE ON MODEL SERVICE \(name) TO x")
                == .grant([.execute], on: expected, to: ["x"])
        )
    }

    @Test("Principals are compared in one normal form")
    func normalForm() throws {
        #expect(
            try GovernanceStatement("GRANT EXECUTE ON SCHEMA a.b TO `Ame\u{301}lie`")
                == .grant([.execute], on: .schema("a.b"), to: ["Am\u{E9}lie"])
        )
    }

    @Test(
        "Every other statement is left alone",
        arguments: [
            "SELECT 1", "WITH x AS (SELECT 1) SELECT * FROM x", "VALUES (1)", "EXPLAIN SELECT 1", "", "  ", ";",
            "(GRANT)",
            "-- GRANT x", "'GRANT'", "`GRANT` x", "INSERT INTO x VALUES (1)", "CREATE TABLE x (a)", "DROP TABLE a.b.c",
            "CREATE VIEW x AS SELECT 1", "ALTER TABLE x ADD COLUMN y", "DROP MODEL a.b.c", "CREATE", "DROP", "ALTER",
            "UPDATE x SET y = 1", "SELECT 1; GRANT x", "GRANTS", "SELECT '\0'",
        ]
    )
    func others(sql: String) throws {
        #expect(try GovernanceStatement(sql) == nil)
    }
}
