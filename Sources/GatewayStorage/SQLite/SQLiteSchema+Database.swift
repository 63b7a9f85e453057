// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GRDB

extension SQLiteSchema {
    /// Makes sure that a file is ours and not of a later version.
    ///
    /// A file that is empty is ours to be.
    ///
    /// - Throws: ``StorageError/Code/foreignFile`` or ``StorageError/Code/newerSchema``.
    /// - Returns: the version of the file's schema; 0 when it is empty.
    @discardableResult
    func check(_ database: Database, path: String) throws -> Int {
        // One statement, so that another process that makes the schema meanwhile is seen wholly or not at all.
        let row = try Row.fetchOne(
            database,
            sql: """
                SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version),
                (SELECT count(*) FROM sqlite_schema)
                """
        )
        let id: Int32 = row?[0] ?? 0
        let found: Int = row?[1] ?? 0
        if id == 0, found == 0, row?[2] == 0 { return 0 }
        guard id == applicationID else {
            throw StorageError(
                .foreignFile,
                "\(path) is a database, but not one of Gatehouse's. Move it away or choose another data directory."
            )
        }
        try checkVersion(found, path: path)
        return found
    }

    /// Makes sure that a file that is attached to a connection is not of a later version.
    ///
    /// - Throws: ``StorageError/Code/newerSchema``.
    func checkAttached(_ name: String, to database: Database, path: String) throws {
        try checkVersion(try Int.fetchOne(database, sql: "PRAGMA \(name).user_version") ?? 0, path: path)
    }

    private func checkVersion(_ found: Int, path: String) throws(StorageError) {
        guard found > version else { return }
        throw StorageError(
            .newerSchema,
            """
            \(path) has schema version \(found), but this gateway knows versions up to \(version): \
            it was written by a later gateway, so use that version or a later one, or another data directory.
            """
        )
    }

    /// Brings a file's schema up to date, one transaction for each step.
    ///
    /// Several processes may do so at once: each step looks again under the write lock.
    func migrate(_ database: Database, path: String) throws {
        for migration in migrations where try check(database, path: path) < migration.number {
            try database.inTransaction(.immediate) {
                guard try check(database, path: path) < migration.number else { return .commit }
                for statement in migration.statements { try database.execute(sql: statement) }
                try database.execute(sql: "PRAGMA application_id = \(applicationID)")
                try database.execute(sql: "PRAGMA user_version = \(migration.number)")
                return .commit
            }
        }
    }
}
