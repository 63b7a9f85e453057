// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import Logging
import NIOCore
import Synchronization

/// The answers that later requests may refer to: those in the store, and those on their way there.
///
/// Handing one over takes no time, since writing happens behind the calls; it is found from that moment on. What waits is bounded in bytes, in all and for each
/// caller: beyond a bound, or when the store fails for long, answers are lost for later requests, which is logged and counted and hurts nobody else.
package final class StoredResponses: Sendable {
    /// How often what waits is written.
    package static let interval = Duration.milliseconds(50)
    /// How often what is too old or too much is deleted.
    private static let pruneInterval = Duration.seconds(60)
    /// How often a batch is tried: for about 10 seconds.
    private static let maximumAttempts = 200
    /// Most ``StoredResponse/bytes`` that wait; at least four of the largest answers.
    package static let defaultCapacity = 64 << 20
    /// Most bytes of one batch, unless it is a single answer.
    private static let maximumBatch = 8 << 20

    private struct State {
        /// Not handed to the store yet.
        var waiting: [StoredResponse.Key: StoredResponse] = [:]
        /// Being written.
        var writing: [StoredResponse.Key: StoredResponse] = [:]
        /// Deleted while it was being written.
        var deleted: Set<StoredResponse.Key> = []
        /// Of both.
        var bytes = 0
        /// Of both, by owner.
        var bytesOfOwner: [String: Int] = [:]

        mutating func count(_ response: StoredResponse, _ sign: Int) {
            let change = sign * response.bytes
            bytes += change
            let owner = response.key.owner
            let rest = bytesOfOwner[owner, default: 0] + change
            bytesOfOwner[owner] = rest == 0 ? nil : rest
        }

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
        self.capacity = max(capacity, 4 * settings.maximumBytesKept)
        self.metrics = metrics
        self.logger = logger
    }

    /// Why the store did not take the last batch; nil if it did.
    ///
    /// For `/ready`.
    package var failure: String? { state.withLock { $0.failure } }

    /// Hands over an answer; never waits.
    func keep(_ response: StoredResponse) {
        let response = response.compacted()
        let isTaken = state.withLock { state in
            let own = state.bytesOfOwner[response.key.owner, default: 0]
            guard state.bytes + response.bytes <= capacity, own + response.bytes <= capacity / 4 else { return false }
            if let earlier = state.waiting.updateValue(response, forKey: response.key) { state.count(earlier, -1) }
            state.count(response, 1)
            return true
        }
        if !isTaken { lose(1, "too many responses wait to be stored") }
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
            if let waiting = state.waiting.removeValue(forKey: key) { state.count(waiting, -1) }
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
            "The gateway's store of responses is not available at the moment. Try again, or send the whole conversation as `input`.",
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
            // All that waits, batch by batch.
            repeat { await write() } while !Task.isCancelled && state.withLock { !$0.waiting.isEmpty }
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
        // What the store does not take within its attempts is counted as lost, and a store that failed for so long is not tried again.
        while state.withLock({ !$0.waiting.isEmpty }) {
            if await !write() { return lose(state.withLock { $0.waiting.count }, "the store fails") }
        }
    }

    /// Writes a batch of what waits.
    ///
    /// - Returns: Whether the store took it.
    @discardableResult
    private func write() async -> Bool {
        let batch = state.withLock { state in
            var bytes = 0
            while bytes < Self.maximumBatch, let (key, response) = state.waiting.popFirst() {
                bytes += response.bytes
                state.writing[key] = response
            }
            return Array(state.writing.values)
        }
        guard !batch.isEmpty else { return true }
        var attempts = 0
        while true {
            do {
                let refused = try await store.insert(batch, within: settings.bounds)
                state.withLock { $0.failure = nil }
                if refused > 0 { lose(refused, "there is no room for them (`server.responses`)") }
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
                    logger.warning("Responses wait: the store cannot take them", metadata: ["error": "\(error)"])
                }
                // Not `Task.sleep`, which would not wait in a task that is cancelled.
                await Self.pause()
            }
        }
        let deleted = state.withLock { state in
            for response in state.writing.values { state.count(response, -1) }
            state.writing = [:]
            return state.deleted
        }
        for key in deleted { _ = try? await store.delete(key) }
        state.withLock { $0.deleted.subtract(deleted) }
        return attempts < Self.maximumAttempts
    }

    private static func pause() async {
        await Task.detached { try? await Task.sleep(for: interval) }.value
    }

    private func prune() async {
        do {
            var pruned = 0
            while !Task.isCancelled {
                let count = try await store.prune(createdBefore: oldest, within: settings.bounds)
                guard count > 0 else { break }
                pruned += count
            }
            if pruned > 0 { logger.debug("Stored responses deleted", metadata: ["count": "\(pruned)"]) }
        } catch {
            logger.warning("Stored responses cannot be deleted", metadata: ["error": "\(error)"])
        }
    }

    private func lose(_ count: Int, _ reason: String) {
        let lost = metrics.countResponsesLost(count)
        // One line for the first, and one for every thousand: the metric has the number.
        guard (lost - count) / 1000 < lost / 1000 || lost == count else { return }
        logger.error("Responses are not stored", metadata: ["count": "\(lost)", "error": "\(reason)"])
    }
}

extension Configuration.Server.Responses {
    /// The largest answer that is kept with its conversation, in bytes.
    var maximumBytesKept: Int {
        max(0, min(maximumBytesPerResponse, bounds.maximumBytesPerResponse - StoredResponse.recordBytes))
    }

    /// The setting that ``maximumBytesKept`` comes from.
    var narrowestBound: String {
        if maximumBytesKept == maximumBytesPerResponse { return "max_bytes_per_response" }
        return bounds.maximumBytesPerOwner <= maximumBytes ? "max_bytes_per_caller" : "max_bytes"
    }
}

extension StoredResponse {
    /// The same without the memory around its parts: a slice keeps alive what it was cut from, such as a request's whole body.
    fileprivate func compacted() -> StoredResponse {
        guard case .kept(let exchange) = content else { return self }
        var response = self
        response.content = .kept(
            Exchange(input: exchange.input.compacted(), response: exchange.response.compacted())
        )
        return response
    }
}

extension ByteBuffer {
    fileprivate func compacted() -> ByteBuffer {
        storageCapacity <= readableBytes + readableBytes / 4 + 4096 ? self : ByteBuffer(bytes: readableBytesView)
    }
}
