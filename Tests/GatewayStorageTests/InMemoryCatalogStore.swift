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

    func auditRecords(limit: Int) -> [AuditRecord] { state.withLock { Array($0.records.reversed().prefix(limit)) } }
}
