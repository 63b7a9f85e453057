// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Dispatch
package import GatewayCore
import GRDB
import NIOCore

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Answers of the Responses API in `responses.sqlite`.
///
/// Everything runs on a thread of its own, in the order of the calls, so that no event loop waits for the disk.
package final class SQLiteResponseStore: ResponseStore {
    /// Most answers that one call of ``prune(createdBefore:within:)`` deletes, so that nobody waits long behind it.
    private static let maximumPruned = 500

    /// How often one call of it gives pages back.
    private static let maximumReclaims = 16

    private let file: SQLiteFile
    private let thread = DispatchQueue(label: "gatehouse.responses")

    /// Opens the file of a data directory, making what does not exist.
    ///
    /// - Parameters:
    ///   - directory: where the file is or is to be.
    ///   - busySeconds: how long to wait for another process's lock before throwing ``StorageError/Code/busy``.
    ///   - maximumFileBytes: most bytes that the file may grow to; nil is no limit but the disk's.
    /// - Throws: ``StorageError``.
    package init(directory: DataDirectory, busySeconds: Double = 5, maximumFileBytes: Int? = nil) throws {
        try directory.create()
        file = try SQLiteFile(
            path: directory.responsesFile,
            schema: .responses,
            settings: SQLiteFile.Settings(
                busySeconds: busySeconds,
                pageSize: 16 << 10,
                logBytes: 16 << 20,
                maximumBytes: maximumFileBytes,
                reclaimsPages: true
            )
        )
    }

    @discardableResult
    package func insert(_ responses: [StoredResponse], within bounds: ResponseStoreBounds) async throws -> Int {
        guard !responses.isEmpty else { return 0 }
        return try await perform { file in
            try file.write { database in
                let room = SQLiteResponseRoom(database: database, bounds: bounds)
                var refused = 0
                for response in responses {
                    // First, so that what goes makes room in the file too.
                    try database.delete(response.key)
                    if try room.make(for: response) { try database.insert(response) } else { refused += 1 }
                }
                return refused
            }
        }
    }

    package func response(_ key: StoredResponse.Key) async throws -> StoredResponse? {
        try await perform { file in
            let row = try file.read { database in
                try Row.fetchOne(
                    database,
                    sql: "SELECT * FROM response WHERE id = ? AND owner = ?",
                    arguments: [key.id, key.owner]
                )
            }
            return try row.map { try StoredResponse(row: $0, path: file.path) }
        }
    }

    package func delete(_ key: StoredResponse.Key) async throws -> Bool {
        try await perform { file in
            try file.write { database in
                try database.delete(key)
                return database.changesCount > 0
            }
        }
    }

    /// When nothing is left to delete, it gives pages back to the disk.
    package func prune(createdBefore time: Int64, within bounds: ResponseStoreBounds) async throws -> Int {
        try await perform { file in
            let count = try file.write { database in
                try database.execute(
                    sql: """
                        DELETE FROM response WHERE number IN
                        (SELECT number FROM response WHERE created_at < ? ORDER BY created_at, number LIMIT ?)
                        """,
                    arguments: [time, Self.maximumPruned]
                )
                var count = database.changesCount
                let room = SQLiteResponseRoom(database: database, bounds: bounds)
                while count < Self.maximumPruned, try room.deleteExcess() { count += 1 }
                return count
            }
            var rounds = count == 0 ? Self.maximumReclaims : 0
            while rounds > 0, try file.reclaim() { rounds -= 1 }
            return count
        }
    }

    package func check() throws {
        try file.check()
    }

    package func close() throws {
        try file.close()
    }

    private func perform<Value: Sendable>(
        _ body: @escaping @Sendable (SQLiteFile) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            thread.async { [file] in continuation.resume(with: Result { try body(file) }) }
        }
    }
}

extension Database {
    fileprivate func insert(_ response: StoredResponse) throws {
        let content: (kind: String, size: Int, input: Data?, response: Data?) =
            switch response.content {
            case .kept(let exchange):
                ("KEPT", 0, Data(exchange.input.readableBytesView), Data(exchange.response.readableBytesView))
            case .vendor: ("VENDOR", 0, nil, nil)
            case .tooLarge(let bytes): ("TOO_LARGE", bytes, nil, nil)
            }
        try cachedStatement(
            sql: """
                INSERT INTO response
                (owner, id, created_at, service, provider, model, bytes, kind, size, input, response)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            response.key.owner, response.key.id, response.createdAt, response.service, response.provider,
            response.model, response.bytes, content.kind, content.size, content.input, content.response,
        ])
    }

    fileprivate func delete(_ key: StoredResponse.Key) throws {
        try cachedStatement(sql: "DELETE FROM response WHERE id = ? AND owner = ?")
            .execute(arguments: [key.id, key.owner])
    }
}

extension StoredResponse {
    fileprivate init(row: Row, path: String) throws {
        let content: Content
        switch row["kind"] as String {
        case "KEPT":
            let input: Data? = row["input"]
            let response: Data? = row["response"]
            content = .kept(
                Exchange(input: ByteBuffer(bytes: input ?? Data()), response: ByteBuffer(bytes: response ?? Data()))
            )
        case "VENDOR": content = .vendor
        case "TOO_LARGE": content = .tooLarge(bytes: row["size"])
        default: throw StorageError(.corrupt, "\(path) contains a response of an unknown kind.")
        }
        self.init(
            key: Key(owner: row["owner"], id: row["id"]),
            createdAt: row["created_at"],
            service: row["service"],
            provider: row["provider"],
            model: row["model"],
            content: content
        )
    }
}
