// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import Testing

/// Single rules, spelled out: what a reader of the documentation expects.
@Suite("Rules of access")
struct AccessRuleTests {
    private let helper: Securable
    private let alice = Caller(name: "alice@example.com", kind: .user, groups: ["team"])
    private let root = Caller(name: "root@example.com", kind: .user, groups: ["admins"], isAdministrator: true)

    init() throws {
        helper = .modelService(try #require(ObjectName("main.ai.helper")))
    }

    private func metastore(_ grants: [Grant], owners: [Securable: String] = [:]) -> Metastore {
        var layer = CatalogLayer()
        for grant in grants { layer.addGrant(grant) }
        for (securable, owner) in owners {
            layer.apply(
                .putEntry(
                    CatalogEntry(
                        securable: securable,
                        id: securable.name,
                        owner: owner,
                        createdBy: owner,
                        source: .stored
                    )
                )
            )
        }
        return Metastore(stored: layer)
    }

    private func grant(_ principal: String, _ privileges: PrivilegeSet, _ securable: Securable) -> Grant {
        Grant(principal: principal, privileges: privileges, securable: securable)
    }

    private func denial(_ principal: String, _ privileges: PrivilegeSet, _ securable: Securable) -> Grant {
        Grant(principal: principal, denied: privileges, securable: securable)
    }

    @Test("What is lacking is named from the catalog down")
    func lack() {
        let steps: [(Grant, Privilege, Securable)] = [
            (grant("team", [.useCatalog], .catalog("main")), .useCatalog, .catalog("main")),
            (grant("account users", [.useSchema], .catalog("main")), .useSchema, .schema("main.ai")),
            (grant("alice@example.com", [.execute], helper), .execute, helper),
        ]
        var grants: [Grant] = []
        for (grant, privilege, securable) in steps {
            let lacking = metastore(grants).missing(.execute, alice, on: helper)
            #expect(lacking?.privilege == privilege)
            #expect(lacking?.securable == securable)
            grants.append(grant)
        }
        #expect(metastore(grants).missing(.execute, alice, on: helper) == nil)
        #expect(metastore([]).missing(.execute, root, on: helper) == nil)
    }

    @Test(
        "A denial to everybody binds neither administrators nor the owner of the object; it does bind the owner of its schema"
    )
    func denialOfOwners() {
        let use = grant("account users", [.allPrivileges], .catalog("main"))
        let denied = denial("account users", [.execute], .catalog("main"))
        let all = [use, denied]
        #expect(!metastore(all).holds(.execute, alice, on: helper))
        #expect(metastore(all).holds(.execute, root, on: helper))
        #expect(metastore(all, owners: [helper: "team"]).holds(.execute, alice, on: helper))
        #expect(!metastore(all, owners: [.schema("main.ai"): "team"]).holds(.execute, alice, on: helper))
        #expect(metastore(all, owners: [.schema("main.ai"): "team"]).holds(.manage, alice, on: helper))
    }

    @Test("The owner of a catalog manages what is in it, and cannot execute it without a grant")
    func ownerOfContainer() {
        let metastore = metastore([], owners: [.catalog("main"): alice.name])
        #expect(metastore.holds(.manage, alice, on: helper))
        #expect(metastore.isVisible(helper, to: alice))
        #expect(!metastore.holds(.execute, alice, on: helper))
        #expect(!metastore.isOwner(alice, of: helper))
    }

    @Test("An owner needs USE CATALOG and USE SCHEMA as everybody does")
    func ownerNeedsUse() {
        #expect(
            metastore([], owners: [helper: alice.name]).missing(.execute, alice, on: helper)?.privilege == .useCatalog
        )
        let schema = metastore([], owners: [.schema("main.ai"): alice.name])
        #expect(schema.missing(.createService, alice, on: .schema("main.ai"))?.privilege == .useCatalog)
    }

