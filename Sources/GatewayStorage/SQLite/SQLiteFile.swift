// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GRDB
import GRDBSQLite

/// One database file that the gateway writes: opened, protected, and of the schema that this version knows.
///
/// WAL with `synchronous=NORMAL`: what a transaction wrote survives the end of the process, however it ends, and a
/// power cut loses at most the last transactions but never damages the file.
final class SQLiteFile: Sendable {
    /// How the engine is set up for a file.
    struct Settings: Sendable {
        /// How long to wait for another connection's lock.
        var busySeconds: Double = 5
        /// Bytes of a page, for a file that is made now.
        ///
        /// Large pages suit a file that only grows: fewer frames in the log.
        var pageSize = 4096
        /// When the log holds that many bytes it is copied into the file.
        ///
        /// It grows beyond it only in one large transaction, or while a reader holds an old state; the file is cut back
        /// to it afterwards.
        var logBytes = 4 << 20
        /// Most bytes that the file may grow to; nil is no limit but the disk's.
        var maximumBytes: Int?
        /// Whether ``SQLiteFile/reclaim()`` can give pages back to the disk; a file that was made without is rewritten once, if it is small.
        var reclaimsPages = false
    }

    let path: String
    /// As in ``Settings``.
    let busySeconds: Double
    /// As in ``Settings``.
    let logBytes: Int
    private let queue: DatabaseQueue

    /// Opens a file, making it first where there is none, and brings its schema up to date.
    ///
    /// - Throws: ``StorageError``; a file of a later version or of something else is left as it is.
    init(path: String, schema: SQLiteSchema, settings: Settings = Settings()) throws {
        self.path = path
        busySeconds = settings.busySeconds
        logBytes = settings.logBytes
        try DataDirectory.protect(file: path)
        var configuration = GRDB.Configuration()
        configuration.busyMode = .timeout(settings.busySeconds)
        // GRDB would end the process if a transaction could neither be committed nor rolled back; `write` mends that instead.
        configuration.allowsUnsafeTransactions = true
        configuration.prepareDatabase { database in
            try schema.check(database, path: path)
            try database.execute(sql: "PRAGMA page_size = \(settings.pageSize)")
            // Before the first page is written, or it has no effect.
            if settings.reclaimsPages { try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL") }
            try database.execute(sql: "PRAGMA journal_mode = WAL")
            try database.execute(sql: "PRAGMA synchronous = NORMAL")
            try database.execute(sql: "PRAGMA wal_autocheckpoint = \(settings.logBytes / settings.pageSize)")
            try database.execute(sql: "PRAGMA journal_size_limit = \(settings.logBytes)")
            if let bytes = settings.maximumBytes {
                try database.execute(sql: "PRAGMA max_page_count = \(max(1, bytes / settings.pageSize))")
            }
        }
        queue = try Self.translating(path) {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.writeWithoutTransaction { try schema.migrate($0, path: path) }
            if settings.reclaimsPages { Self.makeReclaimable(queue) }
            return queue
        }
    }

    /// Runs a transaction that either happens wholly or, when anything throws, not at all.
    func write<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try Self.translating(path) {
            try queue.writeWithoutTransaction { database in
                try checkPlace(database)
                if database.isInsideTransaction { try database.rollback() }
                var value: Value?
                try database.inTransaction(.immediate) {
                    value = try body(database)
                    return .commit
                }
                guard let value else { throw StorageError(.failed, "A transaction in \(path) did not happen.") }
                return value
            }
        }
    }

    /// Reads one consistent state.
    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try Self.translating(path) {
            // Not `queue.read`, which hands the engine a null pointer once the file is closed.
            try queue.unsafeRead { database in
                guard database.sqliteConnection != nil else { throw closed }
                if database.isInsideTransaction { try database.rollback() }
                var value: Value?
                try database.inTransaction(.deferred) {
                    value = try body(database)
                    return .commit
                }
                guard let value else { throw StorageError(.failed, "A transaction in \(path) did not happen.") }
                return value
            }
        }
    }

    /// Runs something that may not stand in a transaction.
    func maintain<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try Self.translating(path) {
            try queue.writeWithoutTransaction { database in
                try checkPlace(database)
                if database.isInsideTransaction { try database.rollback() }
                return try body(database)
            }
        }
    }

    private var closed: StorageError { StorageError(.failed, "\(path) is closed.") }

    /// Makes sure that the file is open, where it was, and readable.
    func check() throws {
        try Self.translating(path) {
            try queue.writeWithoutTransaction { database in
                try checkPlace(database)
                _ = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema")
            }
        }
    }

    /// Closes the file; later use throws.
    ///
    /// The log is copied into the file when nobody else has it open.
    func close() throws {
        try Self.translating(path) { try queue.close() }
    }

    /// Refuses to go on when the file was deleted or moved away: the engine would write on into a file that nobody finds.
    private func checkPlace(_ database: Database) throws {
        guard let connection = database.sqliteConnection else { throw closed }
        var hasMoved: CInt = 0
        sqlite3_file_control(connection, "main", SQLITE_FCNTL_HAS_MOVED, &hasMoved)
        guard hasMoved == 0 else {
            throw StorageError(
                .moved,
                "\(path) was moved or deleted while the gateway had it open. Restart the gateway."
            )
        }
    }
}
