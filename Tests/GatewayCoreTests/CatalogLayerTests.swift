// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import Testing

@Suite("Layers of the catalogue")
struct CatalogLayerTests {
    private func entry(_ name: String, owner: String = "alice", revision: Int64 = 1) -> CatalogEntry {
        CatalogEntry(
            securable: .catalog(name),
            id: name,
            owner: owner,
            createdBy: "alice",
            revision: revision,
            source: .stored
        )
    }

    private func principal(_ id: Int64, _ name: String, _ kind: Principal.Kind = .user) -> Principal {
        Principal(id: id, kind: kind, name: name, source: .stored)
    }

    /// Everything that can be asked of a layer.
    private struct Answers: Equatable {
        var entries: [Securable: CatalogEntry] = [:]
        var principals: [Int64: Principal] = [:]
        var named: [String: Int64] = [:]
        var groups: [Int64: Set<Int64>] = [:]
        var members: [Int64: Set<Int64>] = [:]
        var grants: Set<Grant> = []
        var hasDenials = false
    }

    private func answers(_ layer: CatalogLayer) -> Answers {
        var answers = Answers(entries: layer.entries, principals: layer.principals, grants: Set(layer.grants))
        for name in ["alice", "bob", "team", "x", "y"] { answers.named[name] = layer.principal(named: name)?.id }
        for id in Int64(1)...9 {
            answers.groups[id] = layer.groups(of: id)
            answers.members[id] = layer.members(of: id)
        }
        answers.hasDenials = layer.hasDenials
        return answers
    }

    @Test("An entry is put, replaced and removed")
    func entries() {
        var layer = CatalogLayer([.putEntry(entry("main"))])
        #expect(layer.entries[.catalog("main")]?.owner == "alice")
        layer.apply(.putEntry(entry("main", owner: "bob", revision: 2)))
        #expect(layer.entries.count == 1)
        #expect(layer.entries[.catalog("main")]?.owner == "bob")
        layer.apply(.removeEntry(.catalog("other")))
        layer.apply(.removeEntry(.catalog("main")))
        #expect(answers(layer) == answers(CatalogLayer()))
    }

    @Test("A principal is found by its id and its name, and after a renaming by the new one alone")
    func principals() {
        var layer = CatalogLayer([.putPrincipal(principal(1, "alice"))])
        #expect(layer.principal(named: "alice")?.id == 1)
        layer.apply(.putPrincipal(principal(1, "bob")))
        #expect(layer.principal(named: "alice") == nil)
        #expect(layer.principal(named: "bob")?.id == 1)
        layer.apply(.removePrincipal(1))
        layer.apply(.removePrincipal(1))
        #expect(answers(layer) == answers(CatalogLayer()))
    }

    @Test("A name that has passed to another principal stays with it")
    func namePassesOn() {
        let passed: [CatalogChange] = [.putPrincipal(principal(1, "alice")), .putPrincipal(principal(2, "alice"))]
        var renamed = CatalogLayer(passed)
        renamed.apply(.putPrincipal(principal(1, "bob")))
        #expect(renamed.principal(named: "alice")?.id == 2)
        #expect(renamed.principal(named: "bob")?.id == 1)
        var removed = CatalogLayer(passed)
        removed.apply(.removePrincipal(1))
        #expect(removed.principal(named: "alice")?.id == 2)
    }

    @Test("A member is added and removed, once however often it is said")
    func members() {
        var layer = CatalogLayer([.addMember(1, group: 2), .addMember(1, group: 2), .addMember(3, group: 2)])
        #expect(layer.members(of: 2) == [1, 3])
        #expect(layer.groups(of: 1) == [2])
        layer.apply(.removeMember(1, group: 2))
        layer.apply(.removeMember(1, group: 2))
        #expect(layer.members(of: 2) == [3])
        #expect(layer.groups(of: 1) == [])
        layer.apply(.removeMember(3, group: 2))
        #expect(answers(layer) == answers(CatalogLayer()))
    }

    @Test("A principal that goes leaves its groups, and a group its members; its grants stay")
    func removal() {
        let grant = Grant(principal: "team", privileges: [.execute], securable: .catalog("main"))
        var layer = CatalogLayer([
            .putPrincipal(principal(1, "alice")), .putPrincipal(principal(2, "team", .group)),
            .putPrincipal(principal(3, "x", .group)), .addMember(1, group: 2), .addMember(2, group: 3),
            .putGrant(grant),
        ])
        layer.apply(.removePrincipal(2))
        #expect(layer.groups(of: 1) == [])
        #expect(layer.members(of: 3) == [])
        #expect(layer.members(of: 2) == [])
        #expect(layer.grants == [grant])
        // One that comes back with its id has none of the old members.
        layer.apply(.putPrincipal(principal(2, "team", .group)))
        #expect(layer.members(of: 2) == [])
    }

