// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GRDB

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The catalogue in `gatehouse.sqlite`.
package final class SQLiteCatalogStore: CatalogStore {
    private let file: SQLiteFile

    /// Opens the file of a data directory, making what does not exist.
    ///
    /// - Parameters:
    ///   - directory: Where the file is or is to be.
    ///   - busySeconds: How long to wait for another process's lock before throwing ``StorageError/Code/busy``.
    /// - Throws: ``StorageError``.
    package init(directory: DataDirectory, busySeconds: Double = 5) throws {
        try directory.create()
        file = try SQLiteFile(
            path: directory.mainFile,
            schema: .main,
            settings: SQLiteFile.Settings(busySeconds: busySeconds)
        )
    }

    package func catalog() throws -> (layer: CatalogLayer, version: Int) {
        try file.read { database in
            var layer = CatalogLayer()
            let rows = CatalogRows(database: database, path: file.path)
            try rows.principals { layer.apply(.putPrincipal($0)) }
            try rows.memberships { layer.apply(.addMember($0, group: $1)) }
            try rows.entries { layer.apply(.putEntry($0)) }
            try rows.grants { layer.apply(.putGrant($0)) }
            return (layer, try database.version(of: "catalog"))
        }
    }

    package func commit(_ changes: [CatalogChange], records: [AuditRecord], after version: Int) throws -> Int? {
        try file.write { database in
            guard try database.version(of: "catalog") == version else { return nil }
            for change in changes { try database.write(change) }
            for record in records { try database.insert(record) }
            guard !changes.isEmpty else { return version }
            try database.execute(sql: "UPDATE version SET number = number + 1 WHERE name = 'catalog'")
            return version + 1
        }
    }

    package func catalogVersion() throws -> Int {
        try file.read { try $0.version(of: "catalog") }
    }

    package func sealedValue(named name: String) throws -> [UInt8]? {
        try file.read { try $0.sealedValue(named: name) }
    }

    package func setSealedValue(_ value: [UInt8], named name: String, replacing old: [UInt8]?) throws -> Bool {
        try file.write { database in
            guard try database.sealedValue(named: name) == old else { return false }
            try database.execute(
                sql: "INSERT OR REPLACE INTO sealed (name, value) VALUES (?, ?)",
                arguments: [name, Data(value)]
            )
            return true
        }
    }

    package func reseal(records: [AuditRecord], _ body: ([SealedBytes]) throws -> [[UInt8]]) throws -> Int {
        try file.write { database in
            func all(_ sql: String) throws -> [SealedBytes] {
                try Row.fetchAll(database, sql: sql).map { row in
                    let bytes: Data = row[1]
                    return SealedBytes(id: row[0], bytes: [UInt8](bytes))
                }
            }
            let objects = try all("SELECT id, secrets FROM object WHERE length(secrets) > 0 ORDER BY id")
            let values = try all("SELECT name, value FROM sealed ORDER BY name")
            for (index, (old, new)) in zip(objects + values, try body(objects + values)).enumerated() {
                // The revision stays: what the object is has not changed.
                let isObject = index < objects.count
                try database.execute(
                    sql: isObject
                        ? "UPDATE object SET secrets = ? WHERE id = ?" : "UPDATE sealed SET value = ? WHERE name = ?",
                    arguments: [Data(new), old.id]
                )
            }
            for record in records { try database.insert(record) }
            // Whoever has read what was sealed before must not write it back.
            try database.execute(sql: "UPDATE version SET number = number + 1 WHERE name = 'catalog'")
            return objects.count + values.count
        }
    }

    package func auditRecords(limit: Int) throws -> [AuditRecord] {
        try file.read { database in
            try Row.fetchAll(
                database,
                sql: "SELECT * FROM audit ORDER BY number DESC LIMIT ?",
                arguments: [limit]
            ).map(AuditRecord.init(row:))
        }
    }

    package func check() throws {
        try file.check()
    }

    package func close() throws {
        try file.close()
    }
}

extension Database {
    /// A number that grows with each change of what has that name.
    func version(of name: String) throws -> Int {
        try Int.fetchOne(self, sql: "SELECT number FROM version WHERE name = ?", arguments: [name]) ?? 0
    }

    fileprivate func sealedValue(named name: String) throws -> [UInt8]? {
        try Data.fetchOne(self, sql: "SELECT value FROM sealed WHERE name = ?", arguments: [name]).map { [UInt8]($0) }
    }

    /// Adds a row to the audit log.
    func insert(_ record: AuditRecord) throws {
        try execute(
            sql: """
                INSERT INTO audit (event_time, event_id, actor, source_ip_address, user_agent, request_id, service_name, action_name,
                target, old_value, new_value, status_code) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                record.eventTime, record.eventID, record.actor, record.sourceAddress, record.userAgent,
                record.requestID, record.serviceName, record.actionName, record.target, record.oldValue,
                record.newValue, record.status,
            ]
        )
    }
}

extension AuditRecord {
    fileprivate init(row: Row) {
        self.init(
            eventTime: row["event_time"],
            eventID: row["event_id"],
            actor: row["actor"],
            sourceAddress: row["source_ip_address"],
            userAgent: row["user_agent"],
            requestID: row["request_id"],
            serviceName: row["service_name"],
            actionName: row["action_name"],
            target: row["target"],
            oldValue: row["old_value"],
            newValue: row["new_value"],
            status: row["status_code"]
        )
    }
}
