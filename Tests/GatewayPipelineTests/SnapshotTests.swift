// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayPipeline
import Testing

@Suite("Names of models")
struct SnapshotTests {
    private func found(_ name: String, in snapshot: Snapshot) throws -> String {
        try snapshot.service(named: name).service.name.description
    }

    @Test(
        "Every spelling of the documents finds the model",
        arguments: [
            "claude-sonnet-4-5", "databricks-claude-sonnet-4-5", "system.ai.claude-sonnet-4-5",
            "system.ai.databricks-claude-sonnet-4-5", "claude-sonnet-4-5[1m]", "system.ai.claude-sonnet-4-5[1m]",
            "databricks-claude-sonnet-4-5[1m]",
        ]
    )
    func spellings(name: String) throws {
        let snapshot = Catalog.snapshot([
            try Catalog.service("system.ai.claude-sonnet-4-5", [try Catalog.destination("m")]),
            try Catalog.service("main.ai.helper", [try Catalog.destination("m")]),
        ])
        #expect(try found(name, in: snapshot) == "system.ai.claude-sonnet-4-5")
    }

    @Test(
        "client-09: The vendor's own name, dated or not, finds the model of system.ai",
        arguments: [
            ("gpt-5.4", "gpt-5-4"), ("gpt-5.4-2026-03-05", "gpt-5-4"), ("gpt-5.3-codex", "gpt-5-3-codex"),
            ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5"), ("claude-sonnet-4-5@20250929", "claude-sonnet-4-5"),
            ("claude-sonnet-4-5-20250929[1m]", "claude-sonnet-4-5"), ("claude-sonnet-4-0", "claude-sonnet-4"),
            ("claude-sonnet-4-20250514", "claude-sonnet-4"), ("gemini-2.5-flash", "gemini-2-5-flash"),
            ("gemini-2.5-flash-preview-09-2025", "gemini-2-5-flash"), ("gemini-3-pro-preview", "gemini-3-pro"),
            ("gemini-3.1-pro", "gemini-3-1-pro"),
        ]
    )
    func vendorNames(name: String, service: String) throws {
        let names = [
            "gpt-5-4", "gpt-5-3-codex", "claude-sonnet-4-5", "claude-sonnet-4", "gemini-2-5-flash", "gemini-3-pro",
            "gemini-3-1-pro",
        ]
        let snapshot = Catalog.snapshot(
            try names.map { try Catalog.service("system.ai.\($0)", [try Catalog.destination("m")]) }
        )
        #expect(try found(name, in: snapshot) == "system.ai.\(service)")
    }

    @Test("client-09: A date makes no name of one's own into another, and an exact name wins over a vendor's")
    func datedNames() throws {
        let snapshot = Catalog.snapshot([
            try Catalog.service("main.ai.helper", [try Catalog.destination("m")]),
            try Catalog.service("system.ai.gpt-5", [try Catalog.destination("m")]),
        ])
        for name in ["main.ai.helper-20250929", "gpt-5-2025-8-7", "gpt-5-20259999999", "-20250929"] {
            #expect(throws: GatewayError.self) { try found(name, in: snapshot) }
        }
        #expect(try found("gpt-5-2025-08-07", in: snapshot) == "system.ai.gpt-5")
    }

    @Test("client-09: A name that there is not is told with those that are near and that the caller may use")
    func suggestions() throws {
        let services = try [
            "system.ai.gpt-5-1", "system.ai.gpt-5-2", "system.ai.gpt-5-4", "system.ai.gpt-5-5", "main.ai.helper",
            "main.ai.helpers",
        ].map {
            try Catalog.service($0, [try Catalog.destination("m")])
        }
        let grants = [
            Grant(principal: "bob", privileges: [.useCatalog], securable: .catalog("main")),
            Grant(principal: "bob", privileges: [.useSchema], securable: .schema("main.ai")),
            Grant(
                principal: "bob",
                privileges: [.execute],
                securable: .modelService(try #require(ObjectName("main.ai.helper")))
            ),
        ]
        let snapshot = Catalog.snapshot(services, grants: grants)
        func message(_ name: String, _ caller: Caller) -> String {
            do throws(GatewayError) {
                _ = try snapshot.service(named: name, for: caller)
                return "found"
            } catch {
                return error.message
            }
        }
        let bob = Caller(name: "bob", kind: .user, groups: [])
        #expect(message("gpt-5.9", bob) == "'gpt-5.9' does not exist. Did you mean 'gpt-5-1', 'gpt-5-2' or 'gpt-5-4'?")
        #expect(
            message("system.ai.gpt-5-44", bob).hasSuffix(
                "Did you mean 'system.ai.gpt-5-4', 'system.ai.gpt-5-1' or 'system.ai.gpt-5-2'?"
            )
        )
        #expect(message("main.ai.helperz", bob) == "'main.ai.helperz' does not exist. Did you mean 'main.ai.helper'?")
        #expect(message("main.ai.helperz", Snapshot.administrator).contains("'main.ai.helpers'"))
        let stranger = Caller(name: "eve", kind: .user, groups: [])
        #expect(message("main.ai.helperz", stranger) == "'main.ai.helperz' does not exist")
        #expect(message("nothing-like-it", bob) == "'system.ai.nothing-like-it' does not exist")
    }

