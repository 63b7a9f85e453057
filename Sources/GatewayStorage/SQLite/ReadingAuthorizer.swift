// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GRDB
import GRDBSQLite

/// What a statement of a user may do: select, read columns, call functions, recurse.
///
/// Nothing else compiles.
///
/// It refuses `ATTACH`, `PRAGMA` (as a table too) and everything that changes anything, whatever a statement looks like.
enum ReadingAuthorizer {
    /// Replaces the connection's authoriser.
    ///
    /// Statements that are compiled afterwards are bound by it.
    static func install(on database: Database) {
        sqlite3_set_authorizer(
            database.sqliteConnection,
            { _, action, _, name, _, _ in
                switch action {
                case SQLITE_SELECT, SQLITE_READ, SQLITE_RECURSIVE:
                    SQLITE_OK
                case SQLITE_FUNCTION:
                    name.map { String(cString: $0).lowercased() } == "load_extension" ? SQLITE_DENY : SQLITE_OK
                default:
                    SQLITE_DENY
                }
            },
            nil
        )
        // Belt and braces: not even a statement that got through could open another file.
        sqlite3_limit(database.sqliteConnection, SQLITE_LIMIT_ATTACHED, 0)
        // `zeroblob(1000000000)` is a way to ask for a lot of memory; no column of ours comes near this.
        sqlite3_limit(database.sqliteConnection, SQLITE_LIMIT_LENGTH, 64 << 20)
    }
}
