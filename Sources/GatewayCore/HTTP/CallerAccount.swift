// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Synchronization

/// What the in-flight requests of one caller hold at this moment, over all event loops.
///
/// Counts only; whoever counts brings the limits. A caller keeps its account when its tokens or the configuration change.
package final class CallerAccount: Sendable {
    private let bytes = Atomic<Int>(0)
    private let requests = Atomic<Int>(0)

    package init() {}

    /// Bytes of bodies, of stored conversations and of responses that wait to be sent.
    package var heldBytes: Int { bytes.load(ordering: .relaxed) }

    /// Requests that were read or are being read and whose response is not out yet.
    package var requestsInFlight: Int { requests.load(ordering: .relaxed) }

    /// Counts bytes; false, and nothing counted, if there would be more than `limit`.
    package func take(_ count: Int, limit: Int) -> Bool {
        let (_, new) = bytes.add(count, ordering: .relaxed)
        guard new > limit else { return true }
        bytes.subtract(count, ordering: .relaxed)
        return false
    }

    package func giveBack(_ count: Int) {
        bytes.subtract(count, ordering: .relaxed)
    }

    /// Counts a request; false, and nothing counted, if there would be more than `limit`.
    package func beginRequest(limit: Int) -> Bool {
        let (_, new) = requests.add(1, ordering: .relaxed)
        guard new > limit else { return true }
        requests.subtract(1, ordering: .relaxed)
        return false
    }

    package func endRequest() {
        requests.subtract(1, ordering: .relaxed)
    }
}

/// The accounts of all callers, found by name when a snapshot is made and never on the path of a request.
///
/// An account lives as long as a snapshot or a request uses it.
package final class CallerAccounts: Sendable {
    private struct Entry: Sendable {
        weak var account: CallerAccount?
    }

    private struct State {
        var entries: [String: Entry] = [:]
        /// How many entries there may be before those that nobody uses are dropped.
        var limit = 64
    }

    private let state = Mutex(State())

    package init() {}

    /// The account of the caller of that identity, the same one for as long as anybody has it.
    package func account(of identity: String) -> CallerAccount {
        state.withLock { state in
            if let account = state.entries[identity]?.account { return account }
            if state.entries.count >= state.limit {
                state.entries = state.entries.filter { $0.value.account != nil }
                state.limit = max(64, 2 * state.entries.count)
            }
            let account = CallerAccount()
            state.entries[identity] = Entry(account: account)
            return account
        }
    }
}