    @Test("A grant is replaced as a whole, and an empty one is none")
    func grants() {
        var layer = CatalogLayer([
            .putGrant(Grant(principal: "x", privileges: [.execute], denied: [.select], securable: .catalog("main")))
        ])
        #expect(layer.hasDenials)
        layer.apply(.putGrant(Grant(principal: "x", denied: [.manage], securable: .catalog("main"))))
        #expect(layer.access(on: .catalog("main"))["x"]?.granted == [])
        #expect(layer.access(on: .catalog("main"))["x"]?.denied == [.manage])
        #expect(layer.hasDenials)
        layer.apply(.putGrant(Grant(principal: "x", privileges: [.modify], securable: .catalog("main"))))
        #expect(!layer.hasDenials)
        layer.apply(.putGrant(Grant(principal: "x", securable: .catalog("main"))))
        layer.apply(.putGrant(Grant(principal: "x", securable: .catalog("main"))))
        #expect(layer.access(on: .catalog("main")).isEmpty)
        #expect(answers(layer) == answers(CatalogLayer()))
    }

    @Test("Privileges that are added join those that there are")
    func addition() {
        var layer = CatalogLayer()
        layer.addGrant(Grant(principal: "x", privileges: [.execute], securable: .catalog("main")))
        layer.addGrant(Grant(principal: "x", privileges: [.select], denied: [.modify], securable: .catalog("main")))
        layer.addGrant(Grant(principal: "y", denied: [.modify], securable: .catalog("main")))
        let access = layer.access(on: .catalog("main"))
        #expect(access["x"]?.granted == [.execute, .select])
        #expect(access["x"]?.denied == [.modify])
        #expect(access["y"]?.granted == [])
        #expect(access["y"]?.denied == [.modify])
    }

    @Test("Changes of different things give the same in any order")
    func order() {
        let changes: [CatalogChange] = [
            .putEntry(entry("main")), .putEntry(entry("other")), .putPrincipal(principal(1, "alice")),
            .putPrincipal(principal(2, "bob")), .putPrincipal(principal(3, "team", .group)),
            .putPrincipal(principal(4, "x", .group)), .addMember(1, group: 3), .addMember(2, group: 3),
            .addMember(3, group: 4), .addMember(4, group: 3), .removeMember(8, group: 9), .removePrincipal(7),
            .removeEntry(.catalog("gone")),
            .putGrant(Grant(principal: "alice", privileges: [.execute], securable: .catalog("main"))),
            .putGrant(Grant(principal: "bob", denied: [.execute], securable: .catalog("main"))),
            .putGrant(Grant(principal: "alice", denied: [.select], securable: .schema("main.ai"))),
            .putGrant(Grant(principal: "team", securable: .catalog("other"))),
        ]
        let expected = answers(CatalogLayer(changes))
        var random = SplitMix(state: 5)
        for _ in 0..<500 {
            var shuffled = changes
            for index in shuffled.indices.dropFirst().reversed() { shuffled.swapAt(index, random.below(index + 1)) }
            #expect(answers(CatalogLayer(shuffled)) == expected)
        }
    }

    @Test("Random changes, and then the removal of everything, leave nothing")
    func removalOfEverything() {
        var random = SplitMix(state: 6)
        let names = ["alice", "bob", "team", "x", "y"]
        for _ in 0..<200 {
            var layer = CatalogLayer()
            for _ in 0..<40 {
                let id = Int64(random.below(9) + 1)
                let other = Int64(random.below(9) + 1)
                let name = names[random.below(names.count)]
                switch random.below(6) {
                case 0: layer.apply(.putEntry(entry(name)))
                case 1: layer.apply(.putPrincipal(principal(id, name)))
                case 2: layer.apply(.addMember(id, group: other))
                case 3: layer.apply(.removeMember(id, group: other))
                case 4: layer.apply(.removePrincipal(id))
                default:
                    let denied: PrivilegeSet = random.below(2) == 0 ? [] : [.select]
                    layer.apply(
                        .putGrant(
                            Grant(
                                principal: name,
                                privileges: random.below(2) == 0 ? [] : [.execute],
                                denied: denied,
                                securable: .catalog(names[random.below(names.count)])
                            )
                        )
                    )
                }
                for id in Int64(1)...9 {
                    #expect(layer.groups(of: id).allSatisfy { layer.members(of: $0).contains(id) })
                    #expect(layer.members(of: id).allSatisfy { layer.groups(of: $0).contains(id) })
                }
                #expect(layer.hasDenials == layer.grants.contains { !$0.denied.isEmpty })
            }
            for id in Int64(1)...9 { layer.apply(.removePrincipal(id)) }
            for securable in layer.entries.keys { layer.apply(.removeEntry(securable)) }
            for grant in layer.grants {
                layer.apply(.putGrant(Grant(principal: grant.principal, securable: grant.securable)))
            }
            #expect(answers(layer) == answers(CatalogLayer()))
        }
    }
}
