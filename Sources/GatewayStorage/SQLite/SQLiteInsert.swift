// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GRDB
import GRDBSQLite
import NIOCore

/// A prepared statement that inserts usage rows.
///
/// It binds through the engine's C functions: no value is boxed and no text is copied before the engine writes it.
struct SQLiteInsert {
    private let statement: Statement
    private let database: Database

    /// The statement is kept by the connection and prepared once.
    init(_ sql: String, in database: Database) throws {
        statement = try database.cachedStatement(sql: sql)
        self.database = database
    }

    /// Inserts a row whose cells are the statement's parameters in order.
    func run(_ row: UsageRow) throws {
        let handle = statement.sqliteStatement
        let code = row.text.withUnsafeReadableBytes { text -> CInt in
            for (index, cell) in row.cells.enumerated() {
                let code = Self.bind(cell, of: text, to: handle, at: CInt(truncatingIfNeeded: index + 1))
                guard code == SQLITE_OK else { return code }
            }
            return sqlite3_step(handle)
        }
        // The message belongs to the connection's last call, so it is read before the reset.
        let error = code == SQLITE_DONE ? nil : failure(code)
        sqlite3_reset(handle)
        if let error { throw error }
    }

    /// Forgets what the last row bound, which points into the row's text.
    ///
    /// It must follow the last ``run(_:)``.
    func finish() {
        sqlite3_clear_bindings(statement.sqliteStatement)
    }

    private static func bind(
        _ cell: UsageRow.Cell,
        of text: UnsafeRawBufferPointer,
        to handle: OpaquePointer,
        at index: CInt
    ) -> CInt {
        switch cell {
        case .null:
            return sqlite3_bind_null(handle, index)
        case .integer(let value):
            return sqlite3_bind_int64(handle, index, value)
        case .text(let start, let count):
            // The checked slice proves the bounds. The engine does not keep the pointer beyond the step, so it need not copy.
            guard let base = UnsafeRawBufferPointer(rebasing: text[start..<start + count]).baseAddress else {
                return sqlite3_bind_zeroblob(handle, index, 0)
            }
            return sqlite3_bind_text(handle, index, base.assumingMemoryBound(to: CChar.self), CInt(count), nil)
        }
    }

    private func failure(_ code: CInt) -> DatabaseError {
        DatabaseError(resultCode: ResultCode(rawValue: code), message: database.lastErrorMessage)
    }
}
