// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import Synchronization

/// The usage rows that wait to be written, bounded in number.
///
/// A call reserves its place before it goes upstream, so a row that is made always has one: no row is ever dropped.
package final class UsageQueue: Sendable {
    private struct State {
        var records: [UsageRecord] = []
        /// Places taken: by calls under way, by rows that wait, by rows that are being written.
        var taken = 0
    }

    /// Rows are some hundred bytes, rarely a few KiB with many tags: 65,536 of them stay below a few dozen MiB.
    package static let defaultCapacity = 65_536

    private let capacity: Int
    private let state = Mutex(State())

    package init(capacity: Int = defaultCapacity) {
        self.capacity = capacity
    }

    /// Takes a place for one row; false if all are taken.
    package func reserve() -> Bool {
        state.withLock { state in
            guard state.taken < capacity else { return false }
            state.taken += 1
            return true
        }
    }

    /// Adds a row whose place was reserved.
    package func append(_ record: UsageRecord) {
        state.withLock { $0.records.append(record) }
    }

    /// Takes all rows that wait; their places stay taken until ``release(_:)``.
    package func take() -> [UsageRecord] {
        state.withLock { state in
            let taken = state.records
            state.records = []
            // The next batch is likely to be as large.
            state.records.reserveCapacity(min(taken.count, 4096))
            return taken
        }
    }

    /// Gives back the places of rows that have been written.
    package func release(_ count: Int) {
        state.withLock { $0.taken -= count }
    }

    /// Places taken.
    package var depth: Int { state.withLock { $0.taken } }
}
