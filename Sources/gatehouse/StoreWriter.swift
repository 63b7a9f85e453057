// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Dispatch
import Foundation
import GatewayCore
import GatewayGovernance
import GatewayPipeline
import Logging

/// Writes changes to the store and swaps the snapshot, on the thread that all snapshots are made on.
///
/// So a reload of the file and a change by REST come one after the other, and neither loses the other.
struct StoreWriter: GovernanceWriter {
    let source: SnapshotSource
    let snapshots: CurrentSnapshot
    let tokens: any AccessTokenStore
    let catalog: any CatalogStore
    let thread: DispatchQueue
    let logger: Logger

    /// How often a transaction is tried that another process comes before.
    private static let maximumTries = 8

    func write<Value: Sendable>(
        by actor: Actor,
        _ body: @escaping @Sendable (inout CatalogTransaction) throws(GatewayError) -> Value
    ) async throws(GatewayError) -> Value {
        try await onThread {
            for _ in 0..<Self.maximumTries {
                let snapshot = snapshots.value
                var transaction = CatalogTransaction(snapshot.metastore, by: actor)
                let value = try body(&transaction)
                guard !transaction.changes.isEmpty || !transaction.records.isEmpty else { return value }
                if let new = try source.write(transaction, after: snapshot) {
                    use(new)
                    return value
                }
                use(try source.readStored(after: snapshot))
            }
            throw GatewayError(
                .overloaded,
                "Other processes change the catalogue too often. Try again.",
                retryAfter: "1"
            )
        }
    }

    func create(_ token: AccessToken, by actor: Actor) async throws(GatewayError) {
        try await onThread {
            try tokens.insert(token, record: actor.record(creating: token))
            try reload()
        }
    }

    func revoke(_ token: AccessToken, by actor: Actor) async throws(GatewayError) -> Bool {
        try await onThread {
            guard try tokens.revokeAccessToken(id: token.id, record: actor.record(revoking: token)) else {
                return false
            }
            try reload()
            return true
        }
    }

    /// Swaps the snapshot, and frees those before it at once: many writes may come one after the other.
    private func use(_ snapshot: Snapshot) {
        snapshots.replace(snapshot)
        snapshots.freeRetired()
    }

    private func reload() throws {
        use(try source.readStored(after: snapshots.value))
    }

    /// Runs something on the thread of snapshots.
    private func onThread<Value: Sendable>(
        _ body: @escaping @Sendable () throws -> Value
    ) async throws(GatewayError) -> Value {
        let result: Result<Value, GatewayError> = await withCheckedContinuation { continuation in
            thread.async {
                do {
                    continuation.resume(returning: .success(try body()))
                } catch let error as GatewayError {
                    continuation.resume(returning: .failure(error))
                } catch {
                    logger.error("A change cannot be written", metadata: ["error": "\(error)"])
                    continuation.resume(
                        returning: .failure(
                            GatewayError(
                                .overloaded,
                                "The store cannot be written; nothing was changed. Try again in a moment.",
                                retryAfter: "1"
                            )
                        )
                    )
                }
            }
        }
        return try result.get()
    }
}