    @Test("An exact name wins over an alias, in whatever order they stand")
    func exact() throws {
        let plain = try Catalog.service("system.ai.gpt-5", [try Catalog.destination("m")])
        let prefixed = try Catalog.service("system.ai.databricks-gpt-5", [try Catalog.destination("m")])
        for services in [[plain, prefixed], [prefixed, plain]] {
            let snapshot = Catalog.snapshot(services)
            #expect(try found("system.ai.gpt-5", in: snapshot) == "system.ai.gpt-5")
            #expect(try found("system.ai.databricks-gpt-5", in: snapshot) == "system.ai.databricks-gpt-5")
        }
    }

    @Test(
        "What there is not is a 404 in the documents' words",
        arguments: [
            ("gpt-9", "'system.ai.gpt-9' does not exist"), ("a.b.c", "'a.b.c' does not exist"),
            ("helper", "'system.ai.helper' does not exist"),
            ("databricks-helper", "'system.ai.databricks-helper' does not exist"), ("", "'system.ai.' does not exist"),
            ("[1m]", "'system.ai.[1m]' does not exist"), ("MAIN.AI.HELPER", "'MAIN.AI.HELPER' does not exist"),
        ]
    )
    func unknown(name: String, message: String) throws {
        let snapshot = Catalog.snapshot([try Catalog.service("main.ai.helper", [try Catalog.destination("m")])])
        do throws(GatewayError) {
            _ = try snapshot.service(named: name)
            Issue.record("found")
        } catch {
            #expect(error.status == 404)
            #expect(error.message == message)
        }
    }

    @Test(
        "Each token has its own rights: an administrator's token lends nothing to another token of the same user",
        arguments: [true, false]
    )
    func administratorTokens(isFirst: Bool) throws {
        let strong = Catalog.token("gth_strong", of: "alice", isAdministrator: true)
        let plain = Catalog.token("gth_plain", of: "alice")
        let snapshot = Catalog.snapshot([], tokens: isFirst ? [strong, plain] : [plain, strong])
        #expect(snapshot.tokens.caller(withToken: "gth_strong".utf8, now: 0)?.isAdministrator == true)
        #expect(snapshot.tokens.caller(withToken: "gth_plain".utf8, now: 0)?.isAdministrator == false)
    }

    @Test("A caller holds what it holds, whatever its tokens and after a reload; another caller holds nothing of it")
    func accounts() throws {
        let accounts = CallerAccounts()
        func snapshot() -> Snapshot {
            Snapshot(
                configuration: Tracked(Configuration()),
                tokens: Tracked([
                    Catalog.token("gth_1", of: "alice"), Catalog.token("gth_2", of: "alice", isAdministrator: true),
                    Catalog.token("gth_3", of: "bob"),
                ]),
                administratorToken: nil,
                translator: ScriptedTranslator(),
                accounts: accounts
            )
        }
        func account(_ token: String, _ snapshot: Snapshot) -> CallerAccount? {
            snapshot.tokens.caller(withToken: token.utf8, now: 0)?.account
        }
        let before = snapshot()
        let alice = try #require(account("gth_1", before))
        #expect(alice.take(100, limit: 100))
        #expect(account("gth_2", before) === alice)
        #expect(account("gth_3", before) !== alice)
        let after = snapshot()
        #expect(account("gth_1", after) === alice)
        #expect(account("gth_1", after)?.take(1, limit: 100) == false)
        // Thousands of callers that come and go leave nothing behind.
        for number in 0..<1000 { _ = accounts.account(of: "\(number)") }
        #expect(account("gth_1", snapshot()) === alice)
    }

