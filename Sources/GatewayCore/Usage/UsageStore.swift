// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Where usage rows survive.
package protocol UsageStore: Sendable {
    /// Appends the rows in one transaction; all of them or none.
    ///
    /// Called by one writer at a time, off the event loops; it may block.
    func append(_ records: [UsageRecord]) throws
}
