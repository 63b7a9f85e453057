// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import GRDB
import NIOCore

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Reads the rows of the catalogue.
struct CatalogRows {
    let database: Database
    let path: String

    func principals(_ body: (Principal) -> Void) throws {
        let rows = try Row.fetchCursor(
            database,
            sql:
                "SELECT id, kind, name, display_name, external_id, is_active, is_administrator, created_at FROM principal"
        )
        while let row = try rows.next() {
            guard let kind = Principal.Kind(rawValue: row[1]) else { throw unknown("principal", row[1]) }
            body(
                Principal(
                    id: row[0],
                    kind: kind,
                    name: row[2],
                    displayName: row[3],
                    externalID: row[4],
                    isActive: row[5],
                    isAdministrator: row[6],
                    source: .stored,
                    createdAt: row[7]
                )
            )
        }
    }

    func memberships(_ body: (_ member: Int64, _ group: Int64) -> Void) throws {
        let rows = try Row.fetchCursor(database, sql: "SELECT member_id, group_id FROM membership")
        while let row = try rows.next() { body(row[0], row[1]) }
    }

    func entries(_ body: (CatalogEntry) -> Void) throws {
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT kind, name, id, owner, comment, properties, created_at, created_by, updated_at, updated_by, revision, definition, secrets
                FROM object
                """
        )
        while let row = try rows.next() {
            let secrets: Data = row[12]
            var entry = CatalogEntry(
                securable: try securable(row[0], row[1]),
                id: row[2],
                owner: row[3],
                comment: row[4],
                properties: try properties(row[5]),
                createdAt: row[6],
                createdBy: row[7],
                revision: row[10],
                source: .stored,
                definition: row[11],
                secrets: [UInt8](secrets)
            )
            entry.updatedAt = row[8]
            entry.updatedBy = row[9]
            body(entry)
        }
    }

    func grants(_ body: (Grant) -> Void) throws {
        let rows = try Row.fetchCursor(
            database,
            sql: "SELECT kind, name, principal, granted, denied FROM privilege ORDER BY kind, name"
        )
        // Rows of one object follow each other, so that its name is read once.
        var last: (kind: String, name: String, securable: Securable)?
        while let row = try rows.next() {
            let (kind, name): (String, String) = (row[0], row[1])
            var current = last.flatMap { $0.kind == kind && $0.name == name ? $0.securable : nil }
            if current == nil { current = try securable(kind, name) }
            guard let current else { continue }
            last = (kind, name, current)
            body(
                Grant(
                    principal: row[2],
                    privileges: try privileges(row[3]),
                    denied: try privileges(row[4]),
                    securable: current
                )
            )
        }
    }

    private func securable(_ kind: String, _ name: String) throws -> Securable {
        guard let kind = Securable.Kind(rawValue: kind), let securable = Securable(kind, named: name) else {
            throw unknown("object", kind)
        }
        return securable
    }

    private func privileges(_ text: String) throws -> PrivilegeSet {
        PrivilegeSet(
            try text.split(separator: ",").map { word in
                guard let privilege = Privilege(rawValue: String(word)) else {
                    throw unknown("privilege", String(word))
                }
                return privilege
            }
        )
    }

    private func properties(_ text: String) throws -> [String: String] {
        if text == "{}" { return [:] }
        guard let object = try? JSONValue(validating: ByteBuffer(string: text)).object else {
            throw StorageError(.corrupt, "\(path) has properties of an object that are not JSON.")
        }
        return Dictionary(object.compactMap { key, value in value.string.map { (key.string, $0) } }) { $1 }
    }

    private func unknown(_ what: String, _ value: String) -> StorageError {
        StorageError(.corrupt, "\(path) contains a \(what) of an unknown kind: \(value.prefix(64)).")
    }
}

extension Database {
    /// Writes one change of the catalogue.
    func write(_ change: CatalogChange) throws {
        switch change {
        case .putEntry(let entry): try put(entry)
        case .removeEntry(let securable):
            try execute(
                sql: "DELETE FROM object WHERE kind = ? AND name = ?",
                arguments: [securable.kind.rawValue, securable.name]
            )
        case .putPrincipal(let principal): try put(principal)
        case .removePrincipal(let id):
            // A token must not outlive whom it was made for.
            try execute(
                sql: """
                    DELETE FROM access_token WHERE (principal, kind) IN (SELECT name, kind FROM principal WHERE id = ?)
                    """,
                arguments: [id]
            )
            try execute(sql: "DELETE FROM membership WHERE group_id = ? OR member_id = ?", arguments: [id, id])
            try execute(sql: "DELETE FROM principal WHERE id = ?", arguments: [id])
        case .addMember(let member, let group):
            try execute(
                sql: "INSERT OR IGNORE INTO membership (group_id, member_id) VALUES (?, ?)",
                arguments: [group, member]
            )
        case .removeMember(let member, let group):
            try execute(
                sql: "DELETE FROM membership WHERE group_id = ? AND member_id = ?",
                arguments: [group, member]
            )
        case .putGrant(let grant): try put(grant)
        }
    }

    private func put(_ entry: CatalogEntry) throws {
        let properties = JSONValue { writer in
            writer.object { writer in
                for (key, value) in entry.properties.sorted(by: { $0.key < $1.key }) {
                    writer.key(key)
                    writer.string(value)
                }
            }
        }
        try execute(
            sql: """
                INSERT OR REPLACE INTO object (kind, name, id, owner, comment, properties, created_at, created_by, updated_at, updated_by,
                revision, definition, secrets) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                entry.securable.kind.rawValue, entry.securable.name, entry.id, entry.owner, entry.comment,
                String(buffer: properties.bytes), entry.createdAt, entry.createdBy, entry.updatedAt, entry.updatedBy,
                entry.revision, entry.definition, Data(entry.secrets),
            ]
        )
    }

    private func put(_ principal: Principal) throws {
        try execute(
            sql: """
                INSERT INTO principal (id, kind, name, display_name, external_id, is_active, is_administrator, created_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET name = excluded.name, display_name = excluded.display_name,
                external_id = excluded.external_id, is_active = excluded.is_active, is_administrator = excluded.is_administrator
                """,
            arguments: [
                principal.id, principal.kind.rawValue, principal.name, principal.displayName, principal.externalID,
                principal.isActive, principal.isAdministrator, principal.createdAt,
            ]
        )
    }

    private func put(_ grant: Grant) throws {
        let securable = grant.securable
        guard !grant.privileges.isEmpty || !grant.denied.isEmpty else {
            return try execute(
                sql: "DELETE FROM privilege WHERE kind = ? AND name = ? AND principal = ?",
                arguments: [securable.kind.rawValue, securable.name, grant.principal]
            )
        }
        try execute(
            sql: "INSERT OR REPLACE INTO privilege (kind, name, principal, granted, denied) VALUES (?, ?, ?, ?, ?)",
            arguments: [
                securable.kind.rawValue, securable.name, grant.principal, text(grant.privileges), text(grant.denied),
            ]
        )
    }

    private func text(_ privileges: PrivilegeSet) -> String {
        privileges.privileges.map(\.rawValue).joined(separator: ",")
    }
}
