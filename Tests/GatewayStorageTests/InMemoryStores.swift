// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayStorage
import Synchronization

/// Usage rows in memory: the mapping from records to columns without any engine.
final class InMemoryUsageStore: UsageStore, UsageStoreUnderTest {
    private let kept = Mutex<[[String: QueryValue]]>([])

    var store: any UsageStore { self }

    func append(_ records: [UsageRecord]) {
        var encoder = UsageRowEncoder()
        let rows = records.map { record in
            encoder.encode(record)
            let values = encoder.row.cells.map { cell -> QueryValue in
                switch cell {
                case .null: .null
                case .integer(let number): .integer(number)
                case .text: .text(encoder.row.string(cell) ?? "")
                }
            }
            return Dictionary(uniqueKeysWithValues: zip(UsageColumns.all.map(\.name), values))
        }
        kept.withLock { $0 += rows }
    }

    func rows() -> [[String: QueryValue]] {
        kept.withLock { $0 }
    }
}

/// Access tokens in memory.
final class InMemoryAccessTokenStore: AccessTokenStore, AccessTokenStoreUnderTest {
    private let state = Mutex<(tokens: [AccessToken], version: Int)>(([], 0))

    var store: any AccessTokenStore { self }
    var otherDoor: any AccessTokenStore { self }

    func accessTokens() -> [AccessToken] {
        state.withLock { $0.tokens }
    }

    func insert(_ token: AccessToken) throws {
        try state.withLock { state in
            guard !state.tokens.contains(where: { $0.id == token.id || $0.hash == token.hash }) else {
                throw StorageError(.duplicate, "There is such a token.")
            }
            state.tokens.append(token)
            state.version += 1
        }
    }

    func revokeAccessToken(id: String) -> Bool {
        state.withLock { state in
            guard let index = state.tokens.firstIndex(where: { $0.id == id }) else { return false }
            state.tokens.remove(at: index)
            state.version += 1
            return true
        }
    }

    func accessTokenVersion() -> Int {
        state.withLock { $0.version }
    }
}

/// Responses in memory.
final class InMemoryResponseStore: ResponseStore, ResponseStoreUnderTest {
    /// In the order of insertion.
    private let kept = Mutex<[StoredResponse]>([])

    var store: any ResponseStore { self }

    func insert(_ responses: [StoredResponse]) async {
        kept.withLock { kept in
            for response in responses {
                kept.removeAll { $0.key == response.key }
                kept.append(response)
            }
        }
    }

    func response(_ key: StoredResponse.Key) async -> StoredResponse? {
        kept.withLock { kept in kept.first { $0.key == key } }
    }

    func delete(_ key: StoredResponse.Key) async -> Bool {
        kept.withLock { kept in
            let count = kept.count
            kept.removeAll { $0.key == key }
            return kept.count < count
        }
    }

    func prune(createdBefore time: Int64, maximumBytes: Int) async -> Int {
        kept.withLock { kept in
            var excess = kept.reduce(-maximumBytes) { $0 + $1.bytes }
            let count = kept.count
            for response in kept.sorted(by: { $0.createdAt < $1.createdAt }) {
                guard response.createdAt < time || excess > 0 else { break }
                excess -= response.bytes
                kept.removeAll { $0.key == response.key }
            }
            return count - kept.count
        }
    }
}
