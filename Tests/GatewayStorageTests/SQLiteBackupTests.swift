// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GRDB
import GatewayCore
import GatewayStorage
import Testing

@Suite("Backups of a data directory")
struct SQLiteBackupTests {
    private let scratch = ScratchDirectory()
    private let copy = ScratchDirectory()
    private let other = ScratchDirectory()

    /// A directory with a catalog of each name.
    private func store(_ names: String..., in scratch: ScratchDirectory) throws {
        let store = try SQLiteCatalogStore(directory: scratch.data)
        for name in names {
            let version = try store.catalogVersion()
            _ = try store.commit([.putEntry(entry(name))], records: [], after: version)
        }
        try store.close()
    }

    private func entry(_ name: String, secrets: [UInt8] = []) -> CatalogEntry {
        CatalogEntry(
            securable: .catalog(name),
            id: name,
            owner: "admins",
            createdBy: "test",
            source: .stored,
            secrets: secrets
        )
    }

    private func names(in scratch: ScratchDirectory) throws -> [String] {
        let store = try SQLiteCatalogStore(directory: scratch.data)
        defer { try? store.close() }
        return try store.catalog().layer.entries.keys.map(\.name).sorted()
    }

    private func files(in scratch: ScratchDirectory) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: scratch.data.path).sorted()
    }

    @Test("A copy is made while the store is open, and holds what was written before")
    func copying() throws {
        let store = try SQLiteCatalogStore(directory: scratch.data)
        _ = try store.commit([.putEntry(entry("main"))], records: [], after: 0)
        let made = try SQLiteStorage(directory: scratch.data).backUp(to: copy.data.path)
        #expect(made == ["gatehouse.sqlite"])
        #expect(try files(in: copy) == made)
        _ = try store.commit([.putEntry(entry("later"))], records: [], after: 1)
        let restored = try SQLiteStorage(directory: other.data).restore(from: copy.data.path, replaces: false)
        #expect(restored == made)
        #expect(try names(in: other) == ["main"])
        try store.close()
    }

    @Test("A copy replaces nothing")
    func occupied() throws {
        try store("main", in: scratch)
        try store("theirs", in: copy)
        #expect(throws: StorageError.self) { try SQLiteStorage(directory: scratch.data).backUp(to: copy.data.path) }
        #expect(throws: StorageError.self) {
            try SQLiteStorage(directory: copy.data).restore(from: scratch.data.path, replaces: false)
        }
        #expect(try names(in: copy) == ["theirs"])
        _ = try SQLiteStorage(directory: copy.data).restore(from: scratch.data.path, replaces: true)
        #expect(try names(in: copy) == ["main"])
    }

    @Test("A directory in use is left as it is")
    func inUse() throws {
        try store("main", in: scratch)
        let open = try SQLiteCatalogStore(directory: other.data)
        for replaces in [false, true] {
            let error = #expect(throws: StorageError.self) {
                try SQLiteStorage(directory: other.data).restore(from: scratch.data.path, replaces: replaces)
            }
            #expect(error?.code == .busy)
        }
        #expect(try open.catalog().layer.entries.isEmpty)
        try open.close()
    }

    @Test("A copy of a later gateway is refused before anything is replaced")
    func newer() throws {
        try store("main", in: scratch)
        try SQLiteUsageStore(directory: scratch.data).close()
        try store("theirs", in: other)
        try DatabaseQueue(path: scratch.data.usageFile).writeWithoutTransaction {
            try $0.execute(sql: "PRAGMA user_version = 99")
        }
        let storage = SQLiteStorage(directory: other.data)
        let error = #expect(throws: StorageError.self) {
            try storage.restore(from: scratch.data.path, replaces: true)
        }
        #expect(error?.code == .newerSchema)
        #expect(try names(in: other) == ["theirs"])
        #expect(try files(in: other) == ["gatehouse.sqlite"])
        #expect(throws: StorageError.self) { try SQLiteStorage(directory: scratch.data).backUp(to: copy.data.path) }
        #expect(try files(in: copy).isEmpty)
    }

    @Test("Everything sealed is sealed anew, or nothing")
    func resealing() throws {
        struct Refusal: Error {}
        let store = try SQLiteCatalogStore(directory: scratch.data)
        _ = try store.commit([.putEntry(entry("a", secrets: [1])), .putEntry(entry("b"))], records: [], after: 0)
        _ = try store.setSealedValue([2], named: "keys", replacing: nil)
        #expect(throws: Refusal.self) { try store.reseal(records: []) { _ in throw Refusal() } }
        #expect(try store.catalogVersion() == 1)
        let count = try store.reseal(records: []) { sealed in
            #expect(sealed.map(\.id) == ["a", "keys"])
            return sealed.map { $0.bytes + [9] }
        }
        #expect(count == 2)
        let (layer, version) = try store.catalog()
        #expect(version == 2)
        #expect(layer.entries[.catalog("a")]?.secrets == [1, 9])
        #expect(layer.entries[.catalog("a")]?.revision == 1)
        #expect(layer.entries[.catalog("b")]?.secrets == [])
        #expect(try store.sealedValue(named: "keys") == [2, 9])
        try store.close()
    }
}
