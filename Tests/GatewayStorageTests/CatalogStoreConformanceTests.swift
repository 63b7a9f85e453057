// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayStorage
import Synchronization
import Testing

/// A store of the catalogue under test, with a second door to the same catalogue, as another process has it.
protocol CatalogStoreUnderTest {
    var store: any CatalogStore { get }
    var otherDoor: any CatalogStore { get throws }
}

extension StoreEngine {
    func makeCatalogStore() throws -> any CatalogStoreUnderTest {
        switch self {
        case .memory: InMemoryCatalogStore()
        case .sqlite: try SQLiteCatalogStoreUnderTest()
        }
    }
}

private struct SQLiteCatalogStoreUnderTest: CatalogStoreUnderTest {
    let scratch = ScratchDirectory()
    let store: any CatalogStore

    init() throws {
        store = try SQLiteCatalogStore(directory: scratch.data)
    }

    var otherDoor: any CatalogStore {
        get throws { try SQLiteCatalogStore(directory: scratch.data) }
    }
}

@Suite("Stores of the catalogue")
struct CatalogStoreConformanceTests {
    private func entry(_ securable: Securable, revision: Int64 = 1) -> CatalogEntry {
        var entry = CatalogEntry(
            securable: securable,
            id: "id-\(securable.name)",
            owner: "größe \"quoted\"",
            comment: revision == 1 ? nil : "it's\n'mine' 😀",
            properties: revision == 1 ? [:] : ["a\"b": "c\nd", "": ""],
            createdAt: 1_793_500_000_000_001,
            createdBy: "alice@example.com",
            revision: revision,
            source: .stored,
            definition: #"{"destinations":[]}"#,
            secrets: [0, 255, 1]
        )
        entry.updatedAt = 1_793_500_000_000_002
        entry.updatedBy = "bob"
        return entry
    }

    private func principal(_ id: Int64, _ kind: Principal.Kind, isActive: Bool = true) -> Principal {
        Principal(
            id: id,
            kind: kind,
            name: "principal-\(id)",
            displayName: isActive ? "Display 😀" : nil,
            externalID: isActive ? nil : "external",
            isActive: isActive,
            source: .stored,
            createdAt: 7
        )
    }

    private func record(_ action: String) -> AuditRecord {
        AuditRecord(
            eventTime: 1_793_500_000_000_000,
            eventID: "event-\(action)",
            actor: "alice@example.com",
            sourceAddress: "10.0.0.1",
            serviceName: "unityCatalog",
            actionName: action,
            target: "main",
            newValue: #"{"name":"main"}"#
        )
    }

    private func same(_ first: CatalogLayer, _ second: CatalogLayer) -> Bool {
        first.entries == second.entries && first.principals == second.principals
            && Set(first.grants) == Set(second.grants)
            && first.principals.keys.allSatisfy {
                first.groups(of: $0) == second.groups(of: $0) && first.members(of: $0) == second.members(of: $0)
            }
    }

    @Test("What was committed is read as it was, by this process and by another", arguments: StoreEngine.allCases)
    func roundTrip(engine: StoreEngine) throws {
        let catalog = try engine.makeCatalogStore()
        let service = try #require(ObjectName("main.ai.gpt-5.1"))
        let changes: [CatalogChange] = [
            .putEntry(entry(.catalog("main"))), .putEntry(entry(.schema("main.ai"), revision: 3)),
            .putEntry(entry(.modelService(service))), .putPrincipal(principal(1, .user)),
            .putPrincipal(principal(2, .group)), .putPrincipal(principal(3, .servicePrincipal, isActive: false)),
            .addMember(1, group: 2), .addMember(3, group: 2),
            .putGrant(
                Grant(principal: "principal-1", privileges: [.execute, .useSchema], securable: .catalog("main"))
            ),
            .putGrant(
                Grant(principal: "principal-2", privileges: [.manage], denied: .all, securable: .modelService(service))
            ),
            .putGrant(Grant(principal: "principal-2", privileges: [.createCatalog], securable: .metastore)),
        ]
        let version = try catalog.store.catalogVersion()
        #expect(try catalog.store.commit(changes, records: [record("createCatalog")], after: version) == version + 1)
        for store in [catalog.store, try catalog.otherDoor] {
            let (layer, found) = try store.catalog()
            #expect(found == version + 1)
            #expect(same(layer, CatalogLayer(changes)))
        }
        let removals: [CatalogChange] = [
            .removeEntry(.modelService(service)), .removeMember(3, group: 2), .removePrincipal(1),
            .putGrant(Grant(principal: "principal-1", securable: .catalog("main"))),
            .putEntry(entry(.catalog("main"), revision: 2)),
        ]
        #expect(try catalog.store.commit(removals, records: [], after: version + 1) == version + 2)
        #expect(same(try catalog.otherDoor.catalog().layer, CatalogLayer(changes + removals)))
    }

