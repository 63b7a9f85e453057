// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GRDB
import GRDBSQLite

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// How a file from which rows are deleted becomes smaller again.
extension SQLiteFile {
    /// The largest file that is rewritten so that its pages can be given back: a second or two of work, once.
    private static let maximumRewritten = 256 << 20
    /// Free pages that stay at least, since the next rows will want them; of a large file a sixteenth stays.
    private static let keptPages = 64
    /// Most pages that one call gives back, so that nobody waits long behind it.
    private static let maximumReclaimed = 1024

    /// Rewrites a file that was made before pages could be given back; one that cannot be now stays as it is.
    static func makeReclaimable(_ queue: DatabaseQueue) {
        try? queue.writeWithoutTransaction { database in
            let mode = try Int.fetchOne(database, sql: "PRAGMA auto_vacuum") ?? 0
            let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            let size = try Int.fetchOne(database, sql: "PRAGMA page_size") ?? 0
            guard mode == 0, pages * size <= maximumRewritten else { return }
            try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
            try database.execute(sql: "VACUUM")
        }
    }

    /// Gives free pages back to the disk, a bounded number, and cuts back a log that has grown beyond its mark.
    ///
    /// - Returns: Whether there are more.
    @discardableResult
    func reclaim() throws -> Bool {
        try maintain { database in
            let free = try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
            let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            let kept = max(Self.keptPages, pages / 16)
            let count = min(free - kept, Self.maximumReclaimed)
            guard count > 0 || logSize > logBytes else { return false }
            if count > 0 { try database.execute(sql: "PRAGMA incremental_vacuum(\(count))") }
            // The file shrinks when the log is copied into it. A reader that holds an old state is not waited for.
            sqlite3_busy_timeout(database.sqliteConnection, 0)
            defer { sqlite3_busy_timeout(database.sqliteConnection, CInt(busySeconds * 1000)) }
            _ = try Row.fetchAll(database, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
            return free - max(0, count) > kept
        }
    }

    /// The size of the log's file in bytes; 0 without one.
    private var logSize: Int {
        var status = stat()
        return stat(path + "-wal", &status) == 0 ? Int(status.st_size) : 0
    }

    /// What rows and indices take of the file, in bytes.
    func usedBytes(_ database: Database) throws -> Int {
        let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
        let free = try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
        return (pages - free) * (try Int.fetchOne(database, sql: "PRAGMA page_size") ?? 0)
    }
}