    @Test("What everybody owns, each may do everything with")
    func ownedByEverybody() {
        let use = grant("account users", [.useCatalog, .useSchema], .catalog("main"))
        #expect(metastore([use], owners: [helper: PrincipalName.everybody]).holds(.execute, alice, on: helper))
    }

    @Test("ALL PRIVILEGES are held only while none of them is denied; MANAGE is none of them")
    func allPrivileges() {
        let all = grant("team", [.allPrivileges], .catalog("main"))
        let held = metastore([all]).privileges(of: alice, on: .catalog("main"))
        #expect(held == .all)
        #expect(!held.contains(.manage))
        let less = metastore([all, denial("team", [.select], .catalog("main"))]).privileges(of: alice, on: helper)
        #expect(!less.expanded.contains(.select))
        #expect(less.contains(.execute))
        let same = metastore([all, denial("team", [.manage], .catalog("main"))]).privileges(of: alice, on: helper)
        #expect(same == .all)
        let none = metastore([all, denial("team", [.allPrivileges], .schema("main.ai"))])
        #expect(none.privileges(of: alice, on: helper).isEmpty)
        #expect(none.privileges(of: alice, on: .catalog("main")) == .all)
    }

    @Test("USE CATALOG shows the catalog and none of its schemas; USE SCHEMA shows the schema and nothing in it")
    func visibility() {
        let catalog = grant("team", [.useCatalog], .catalog("main"))
        let other = grant("team", [.allPrivileges], .schema("main.other"))
        let first = metastore([catalog, other])
        #expect(first.isVisible(.catalog("main"), to: alice))
        #expect(!first.isVisible(.schema("main.ai"), to: alice))
        #expect(first.isVisible(.schema("main.other"), to: alice))
        let second = metastore([catalog, grant("team", [.useSchema], .schema("main.ai"))])
        #expect(second.isVisible(.schema("main.ai"), to: alice))
        #expect(!second.isVisible(helper, to: alice))
        for privilege in [Privilege.execute, .manage, .readMetadata] {
            #expect(
                metastore([catalog, grant("team", [.useSchema, privilege], .schema("main.ai"))])
                    .isVisible(helper, to: alice)
            )
        }
        // Without USE CATALOG nothing in it shows.
        #expect(!metastore([grant("team", [.allPrivileges], .schema("main.ai"))]).isVisible(helper, to: alice))
        #expect(metastore([]).isVisible(helper, to: root))
    }

    @Test("Privileges on the metastore are not inherited")
    func metastorePrivileges() {
        let metastore = metastore([grant("team", [.createCatalog, .manage, .allPrivileges], .metastore)])
        #expect(metastore.holds(.createCatalog, alice, on: .metastore))
        #expect(metastore.privileges(of: alice, on: .catalog("main")).isEmpty)
        #expect(!metastore.holds(.createCatalog, alice, on: .catalog("main")))
    }

    @Test("Everybody may execute what is in system.ai from the start, and sees no other schema of system")
    func system() throws {
        let base = CatalogLayer(Configuration())
        let model = Securable.modelService(try #require(ObjectName("system.ai.gpt-5.1")))
        var metastore = Metastore(file: base)
        let nobody = Caller(name: "nobody", kind: .servicePrincipal)
        #expect(metastore.holds(.execute, nobody, on: model))
        #expect(metastore.isVisible(model, to: nobody))
        #expect(metastore.isExecutableByAll(along: model.path))
        #expect(metastore.isVisible(.schema("system.ai"), to: nobody))
        #expect(!metastore.isVisible(.schema("system.access"), to: nobody))
        #expect(!metastore.isVisible(.schema("system.ai_gateway"), to: nobody))
        #expect(!metastore.holds(.manage, nobody, on: model))
        #expect(!metastore.holds(.createService, nobody, on: .schema("system.ai")))
        #expect(metastore.isOwner(Caller(name: "x", kind: .user, groups: ["admins"]), of: .schema("system.ai")))
        // An administrator denies one of them to one group.
        metastore.stored.addGrant(denial("team", [.execute], model))
        #expect(!metastore.holds(.execute, alice, on: model))
        #expect(metastore.holds(.execute, nobody, on: model))
        #expect(!metastore.isExecutableByAll(along: model.path))
        let sibling = Securable.modelService(try #require(ObjectName("system.ai.gpt-5.1-mini")))
        #expect(metastore.holds(.execute, alice, on: sibling))
    }

    @Test("A grant to a group's name never means a user of that name, nor a grant to everybody's name")
    func namesakes() {
        var layer = CatalogLayer()
        layer.apply(.putPrincipal(Principal(id: 1, kind: .group, name: "team", source: .stored)))
        layer.addGrant(grant("team", [.allPrivileges], .catalog("main")))
        layer.addGrant(grant("admins", [.allPrivileges], .catalog("main")))
        let metastore = Metastore(stored: layer)
        for name in ["team", "admins", "account users"] {
            #expect(!metastore.holds(.execute, Caller(name: name, kind: .user), on: helper))
        }
        #expect(metastore.holds(.execute, alice, on: helper))
    }

    @Test("Members of a stored group get nothing that the file grants to a user of its name")
    func shadowedGroup() {
        var file = CatalogLayer()
        file.apply(.putPrincipal(Principal(id: 1, kind: .user, name: "bob", source: .file("x"))))
        file.addGrant(grant("bob", [.allPrivileges], .catalog("main")))
        var stored = CatalogLayer()
        stored.apply(.putPrincipal(Principal(id: 2, kind: .group, name: "bob", source: .stored)))
        stored.apply(.putPrincipal(Principal(id: 3, kind: .user, name: "eve", source: .stored)))
        stored.apply(.addMember(3, group: 2))
        let metastore = Metastore(file: file, stored: stored)
        #expect(metastore.groupNames(of: 3) == [])
        #expect(metastore.principal(named: "bob")?.kind == .user)
    }

    @Test("Circles of groups do no harm, and groups of the file and the store add up")
    func circles() {
        var file = CatalogLayer()
        var stored = CatalogLayer()
        for (id, name) in [(1, "a"), (2, "b"), (3, "c")] {
            file.apply(.putPrincipal(Principal(id: Int64(id), kind: .group, name: name, source: .system)))
        }
        stored.apply(.putPrincipal(Principal(id: 9, kind: .user, name: "x", source: .stored)))
        stored.apply(.addMember(9, group: 1))
        file.apply(.addMember(1, group: 2))
        stored.apply(.addMember(2, group: 3))
        file.apply(.addMember(3, group: 1))
        let metastore = Metastore(file: file, stored: stored)
        #expect(metastore.groupNames(of: 9) == ["a", "b", "c"])
        #expect(metastore.directGroups(of: 9).map(\.name) == ["a"])
        #expect(metastore.members(of: 1).map(\.name) == ["c", "x"])
    }

    @Test("Members of admins, by other groups too, are administrators")
    func administrators() throws {
        var layer = CatalogLayer(Configuration())
        let admins = try #require(layer.principal(named: "admins"))
        layer.apply(.putPrincipal(Principal(id: 1, kind: .group, name: "staff", source: .stored)))
        layer.apply(.putPrincipal(Principal(id: 2, kind: .user, name: "x", source: .stored)))
        layer.apply(.addMember(1, group: admins.id))
        layer.apply(.addMember(2, group: 1))
        let metastore = Metastore(file: layer)
        #expect(metastore.isAdministrator(try #require(metastore.principal(named: "x"))))
        #expect(!metastore.isAdministrator(Principal(id: 3, kind: .user, name: "y", source: .stored)))
        #expect(
            metastore.isAdministrator(Principal(id: 3, kind: .user, name: "y", isAdministrator: true, source: .stored))
        )
    }
}
