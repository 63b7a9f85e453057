// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import Synchronization

/// Stored answers in memory; fails as long as it is told to.
final class InMemoryResponseStore: ResponseStore {
    struct Failure: Error {}

    private let state = Mutex((kept: [StoredResponse.Key: StoredResponse](), fails: false, inserts: 0))

    func fail(_ fails: Bool) { state.withLock { $0.fails = fails } }

    /// How many calls of `insert` there were.
    var inserts: Int { state.withLock { $0.inserts } }

    var keys: Set<StoredResponse.Key> { state.withLock { Set($0.kept.keys) } }

    func insert(_ responses: [StoredResponse], within bounds: ResponseStoreBounds) async throws -> Int {
        try state.withLock { state in
            state.inserts += 1
            if state.fails { throw Failure() }
            for response in responses { state.kept[response.key] = response }
            return 0
        }
    }

    func response(_ key: StoredResponse.Key) async throws -> StoredResponse? {
        try state.withLock { state in
            if state.fails { throw Failure() }
            return state.kept[key]
        }
    }

    func delete(_ key: StoredResponse.Key) async throws -> Bool {
        try state.withLock { state in
            if state.fails { throw Failure() }
            return state.kept.removeValue(forKey: key) != nil
        }
    }

    func prune(createdBefore time: Int64, within bounds: ResponseStoreBounds) async throws -> Int {
        state.withLock { state in
            let old = state.kept.filter { $0.value.createdAt < time }
            for key in old.keys { state.kept[key] = nil }
            return old.count
        }
    }
}
