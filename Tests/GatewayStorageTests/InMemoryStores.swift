// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayStorage
import Synchronization

/// Usage rows in memory: the mapping from records to columns without any engine.
final class InMemoryUsageStore: UsageStore, UsageStoreUnderTest {
    private let kept = Mutex<[[String: QueryValue]]>([])
    private let spend = Mutex<[BudgetUse: Int64]>([:])

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
        spend.withLock { spend in
            for (use, cost) in BudgetUse.costs(of: records) {
                let (sum, overflow) = spend[use, default: 0].addingReportingOverflow(cost)
                spend[use] = overflow ? .max : sum
            }
        }
    }

    func budgetSpend(from time: Int64) -> [BudgetUse: Int64] {
        spend.withLock { $0.filter { $0.key.periodStart >= time } }
    }

    func rows() -> [[String: QueryValue]] {
        kept.withLock { $0 }
    }
}

/// Access tokens in memory.
final class InMemoryAccessTokenStore: AccessTokenStore, AccessTokenStoreUnderTest {
    private let state = Mutex<(tokens: [AccessToken], records: [AuditRecord], version: Int)>(([], [], 0))

    var store: any AccessTokenStore { self }
    var otherDoor: any AccessTokenStore { self }

    func accessTokens() -> [AccessToken] {
        state.withLock { $0.tokens }
    }

    func auditRecords() -> [AuditRecord] { state.withLock { $0.records } }

    func insert(
        _ token: AccessToken,
        record: AuditRecord,
        isFirst: Bool,
        showing show: () throws -> Void
    ) throws -> Bool {
        try state.withLock { state in
            if isFirst, !state.tokens.isEmpty { return false }
            guard !state.tokens.contains(where: { $0.id == token.id || $0.hash == token.hash }) else {
                throw StorageError(.duplicate, "There is such a token.")
            }
            try show()
            state.tokens.append(token)
            state.records.append(record)
            state.version += 1
            return true
        }
    }

    func revokeAccessToken(id: String, record: AuditRecord) -> Bool {
        state.withLock { state in
            guard let index = state.tokens.firstIndex(where: { $0.id == id }) else { return false }
            state.tokens.remove(at: index)
            state.records.append(record)
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

    func insert(_ responses: [StoredResponse], within bounds: ResponseStoreBounds) async -> Int {
        kept.withLock { kept in
            responses.count { response in
                kept.removeAll { $0.key == response.key }
                let hasRoom = Self.makeRoom(for: response, in: &kept, bounds)
                if hasRoom { kept.append(response) }
                return !hasRoom
            }
        }
    }

    private static func makeRoom(
        for response: StoredResponse,
        in kept: inout [StoredResponse],
        _ bounds: ResponseStoreBounds
    ) -> Bool {
        guard response.bytes <= bounds.maximumBytesPerResponse else { return false }
        while true {
            var bytes = bytesOfOwners(kept)
            bytes[response.key.owner, default: 0] += response.bytes
            let own = bytes[response.key.owner, default: 0]
            var victim = response.key.owner
            if own <= bounds.maximumBytesPerOwner {
                guard bytes.values.reduce(0, +) > bounds.maximumBytes else { return true }
                if let largest = bytes.max(by: { $0.value < $1.value }), largest.value > own { victim = largest.key }
            }
            guard deleteOldest(of: victim, from: &kept) else { return false }
        }
    }

    private static func bytesOfOwners(_ kept: [StoredResponse]) -> [String: Int] {
        kept.reduce(into: [:]) { $0[$1.key.owner, default: 0] += $1.bytes }
    }

    private static func deleteOldest(of owner: String, from kept: inout [StoredResponse]) -> Bool {
        let oldest = kept.filter { $0.key.owner == owner }.min { $0.createdAt < $1.createdAt }
        kept.removeAll { $0.key == oldest?.key }
        return oldest != nil
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

    func prune(createdBefore time: Int64, within bounds: ResponseStoreBounds) async -> Int {
        kept.withLock { kept in
            let count = kept.count
            kept.removeAll { $0.createdAt < time }
            while let largest = Self.bytesOfOwners(kept).max(by: { $0.value < $1.value }) {
                let all = kept.reduce(0) { $0 + $1.bytes }
                guard largest.value > bounds.maximumBytesPerOwner || all > bounds.maximumBytes else { break }
                guard Self.deleteOldest(of: largest.key, from: &kept) else { break }
            }
            return count - kept.count
        }
    }
}

extension ResponseStoreBounds {
    /// So many bytes of all owners, whoever has them.
    static func all(_ bytes: Int) -> ResponseStoreBounds {
        ResponseStoreBounds(maximumBytes: bytes, maximumBytesPerOwner: .max)
    }

    static let none = ResponseStoreBounds.all(.max)
}
