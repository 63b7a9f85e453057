// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GRDB

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Access tokens in `gatehouse.sqlite`.
///
/// Of a secret only its hash is ever stored.
package final class SQLiteAccessTokenStore: AccessTokenStore {
    private let file: SQLiteFile

    /// Opens the file of a data directory, making what does not exist.
    ///
    /// - Parameters:
    ///   - directory: where the file is or is to be.
    ///   - busySeconds: how long to wait for another process's lock before throwing ``StorageError/Code/busy``.
    /// - Throws: ``StorageError``.
    package init(directory: DataDirectory, busySeconds: Double = 5) throws {
        try directory.create()
        file = try SQLiteFile(
            path: directory.mainFile,
            schema: .main,
            settings: SQLiteFile.Settings(busySeconds: busySeconds)
        )
    }

    package func accessTokens() throws -> [AccessToken] {
        try file.read { database in
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT id, hash, principal, kind, is_administrator, comment, created_at, expires_at, created_by, purpose
                    FROM access_token ORDER BY created_at, id
                    """
            )
            var tokens: [AccessToken] = []
            while let row = try rows.next() { tokens.append(try AccessToken(row: row, path: file.path)) }
            return tokens
        }
    }

    package func insert(
        _ token: AccessToken,
        record: AuditRecord,
        isFirst: Bool,
        showing show: () throws -> Void
    ) throws -> Bool {
        try file.write { database in
            if isFirst, try Int.fetchOne(database, sql: "SELECT count(*) FROM access_token") != 0 { return false }
            try database.insert(token)
            try database.insert(record)
            try show()
            return true
        }
    }

    package func revokeAccessToken(id: String, record: AuditRecord) throws -> Bool {
        try file.write { database in
            try database.execute(sql: "DELETE FROM access_token WHERE id = ?", arguments: [id])
            guard database.changesCount > 0 else { return false }
            try database.insert(record)
            return true
        }
    }

    package func accessTokenVersion() throws -> Int {
        try file.read { try $0.version(of: "access_token") }
    }

    package func check() throws {
        try file.check()
    }

    package func close() throws {
        try file.close()
    }
}

extension Database {
    fileprivate func insert(_ token: AccessToken) throws {
        try execute(
            sql: """
                INSERT INTO access_token
                (id, hash, principal, kind, is_administrator, comment, created_at, expires_at, created_by, purpose)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                token.id, Data(token.hash), token.principal, token.kind.rawValue, token.isAdministrator,
                token.comment,
                token.createdAt, token.expiresAt, token.createdBy, token.purpose.rawValue,
            ]
        )
    }
}

extension AccessToken {
    /// Of a row of ``SQLiteAccessTokenStore/accessTokens()``: columns by position, since looking names up takes longer than all the rest.
    fileprivate init(row: Row, path: String) throws {
        guard let kind = Caller.Kind(rawValue: row[3]) else {
            throw StorageError(.corrupt, "\(path) contains an access token of an unknown kind.")
        }
        guard let purpose = Purpose(rawValue: row[9]) else {
            throw StorageError(.corrupt, "\(path) contains an access token of an unknown purpose.")
        }
        let hash: Data = row[1]
        self.init(
            id: row[0],
            hash: [UInt8](hash),
            principal: row[2],
            kind: kind,
            isAdministrator: row[4],
            comment: row[5],
            createdAt: row[6],
            expiresAt: row[7],
            createdBy: row[8],
            purpose: purpose
        )
    }
}
