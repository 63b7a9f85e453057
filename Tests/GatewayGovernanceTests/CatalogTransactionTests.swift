// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayGovernance
import Testing

@Suite("Changes of the catalogue")
struct CatalogTransactionTests {
    private let root = Caller(name: "root", kind: .user, isAdministrator: true)
    private let alice = Caller(name: "alice", kind: .user, groups: ["team"])

    /// Users alice and bob, the group team with alice in it, and the catalog `main` with the schema `main.ai`, both of the administrators.
    private func world() throws -> Metastore {
        var metastore = Metastore(file: CatalogLayer(Configuration()))
        var transaction = CatalogTransaction(metastore, by: Actor(root, time: 1))
        for name in ["alice", "bob"] { _ = try transaction.create(.user, .init(name: name)) }
        let team = try transaction.create(.group, .init(name: "team"))
        let member = try #require(transaction.metastore.principal(named: "alice"))
        try transaction.changeMembers(of: team.id, adding: [member.id], removing: [])
        try transaction.create(.catalog("main"))
        try transaction.create(.schema("main.ai"))
        metastore = transaction.metastore
        return metastore
    }

    private func code(_ body: () throws -> Void) -> GatewayError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? GatewayError)?.code
        }
    }

    @Test("The changes of a transaction make of the old store what the transaction saw")
    func changesAreComplete() throws {
        let before = try world()
        var transaction = CatalogTransaction(before, by: Actor(root, time: 2))
        try transaction.change([.init(principal: "team", granted: [.execute], denied: [.manage])], on: .catalog("main"))
        _ = try transaction.update(.schema("main.ai"), owner: "bob", comment: "x")
        try transaction.create(.schema("main.more"))
        try transaction.delete(.schema("main.more"))
        var layer = before.stored
        for change in transaction.changes { layer.apply(change) }
        #expect(layer.entries == transaction.metastore.stored.entries)
        #expect(Set(layer.grants) == Set(transaction.metastore.stored.grants))
        #expect(
            transaction.records.map(\.actionName) == [
                "updatePermissions", "updateSchema", "createSchema", "deleteSchema",
            ]
        )
    }

    @Test("An object that is made again begins without the grants of its name")
    func nothingIsInherited() throws {
        var transaction = CatalogTransaction(try world(), by: Actor(root, time: 2))
        try transaction.change([.init(principal: "bob", granted: [.execute])], on: .schema("main.ai"))
        try transaction.delete(.schema("main.ai"))
        try transaction.create(.schema("main.ai"))
        #expect(transaction.metastore.assignments(on: .schema("main.ai")).isEmpty)
    }

    @Test("A principal that is deleted takes its grants along, and what it owned goes to the administrators")
    func deletedPrincipals() throws {
        var transaction = CatalogTransaction(try world(), by: Actor(root, time: 2))
        let bob = try #require(transaction.metastore.principal(named: "bob"))
        _ = try transaction.update(.catalog("main"), owner: "bob")
        try transaction.change([.init(principal: "bob", granted: [.execute])], on: .schema("main.ai"))
        try transaction.deletePrincipal(bob.id, .user)
        #expect(transaction.metastore.entry(.catalog("main"))?.owner == "admins")
        #expect(transaction.metastore.assignments(on: .schema("main.ai")).isEmpty)
        #expect(transaction.metastore.principal(named: "bob") == nil)
    }

    @Test("A group that is renamed keeps its grants, its members and what it owns")
    func renamedGroups() throws {
        var transaction = CatalogTransaction(try world(), by: Actor(root, time: 2))
        let team = try #require(transaction.metastore.principal(named: "team"))
        try transaction.change([.init(principal: "team", granted: [.execute])], on: .schema("main.ai"))
        _ = try transaction.update(.catalog("main"), owner: "team")
        _ = try transaction.update(team.id, .group, .init(name: "crew"))
        #expect(transaction.metastore.assignments(on: .schema("main.ai")).map(\.principal) == ["crew"])
        #expect(transaction.metastore.entry(.catalog("main"))?.owner == "crew")
        #expect(transaction.metastore.members(of: team.id).map(\.name) == ["alice"])
    }

    @Test("What is granted is no longer denied, what is denied no longer granted, and revoking takes both away")
    func grantsAndDenials() throws {
        var transaction = CatalogTransaction(try world(), by: Actor(root, time: 2))
        let main = Securable.catalog("main")
        func access() -> CatalogLayer.Access? { transaction.metastore.stored.access(on: main)["bob"] }
        try transaction.change([.init(principal: "bob", granted: [.execute, .useCatalog])], on: main)
        try transaction.change([.init(principal: "bob", denied: [.execute])], on: main)
        #expect(access() == .init(granted: [.useCatalog], denied: [.execute]))
        try transaction.change([.init(principal: "bob", granted: [.execute])], on: main)
        #expect(access() == .init(granted: [.useCatalog, .execute]))
        try transaction.change([.init(principal: "bob", denied: [.manage])], on: main)
        try transaction.change([.init(principal: "bob", revoked: [.execute, .useCatalog, .manage])], on: main)
        #expect(access() == nil)
    }

    @Test("Rights: what each may do without a grant, and with one")
    func rights() throws {
        var transaction = CatalogTransaction(try world(), by: Actor(alice, time: 2))
        #expect(code { try transaction.create(.catalog("mine")) } == .forbidden)
        // What one may not see is not there.
        #expect(code { try transaction.create(.schema("main.mine")) } == .notFound)
        #expect(code { try transaction.delete(.catalog("main")) } == .notFound)
        #expect(code { _ = try transaction.create(.user, .init(name: "carol")) } == .forbidden)
        #expect(code { try transaction.change([], on: .metastore) } == .forbidden)
        var root = CatalogTransaction(transaction.metastore, by: Actor(self.root, time: 3))
        try root.change([.init(principal: "team", granted: [.useCatalog, .createSchema])], on: .catalog("main"))
        transaction = CatalogTransaction(root.metastore, by: Actor(alice, time: 4))
        try transaction.create(.schema("main.mine"))
        #expect(transaction.metastore.entry(.schema("main.mine"))?.owner == "alice")
        try transaction.change([.init(principal: "bob", granted: [.useSchema])], on: .schema("main.mine"))
        #expect(
            code { try transaction.change([.init(principal: "bob", granted: [.useCatalog])], on: .catalog("main")) }
                == .forbidden
        )
        #expect(transaction.changes.count == 2)
    }

    @Test("Whoever makes, changes or takes over a service that sends a secret must be allowed to read the secret")
    func secrets() throws {
        let key = try #require(ObjectName("main.ai.key"))
        let service = Securable.providerService(try #require(ObjectName("main.ai.openai")))
        var configuration = Configuration()
        configuration.file = "gatehouse.yaml"
        configuration.secrets[key] = "sk-1"
        var metastore = try world()
        metastore.file = CatalogLayer(configuration)
        func content() throws -> CatalogTransaction.ServiceContent {
            let vault = try SecretVaultSource(stamp: { "" }) { try #require(SecretVault(keys: [SecretVault.newKey()])) }
            let definition = ServiceDefinition(json: "{\"api_key_secret\": \"main.ai.key\"}")
            return .init(definition, references: [.secret(key)], vault: vault)
        }
        func references(_: CatalogEntry) -> [Securable] { [.secret(key)] }
        var root = CatalogTransaction(metastore, by: Actor(self.root, time: 3))
        // Nobody else's ALL PRIVILEGES give a secret away.
        try root.change(
            [.init(principal: "team", granted: [.allPrivileges]), .init(principal: "bob", granted: [.allPrivileges])],
            on: .catalog("main")
        )
        var transaction = CatalogTransaction(root.metastore, by: Actor(alice, time: 4))
        #expect(code { _ = try transaction.create(service, content()) } == .forbidden)
        try root.change([.init(principal: "team", granted: [.readSecret])], on: .secret(key))
        transaction = CatalogTransaction(root.metastore, by: Actor(alice, time: 4))
        _ = try transaction.create(service, content())
        #expect(
            code { _ = try transaction.update(service, references: references, owner: "bob") } == .forbidden
        )
        // Managing the service is not enough to send its secret elsewhere.
        try transaction.change([.init(principal: "bob", granted: [.manage])], on: service)
        let bob = Caller(name: "bob", kind: .user)
        var other = CatalogTransaction(transaction.metastore, by: Actor(bob, time: 5))
        #expect(
            code { _ = try other.update(service, content: content(), references: references) } == .forbidden
        )
        _ = try other.update(service, references: references, comment: "x")
        #expect(code { try root.delete(.secret(key)) } == .conflict)
    }

    @Test("An etag of an older version is refused, and one of the current version is not")
    func etags() throws {
        var transaction = CatalogTransaction(try world(), by: Actor(root, time: 2))
        let etag = try #require(transaction.metastore.entry(.catalog("main"))?.etag)
        let next = try transaction.update(.catalog("main"), comment: "x", etag: etag).etag
        #expect(code { _ = try transaction.update(.catalog("main"), comment: "y", etag: etag) } == .conflict)
        #expect(code { try transaction.delete(.schema("main.ai"), etag: next) } == .conflict)
        _ = try transaction.update(.catalog("main"), comment: "y", etag: next)
    }

    @Test(
        "A pattern of SHOW has * for any characters and | for or",
        arguments: [
            ("gpt-5", "gpt*", true), ("gpt-5", "GPT-5", true), ("gpt-5", "*5", true), ("gpt-5", "gpt", false),
            ("gpt-5", "claude*|gpt*", true), ("gpt-5", "*t*5*", true), ("gpt-5", "", false),
            ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "*a*a*a*a*a*a*a*a*a*c", false),
        ]
    )
    func patterns(name: String, pattern: String, matches: Bool) throws {
        var transaction = CatalogTransaction(try world(), by: Actor(root, time: 2))
        try transaction.create(.catalog(name))
        let rows = try transaction.run(.show(.catalog, in: nil, like: pattern)).rows
        #expect(rows.contains([name]) == matches)
    }
}
