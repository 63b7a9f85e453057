// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayStorage
import Synchronization

/// The catalogue in memory.
final class InMemoryCatalogStore: CatalogStore, CatalogStoreUnderTest {
    private struct State {
        var layer = CatalogLayer()
        var version = 0
        var records: [AuditRecord] = []
        var sealed: [String: [UInt8]] = [:]
    }

    private let state = Mutex(State())

    var store: any CatalogStore { self }
    var otherDoor: any CatalogStore { self }

    func catalog() -> (layer: CatalogLayer, version: Int) { state.withLock { ($0.layer, $0.version) } }

    func commit(_ changes: [CatalogChange], records: [AuditRecord], after version: Int) -> Int? {
        state.withLock { state in
            guard state.version == version else { return nil }
            for change in changes { state.layer.apply(change) }
            state.records += records
            if !changes.isEmpty { state.version += 1 }
            return state.version
        }
    }

    func catalogVersion() -> Int { state.withLock { $0.version } }

    func sealedValue(named name: String) -> [UInt8]? { state.withLock { $0.sealed[name] } }

    func setSealedValue(_ value: [UInt8], named name: String, replacing old: [UInt8]?) -> Bool {
        state.withLock { state in
            guard state.sealed[name] == old else { return false }
            state.sealed[name] = value
            return true
        }
    }

    func reseal(records: [AuditRecord], _ body: ([SealedBytes]) throws -> [[UInt8]]) throws -> Int {
        try state.withLock { state in
            let objects = state.layer.entries.values.filter { !$0.secrets.isEmpty }.sorted { $0.id < $1.id }
            let names = state.sealed.keys.sorted()
            let all =
                objects.map { SealedBytes(id: $0.id, bytes: $0.secrets) }
                + names.map { SealedBytes(id: $0, bytes: state.sealed[$0] ?? []) }
            let new = try body(all)
            for (object, secrets) in zip(objects, new) {
                var object = object
                object.secrets = secrets
                state.layer.apply(.putEntry(object))
            }
            for (name, value) in zip(names, new.dropFirst(objects.count)) { state.sealed[name] = value }
            state.records += records
            state.version += 1
            return all.count
        }
    }

    func auditRecords(limit: Int) -> [AuditRecord] { state.withLock { Array($0.records.reversed().prefix(limit)) } }
}