    @Test("A commit for an older version writes nothing, not even its records", arguments: StoreEngine.allCases)
    func conflicts(engine: StoreEngine) throws {
        let catalog = try engine.makeCatalogStore()
        let version = try catalog.store.catalogVersion()
        let other = try catalog.otherDoor
        #expect(try other.commit([.putEntry(entry(.catalog("a")))], records: [record("a")], after: version) != nil)
        #expect(
            try catalog.store.commit([.putEntry(entry(.catalog("b")))], records: [record("b")], after: version) == nil
        )
        #expect(try catalog.store.catalog().layer.entries.keys.map(\.name) == ["a"])
        #expect(try catalog.store.auditRecords(limit: 10).map(\.actionName) == ["a"])
        #expect(try catalog.store.catalogVersion() == version + 1)
    }

    @Test("Records come back as they were, the newest first, and change no version", arguments: StoreEngine.allCases)
    func records(engine: StoreEngine) throws {
        let catalog = try engine.makeCatalogStore()
        let version = try catalog.store.catalogVersion()
        for action in ["first", "second", "third"] {
            #expect(try catalog.store.commit([], records: [record(action)], after: version) == version)
        }
        #expect(try catalog.otherDoor.auditRecords(limit: 2) == [record("third"), record("second")])
    }

    @Test("A sealed value is replaced only by who knows it", arguments: StoreEngine.allCases)
    func sealedValues(engine: StoreEngine) throws {
        let catalog = try engine.makeCatalogStore()
        #expect(try catalog.store.sealedValue(named: "keys") == nil)
        #expect(try catalog.store.setSealedValue([1, 2], named: "keys", replacing: nil))
        #expect(try !catalog.otherDoor.setSealedValue([3], named: "keys", replacing: nil))
        #expect(try !catalog.otherDoor.setSealedValue([3], named: "keys", replacing: [2, 1]))
        #expect(try catalog.otherDoor.setSealedValue([3], named: "keys", replacing: [1, 2]))
        #expect(try catalog.store.sealedValue(named: "keys") == [3])
    }

    @Test("All that is encrypted is encrypted anew in one step, or nothing is", arguments: StoreEngine.allCases)
    func resealing(engine: StoreEngine) throws {
        let catalog = try engine.makeCatalogStore()
        let version = try catalog.store.catalogVersion()
        #expect(try catalog.store.commit([.putEntry(entry(.catalog("a")))], records: [], after: version) != nil)
        #expect(try catalog.store.setSealedValue([7], named: "keys", replacing: nil))
        #expect(throws: StorageError.self) {
            try catalog.store.reseal(records: [record("x")]) { _ in throw StorageError(.failed, "no") }
        }
        let count = try catalog.store.reseal(records: [record("rotate")]) { sealed in
            #expect(sealed.map(\.id) == ["id-a", "keys"])
            return sealed.map { $0.bytes + [9] }
        }
        #expect(count == 2)
        #expect(try catalog.otherDoor.catalog().layer.entries[.catalog("a")]?.secrets == [0, 255, 1, 9])
        #expect(try catalog.otherDoor.sealedValue(named: "keys") == [7, 9])
        #expect(try catalog.otherDoor.catalogVersion() == version + 2)
        #expect(try catalog.store.auditRecords(limit: 5).map(\.actionName) == ["rotate"])
    }
}