    @Test("The file's principals give groups and make administrators")
    func principals() throws {
        let snapshot = Catalog.snapshot(
            [],
            tokens: ["alice", "bob", "carol"].map { Catalog.token("gth_\($0)", of: $0) },
            principals: [
                .init(name: "alice", kind: .servicePrincipal, groups: ["analysts"]),
                .init(name: "bob", kind: .user, groups: [Snapshot.administrators]),
            ]
        )
        func caller(_ name: String) throws -> Caller {
            try #require(snapshot.tokens.caller(withToken: "gth_\(name)".utf8, now: 0))
        }
        #expect(try caller("alice").groups == ["analysts"])
        #expect(try caller("alice").kind == .servicePrincipal)
        #expect(try !caller("alice").isAdministrator)
        #expect(try caller("bob").isAdministrator)
        #expect(try caller("carol").groups.isEmpty)
        #expect(try caller("admin").isAdministrator)
    }

    @Test("Stored objects stand beside those of the file, which win where both have a name")
    func storedCatalog() throws {
        var file = Configuration()
        let own = try Catalog.service("main.ai.own", [try Catalog.destination("file")])
        file.modelServices = [own]
        var built = BuiltServices()
        built.modelServices = [
            try Catalog.service("main.ai.own", [try Catalog.destination("stored")]),
            try Catalog.service("main.ai.more", [try Catalog.destination("stored")]),
        ]
        let catalog = try #require(ObjectName("main.ai.more"))
        let layer = CatalogLayer([
            .putPrincipal(Principal(id: 1, kind: .user, name: "bob", source: .stored)),
            .putPrincipal(Principal(id: 2, kind: .group, name: "readers", source: .stored)),
            .putPrincipal(Principal(id: 3, kind: .group, name: "all readers", source: .stored)),
            .addMember(1, group: 2), .addMember(2, group: 3),
            .putGrant(Grant(principal: "readers", privileges: [.useCatalog], securable: .catalog("main"))),
            .putGrant(Grant(principal: "all readers", privileges: [.useSchema], securable: .schema("main.ai"))),
            .putGrant(Grant(principal: "readers", privileges: [.execute], securable: .modelService(catalog))),
        ])
        let snapshot = Snapshot(
            configuration: Tracked(file),
            catalog: StoredCatalog(layer: layer, services: Tracked(built)),
            tokens: Tracked([Catalog.token("gth_bob", of: "bob")]),
            administratorToken: nil,
            translator: ScriptedTranslator()
        )
        #expect(try snapshot.service(named: "main.ai.own").service.destinations.first?.model == "file")
        let more = try snapshot.service(named: "main.ai.more").service
        #expect(more.destinations.first?.model == "stored")
        let bob = try #require(snapshot.tokens.caller(withToken: "gth_bob".utf8, now: 0))
        try snapshot.metastore.checkExecute(more.name, by: bob)
        #expect(snapshot.fileConfiguration.value.modelServices.count == 1)
    }

    @Test("A serving endpoint answers to its flat name, unless a model of the system has it")
    func flatNames() throws {
        let snapshot = Catalog.snapshot([
            try Catalog.service("system.serving_endpoints.chat", [try Catalog.destination("chat")]),
            try Catalog.service("system.serving_endpoints.databricks-gpt-5", [try Catalog.destination("trap")]),
            try Catalog.service("system.serving_endpoints.main.ai.helper", [try Catalog.destination("trap")]),
            try Catalog.service("system.ai.gpt-5", [try Catalog.destination("gpt-5")]),
        ])
        #expect(try snapshot.service(named: "chat").service.name.description == "system.serving_endpoints.chat")
        #expect(try snapshot.service(named: "databricks-gpt-5").service.name.description == "system.ai.gpt-5")
        #expect(throws: GatewayError.self) { try snapshot.service(named: "main.ai.helper") }
    }

