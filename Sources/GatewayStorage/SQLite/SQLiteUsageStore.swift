// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

/// Usage rows in `usage.sqlite`.
///
/// A batch is one transaction: when ``append(_:)`` returns, its rows survive the end of the process, and when it throws,
/// none of them is there and they can be appended again.
package final class SQLiteUsageStore: UsageStore {
    private let file: SQLiteFile

    /// Opens the file of a data directory, making what does not exist.
    ///
    /// - Parameters:
    ///   - directory: where the file is or is to be.
    ///   - busySeconds: how long to wait for another process's lock before throwing ``StorageError/Code/busy``.
    ///   - maximumBytes: most bytes that the file may grow to; beyond it appending throws ``StorageError/Code/full``. nil is
    ///     no limit but the disk's.
    /// - Throws: ``StorageError``.
    package init(directory: DataDirectory, busySeconds: Double = 5, maximumBytes: Int? = nil) throws {
        try directory.create()
        file = try SQLiteFile(
            path: directory.usageFile,
            schema: .usage,
            settings: SQLiteFile.Settings(
                busySeconds: busySeconds,
                pageSize: 16 << 10,
                logBytes: 16 << 20,
                maximumBytes: maximumBytes
            )
        )
    }

    package func append(_ records: [UsageRecord]) throws {
        guard !records.isEmpty else { return }
        try file.write { database in
            let insert = try SQLiteInsert(UsageColumns.sqliteInsert, in: database)
            defer { insert.finish() }
            var encoder = UsageRowEncoder()
            try records.span.forEach { record in
                encoder.encode(record)
                try insert.run(encoder.row)
            }
        }
    }

    /// Makes sure that rows can be written, for `/ready`.
    ///
    /// - Throws: ``StorageError`` that says what is wrong.
    package func check() throws {
        try file.check()
    }

    /// Closes the file; later use throws.
    package func close() throws {
        try file.close()
    }
}
