// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Where usage rows survive.
package protocol UsageStore: Store {
    /// Appends the rows in one transaction; all of them or none.
    ///
    /// Called by one writer at a time, off the event loops; it may block.
    ///
    /// What they cost is added to what was spent of their budgets, in the same transaction.
    func append(_ records: [UsageRecord]) throws

    /// What was spent of budgets in periods that began at a time, in microseconds since 1970 UTC, or later; in nano-dollars.
    func budgetSpend(from time: Int64) throws -> [BudgetUse: Int64]

    /// Deletes some of the rows that are too old; if there are none, some of the oldest while all take more than that many bytes.
    ///
    /// Called by the writer, between batches, so a call deletes a bounded number.
    ///
    /// - Parameters:
    ///   - time: Microseconds since 1970 UTC; rows of requests that were received before go.
    ///   - bytes: Most bytes of the table.
    /// - Returns: What was deleted; nothing when nothing is left to delete.
    /// - Throws: what the store says is wrong; then nothing was deleted.
    func prune(before time: Int64, maximumBytes bytes: Int) throws -> PrunedUsage
}

extension UsageStore {
    /// A store that knows of no budgets.
    package func budgetSpend(from time: Int64) throws -> [BudgetUse: Int64] { [:] }

    /// A store that keeps everything.
    package func prune(before time: Int64, maximumBytes bytes: Int) throws -> PrunedUsage { PrunedUsage() }
}

/// How many rows a call of ``UsageStore/prune(before:maximumBytes:)`` deleted.
package struct PrunedUsage: Sendable, Equatable {
    /// Because of their age.
    package var expired = 0
    /// Because the table was too large.
    package var excess = 0

    package init(expired: Int = 0, excess: Int = 0) {
        self.expired = expired
        self.excess = excess
    }
}
