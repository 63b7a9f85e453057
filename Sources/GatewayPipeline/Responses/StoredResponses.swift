// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import Logging
import Synchronization

/// The answers that later requests may refer to: those in the store, and those on their way there.
///
/// Handing one over takes no time, since writing happens behind the calls; it is found from that moment on. What waits is bounded in bytes: beyond the bound, or
/// when the store fails for long, answers are lost for later requests, which is logged and counted and hurts nobody else.
package final class StoredResponses: Sendable {
    /// How often what waits is written.
    package static let interval = Duration.milliseconds(50)
    /// How often what is too old or too much is deleted.
    private static let pruneInterval = Duration.seconds(60)
    /// How often a batch is tried: for about 10 seconds.
    private static let maximumAttempts = 200
    /// Most ``StoredResponse/bytes`` that wait.
    package static let defaultCapacity = 64 << 20

    private struct State {
        /// Not handed to the store yet.
        var waiting: [StoredResponse.Key: StoredResponse] = [:]
        /// Being written.
        var writing: [StoredResponse.Key: StoredResponse] = [:]
        /// Deleted while it was being written.
        var deleted: Set<StoredResponse.Key> = []
        /// Of both.
        var bytes = 0
        /// Why the store did not take the last batch; nil if it did.
        var failure: String?
        /// When to stop trying, once the process is to end.
        var end: ContinuousClock.Instant?
    }

    private let store: any ResponseStore
    package let settings: Configuration.Server.Responses
    private let capacity: Int
    private let metrics: Metrics
    private let logger: Logger
    private let state = Mutex(State())

    package init(
        store: any ResponseStore,
        settings: Configuration.Server.Responses,
        capacity: Int = defaultCapacity,
        metrics: Metrics,
        logger: Logger
    ) {
        self.store = store
        self.settings = settings
        self.capacity = capacity
        self.metrics = metrics
        self.logger = logger
    }

    /// Why the store did not take the last batch; nil if it did.
    ///
    /// For `/ready`.
    package var failure: String? { state.withLock { $0.failure } }

    /// Hands over an answer; never waits.
    func keep(_ response: StoredResponse) {
        let isTaken = state.withLock { state in
            guard state.bytes + response.bytes <= capacity else { return false }
            state.bytes += response.bytes - (state.waiting[response.key]?.bytes ?? 0)
            state.waiting[response.key] = response
            return true
        }
        if !isTaken { lose(1, "too many answers wait to be stored") }
    }

    /// The answer of this key.
    ///
    /// - Throws: ``GatewayError/Code/overloaded`` if the store cannot be read.
    func response(_ key: StoredResponse.Key) async throws(GatewayError) -> StoredResponse? {
        guard key.id.utf8.count <= StoredResponse.Key.maximumIDBytes else { return nil }
        let (found, isDeleted) = state.withLock { state in
            let isDeleted = state.deleted.contains(key)
            return (state.waiting[key] ?? (isDeleted ? nil : state.writing[key]), isDeleted)
        }
        if let found { return fresh(found) }
        if isDeleted { return nil }
        do {
            return try await store.response(key).flatMap(fresh)
        } catch {
            throw Self.unavailable(error)
        }
    }

    /// Deletes an answer.
    ///
    /// - Throws: ``GatewayError/Code/overloaded`` if the store cannot be written.
    func delete(_ key: StoredResponse.Key) async throws(GatewayError) {
        state.withLock { state in
            if let waiting = state.waiting.removeValue(forKey: key) { state.bytes -= waiting.bytes }
            if state.writing[key] != nil { state.deleted.insert(key) }
        }
        do {
            _ = try await store.delete(key)
        } catch {
            throw Self.unavailable(error)
        }
    }

    private func fresh(_ response: StoredResponse) -> StoredResponse? {
        response.createdAt >= oldest ? response : nil
    }

    /// Answers before this time, in microseconds, are too old.
    private var oldest: Int64 {
        Call.wallClock() - settings.maximumAge.components.seconds * 1_000_000
    }

    private static func unavailable(_ error: any Error) -> GatewayError {
        GatewayError(
            .overloaded,
            "The gateway's store of answers cannot be used at the moment. Try again, or send the whole conversation as `input`.",
            retryAfter: "1",
            cause: "\(error)"
        )
    }

    // MARK: Writing

    /// Writes and deletes until the task is cancelled.
    package func run() async {
        let clock = ContinuousClock()
        var nextPruning = clock.now
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.interval)
            await write()
            if clock.now >= nextPruning {
                await prune()
                nextPruning = clock.now + Self.pruneInterval
            }
        }
    }

    /// Says that the process is to end: writing goes on for that long at most.
    package func end(within time: Duration) {
        state.withLock { $0.end = .now + time }
    }

    /// Writes what waits; called once, when no new calls come.
    package func drain() async {
        // What the store does not take within its attempts is counted as lost.
        while state.withLock({ !$0.waiting.isEmpty }) { await write() }
    }

    private func write() async {
        let batch = state.withLock { state in
            swap(&state.waiting, &state.writing)
            return Array(state.writing.values)
        }
        guard !batch.isEmpty else { return }
        var attempts = 0
        while true {
            do {
                try await store.insert(batch)
                state.withLock { $0.failure = nil }
                break
            } catch {
                attempts += 1
                let isOver = state.withLock { state in
                    state.failure = "\(error)"
                    return state.end.map { $0 <= .now } ?? false
                }
                guard attempts < Self.maximumAttempts, !isOver else {
                    lose(batch.count, "\(error)")
                    break
                }
                if attempts == 1 {
                    logger.warning("Answers wait: the store cannot take them", metadata: ["error": "\(error)"])
                }
                // Not `Task.sleep`, which would not wait in a task that is cancelled.
                await Self.pause()
            }
        }
        let deleted = state.withLock { state in
            state.bytes -= state.writing.values.reduce(0) { $0 + $1.bytes }
            state.writing = [:]
            return state.deleted
        }
        for key in deleted { _ = try? await store.delete(key) }
        state.withLock { $0.deleted.subtract(deleted) }
    }

    private static func pause() async {
        await Task.detached { try? await Task.sleep(for: interval) }.value
    }

    private func prune() async {
        do {
            var pruned = 0
            while !Task.isCancelled {
                let count = try await store.prune(createdBefore: oldest, maximumBytes: settings.maximumBytes)
                guard count > 0 else { break }
                pruned += count
            }
            if pruned > 0 { logger.debug("Stored answers deleted", metadata: ["count": "\(pruned)"]) }
        } catch {
            logger.warning("Stored answers cannot be deleted", metadata: ["error": "\(error)"])
        }
    }

    private func lose(_ count: Int, _ reason: String) {
        let lost = metrics.countResponsesLost(count)
        // One line for the first, and one for every thousand: the metric has the number.
        guard (lost - count) / 1000 < lost / 1000 || lost == count else { return }
        logger.error("Answers are not stored", metadata: ["count": "\(lost)", "error": "\(reason)"])
    }
}
