// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GRDB

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
                maximumBytes: maximumBytes,
                reclaimsPages: true
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
            try Self.add(spendOf: records, in: database)
        }
    }

    /// Adds what calls cost to what was spent of their budgets.
    private static func add(spendOf records: [UsageRecord], in database: Database) throws {
        for (use, cost) in BudgetUse.costs(of: records) {
            // A sum beyond what the engine's numbers hold stays at the largest of them.
            try database.cachedStatement(
                sql: """
                    INSERT INTO budget_spend (budget, subject, period_start, nano_usd) VALUES (?, ?, ?, ?)
                    ON CONFLICT DO UPDATE SET nano_usd = iif(
                        nano_usd > 9223372036854775807 - excluded.nano_usd, 9223372036854775807, nano_usd + excluded.nano_usd
                    )
                    """
            ).execute(arguments: [use.budget, use.subject, use.periodStart, cost])
        }
    }

    package func budgetSpend(from time: Int64) throws -> [BudgetUse: Int64] {
        let rows = try file.read { database in
            try Row.fetchAll(
                database,
                sql: "SELECT budget, subject, period_start, nano_usd FROM budget_spend WHERE period_start >= ?",
                arguments: [time]
            )
        }
        return Dictionary(
            rows.map { row in
                (BudgetUse(budget: row[0], subject: row[1], periodStart: row[2]), row[3] as Int64)
            },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// Most rows that one call of ``prune(before:maximumBytes:)`` deletes: some ten milliseconds of work.
    private static let maximumPruned = 2048

    /// Looks at the rows that were appended first; when nothing is left to delete, it gives pages back to the disk.
    package func prune(before time: Int64, maximumBytes bytes: Int) throws -> PrunedUsage {
        // Rows stand in the order in which requests ended, which is nearly that of their times.
        let old =
            "SELECT rowid FROM (SELECT rowid, event_time FROM usage ORDER BY rowid LIMIT \(Self.maximumPruned)) WHERE event_time < ?"
        let (hasOld, excess) = try file.read { database in
            (
                try Row.fetchOne(database, sql: old + " LIMIT 1", arguments: [time]) != nil,
                try file.usedBytes(database) - bytes
            )
        }
        guard hasOld || excess > 0 else {
            try file.reclaim()
            return PrunedUsage()
        }
        return try file.write { database in
            if hasOld {
                try database.execute(
                    sql: "DELETE FROM budget_spend WHERE period_start < ?",
                    arguments: [Self.oldestSpend(time)]
                )
                try database.execute(sql: "DELETE FROM usage WHERE rowid IN (\(old))", arguments: [time])
                return PrunedUsage(expired: database.changesCount)
            }
            let count = try Self.rows(in: excess, of: bytes + excess, database)
            try database.execute(
                sql: "DELETE FROM usage WHERE rowid IN (SELECT rowid FROM usage ORDER BY rowid LIMIT ?)",
                arguments: [count]
            )
            return PrunedUsage(excess: database.changesCount)
        }
    }

    /// Before which time nobody asks for what was spent: that of the longest period before rows are too old.
    private static func oldestSpend(_ time: Int64) -> Int64 {
        let (oldest, overflow) = time.subtractingReportingOverflow(31 * 86_400_000_000)
        return overflow ? .min : oldest
    }

    /// About how many rows take that many of all bytes, at most ``maximumPruned``.
    private static func rows(in excess: Int, of all: Int, _ database: Database) throws -> Int {
        let row = try Row.fetchOne(
            database,
            sql: "SELECT (SELECT min(rowid) FROM usage), (SELECT max(rowid) FROM usage)"
        )
        guard let first: Int64 = row?[0], let last: Int64 = row?[1] else { return 0 }
        let rows = Double(last - first + 1)
        return max(1, min(maximumPruned, Int(rows * Double(excess) / Double(all)) + 1))
    }

    package func check() throws {
        try file.check()
    }

    package func close() throws {
        try file.close()
    }
}
