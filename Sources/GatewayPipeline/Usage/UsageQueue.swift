// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import Synchronization

/// The usage rows that wait to be written, bounded in number and in bytes.
///
/// A call reserves its place before it goes upstream, so a row that is made always has one: no row is ever dropped. A place counts ``placeBytes`` until its row is
/// there, then what the row really takes; so the queue can exceed its bytes only by what the calls in flight hold anyway.
package final class UsageQueue: Sendable {
    private struct State {
        var records: [UsageRecord] = []
        /// Places taken: by calls in flight, by rows that wait, by rows that are being written.
        var taken = 0
        /// Bytes of all places.
        var bytes = 0
        /// The sizes of the rows that were not released, oldest first: of those that were handed out, then of those that wait.
        var sizes: [Int] = []
    }

    /// Rows take about a KiB, more with many tags.
    package static let defaultCapacity = 65_536
    /// Most bytes of all rows and places.
    package static let defaultMaximumBytes = 64 << 20
    /// What a place counts until its row is there: a little more than most rows.
    package static let placeBytes = 1024

    private let capacity: Int
    private let maximumBytes: Int
    private let state = Mutex(State())

    package init(capacity: Int = defaultCapacity, maximumBytes: Int = defaultMaximumBytes) {
        self.capacity = capacity
        self.maximumBytes = maximumBytes
    }

    /// Takes a place for one row; nil if all are taken.
    package func reserve() -> Reservation? {
        let isTaken = state.withLock { state in
            guard state.taken < capacity, state.bytes + Self.placeBytes <= maximumBytes else { return false }
            state.taken += 1
            state.bytes += Self.placeBytes
            return true
        }
        return isTaken ? Reservation(self) : nil
    }

    /// Adds a row whose place was reserved.
    fileprivate func append(_ record: consuming UsageRecord) {
        let bytes = record.bytes
        var record = Optional(record)
        state.withLock { state in
            state.bytes += bytes - Self.placeBytes
            if let record = record.take() { state.records.append(record) }
            state.sizes.append(bytes)
        }
    }

    /// Takes all rows that wait; their places stay taken until ``release(_:)``.
    package func take() -> [UsageRecord] {
        state.withLock { state in
            var taken: [UsageRecord] = []
            // The next batch is likely to be as large.
            taken.reserveCapacity(min(state.records.count, 4096))
            swap(&taken, &state.records)
            return taken
        }
    }

    /// Gives back the places of rows that have been written: of those that were taken first.
    package func release(_ count: Int) {
        state.withLock { state in
            state.taken -= count
            state.bytes -= state.sizes.prefix(count).reduce(0, +)
            state.sizes.removeFirst(min(count, state.sizes.count))
        }
    }

    /// Places taken.
    package var depth: Int { state.withLock { $0.taken } }

    /// Bytes of all places.
    package var bytes: Int { state.withLock { $0.bytes } }
}

/// What one call has taken for its time, and settles when it ends: the place of its usage row, and what policies reserved for it.
///
/// It cannot be copied, and ``finish(_:)`` consumes it: so no call leaves two rows. One that is dropped ends the process, rather than a place that stays taken and a
/// call that nobody accounts for.
package struct Reservation: ~Copyable, Sendable {
    /// nil once it is finished.
    private var queue: UsageQueue?
    private var settlements: [@Sendable (UsageRecord) -> Void] = []

    fileprivate init(_ queue: UsageQueue) {
        self.queue = queue
    }

    deinit {
        precondition(queue == nil, "A call ended without its usage row.")
    }

    /// Adds what is to be done with the row of the call.
    mutating func settle(_ settlement: @escaping @Sendable (UsageRecord) -> Void) {
        settlements.append(settlement)
    }

    /// Settles all that was reserved, and leaves the row of the call.
    package consuming func finish(_ record: consuming UsageRecord) {
        for settle in settlements { settle(record) }
        queue?.append(record)
        queue = nil
    }
}