    @Test("What a change does not concern is the same object in the next snapshot")
    func kept() throws {
        let helper = try #require(ObjectName("main.ai.helper"))
        let secret = try #require(ObjectName("main.ai.secret"))
        var configuration = Configuration()
        configuration.modelServices = try [helper, secret].map {
            try Catalog.service($0.description, [try Catalog.destination("m")])
        }
        let file = Tracked(configuration)
        let tokens = Tracked([Catalog.token("gth_bob", of: "bob")])
        func snapshot(_ layer: CatalogLayer, _ tokens: Tracked<[AccessToken]>, after earlier: Snapshot?) -> Snapshot {
            Snapshot(
                configuration: file,
                catalog: StoredCatalog(layer: layer, services: earlier?.catalog.services ?? Tracked(BuiltServices())),
                tokens: tokens,
                administratorToken: nil,
                translator: ScriptedTranslator(),
                after: earlier
            )
        }
        func bob(_ snapshot: Snapshot) throws -> Caller {
            try #require(snapshot.tokens.caller(withToken: "gth_bob".utf8, now: 0))
        }
        let first = snapshot(CatalogLayer(), tokens, after: nil)
        var layer = first.catalog.layer
        layer.apply(
            .putGrant(
                Grant(principal: "account users", privileges: [.useCatalog, .useSchema], securable: .catalog("main"))
            )
        )
        layer.apply(
            .putGrant(Grant(principal: "account users", privileges: [.execute], securable: .modelService(helper)))
        )
        let second = snapshot(layer, tokens, after: first)
        #expect(try second.service(named: "main.ai.secret") === first.service(named: "main.ai.secret"))
        #expect(try second.service(named: "main.ai.helper") !== first.service(named: "main.ai.helper"))
        try second.metastore.checkExecute(helper, by: bob(second))
        #expect(throws: GatewayError.self) { try first.metastore.checkExecute(helper, by: bob(first)) }

        layer.apply(.putPrincipal(Principal(id: 1, kind: .group, name: "team", source: .stored)))
        layer.apply(.putPrincipal(Principal(id: 2, kind: .user, name: "bob", source: .stored)))
        layer.apply(.addMember(2, group: 1))
        let third = snapshot(layer, tokens, after: second)
        #expect(try third.service(named: "main.ai.helper") === second.service(named: "main.ai.helper"))
        #expect(try bob(second).groups.isEmpty)
        #expect(try bob(third).groups == ["team"])

        let fourth = snapshot(layer, Tracked([]), after: third)
        #expect(fourth.tokens.caller(withToken: "gth_bob".utf8, now: 0) == nil)
        #expect(try fourth.service(named: "main.ai.helper") === third.service(named: "main.ai.helper"))
    }

    @Test("A later snapshot has the provider services of the one before, as long as their settings are the same")
    func keptServices() throws {
        func snapshot(_ headers: [(name: String, value: String)], after earlier: Snapshot? = nil) throws -> Snapshot {
            var file = Configuration()
            let destinations = [
                try Catalog.destination("changing", share: 50, headers: headers),
                try Catalog.destination("same", share: 50),
            ]
            file.providerServices = destinations.map(\.service)
            file.modelServices = [try Catalog.service("main.ai.helper", destinations)]
            return Snapshot(
                configuration: Tracked(file),
                tokens: Tracked([]),
                administratorToken: nil,
                translator: ScriptedTranslator(),
                after: earlier
            )
        }
        func services(of snapshot: Snapshot) throws -> [ProviderService] {
            try snapshot.service(named: "main.ai.helper").destinations.map(\.destination.service)
        }
        let first = try snapshot([])
        let second = try snapshot([(name: "x-team", value: "red")], after: first)
        let third = try snapshot([(name: "x-team", value: "red")], after: second)
        #expect(try services(of: second)[0] !== services(of: first)[0])
        #expect(try services(of: second)[1] === services(of: first)[1])
        #expect(try services(of: third).map(ObjectIdentifier.init) == services(of: second).map(ObjectIdentifier.init))
    }

    @Test("An earlier snapshot is freed where that is asked for, as soon as no call holds it")
    func retiredSnapshots() throws {
        weak var first: Snapshot?
        weak var second: Snapshot?
        let current: CurrentSnapshot
        do {
            let snapshot = Catalog.snapshot([], tokens: [])
            first = snapshot
            current = CurrentSnapshot(snapshot)
        }
        var call: Snapshot? = current.value
        do {
            let snapshot = Catalog.snapshot([], tokens: [])
            second = snapshot
            current.replace(snapshot)
        }
        current.replace(Catalog.snapshot([], tokens: []))
        #expect(first != nil && second != nil)
        current.freeRetired()
        #expect(first === call && second == nil)
        call = nil
        #expect(first != nil)
        current.freeRetired()
        #expect(first == nil)
    }
}
