// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GRDB

/// Who has how much of the stored answers, and whose go when they are too many.
struct SQLiteResponseRoom {
    let database: Database
    let bounds: ResponseStoreBounds

    /// Deletes what has to go so that an answer can be inserted.
    ///
    /// - Returns: Whether there is room now.
    func make(for response: StoredResponse) throws -> Bool {
        guard response.bytes <= bounds.maximumBytesPerResponse else { return false }
        let owner = response.key.owner
        while try bytes(of: owner) + response.bytes > bounds.maximumBytesPerOwner {
            guard try deleteOldest(of: owner) else { return false }
        }
        while try total() + response.bytes > bounds.maximumBytes {
            let own = try bytes(of: owner) + response.bytes
            let other = try largestOwner(but: owner)
            if let other, other.bytes > own {
                guard try deleteOldest(of: other.name) else { return false }
            } else {
                guard try deleteOldest(of: owner) else { return false }
            }
        }
        return true
    }

    /// Deletes one answer, if there are too many of an owner or of all.
    ///
    /// - Returns: Whether there was one to delete.
    func deleteExcess() throws -> Bool {
        guard let largest = try largestOwner() else { return false }
        guard try largest.bytes > bounds.maximumBytesPerOwner || total() > bounds.maximumBytes else { return false }
        return try deleteOldest(of: largest.name)
    }

    private func total() throws -> Int {
        try Int.fetchOne(database.cachedStatement(sql: "SELECT bytes FROM total")) ?? 0
    }

    private func bytes(of owner: String) throws -> Int {
        let statement = try database.cachedStatement(sql: "SELECT bytes FROM owner_total WHERE owner = ?")
        return try Int.fetchOne(statement, arguments: [owner]) ?? 0
    }

    /// The owner that has most.
    private func largestOwner(but owner: String = "") throws -> (name: String, bytes: Int)? {
        let statement = try database.cachedStatement(
            sql: "SELECT owner, bytes FROM owner_total WHERE owner <> ? ORDER BY bytes DESC LIMIT 1"
        )
        return try Row.fetchOne(statement, arguments: [owner]).map { ($0["owner"], $0["bytes"]) }
    }

    private func deleteOldest(of owner: String) throws -> Bool {
        try database.cachedStatement(
            sql: """
                DELETE FROM response WHERE number =
                (SELECT number FROM response WHERE owner = ? ORDER BY created_at, number LIMIT 1)
                """
        ).execute(arguments: [owner])
        return database.changesCount > 0
    }
}
