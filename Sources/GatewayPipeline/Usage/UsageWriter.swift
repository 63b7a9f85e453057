// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Dispatch
package import GatewayCore
package import Logging
import Synchronization

/// Writes usage rows in batches, on a thread of its own, and feeds the metrics from the same rows.
///
/// At most the rows of the last ``interval`` are lost when the process is killed. While the store fails, rows keep their places and are tried again at growing
/// intervals; once it works, nothing else is needed.
package final class UsageWriter: Sendable {
    /// Half of the 100 ms that may be lost, so that a slow write still keeps the promise.
    package static let interval = Duration.milliseconds(50)
    /// The longest wait between two tries while the store fails.
    package static let maximumInterval = Duration.seconds(2)
    /// How often rows that are too old or too many are looked for; while there are some, they go with each batch.
    private static let pruneInterval = Duration.seconds(2)

    /// A store that does not take rows.
    package struct Failure: Sendable {
        /// What the store said last, in words for the operator.
        package let reason: String
        /// When the first write of this failure was tried.
        package let since: ContinuousClock.Instant
        /// How many rows wait.
        package let rows: Int
    }

    private let queue: UsageQueue
    private let store: any UsageStore
    private let settings: @Sendable () -> Configuration.Usage
    private let metrics: Metrics
    private let logger: Logger
    private let thread = DispatchQueue(label: "gatehouse.usage")
    private let current = Mutex<Failure?>(nil)

    /// A writer from a queue to a store; `settings` is asked at each pruning, so that it may change.
    package init(
        queue: UsageQueue,
        store: any UsageStore,
        settings: @escaping @Sendable () -> Configuration.Usage = { Configuration.Usage() },
        metrics: Metrics,
        logger: Logger
    ) {
        self.queue = queue
        self.store = store
        self.settings = settings
        self.metrics = metrics
        self.logger = logger
    }

    /// What keeps rows from being written, since when; nil while the last write worked.
    ///
    /// For `/ready`: asking takes no time.
    package var failure: Failure? { current.withLock { $0 } }

    /// Writes until the task is cancelled.
    ///
    /// - Returns: Rows that the store has not taken yet, for ``drain(_:)``.
    package func run() async -> [UsageRecord] {
        var unwritten: [UsageRecord] = []
        var failures = 0
        var nextPruning = ContinuousClock.now
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.wait(after: failures))
            unwritten = await write(unwritten, failures: &failures)
            if failures == 0, !Task.isCancelled, ContinuousClock.now >= nextPruning, await !prune() {
                nextPruning = .now + Self.pruneInterval
            }
        }
        return unwritten
    }

    /// Writes until no call is in flight and every row is in the store; called once, when no new calls come.
    ///
    /// It gives up after a time, a minute if nothing else is said, and logs how many rows are lost: a store that fails for so long will not take them.
    package func drain(_ leftOver: [UsageRecord], for time: Duration = .seconds(60)) async {
        var unwritten = leftOver
        var failures = 0
        let end = ContinuousClock.now + time
        repeat {
            unwritten = await write(unwritten, failures: &failures)
            if queue.depth == 0 { return }
            try? await Task.sleep(for: Self.interval)
        } while ContinuousClock.now < end
        logger.critical(
            "Usage rows are lost: the store did not take them in time",
            metadata: ["rows": "\(queue.depth)", "error": "\(failure?.reason ?? "requests did not end")"]
        )
    }

    /// How long to wait before the next try, after that many failures in a row.
    private static func wait(after failures: Int) -> Duration {
        min(interval * (1 << min(failures, 10)), maximumInterval)
    }

    /// Writes a batch; returns what is still unwritten because the store failed.
    private func write(_ unwritten: [UsageRecord], failures: inout Int) async -> [UsageRecord] {
        let new = queue.take()
        let batch = unwritten.isEmpty ? new : unwritten + new
        guard !batch.isEmpty else { return [] }
        metrics.observe(new)
        log(new)
        let failure: String? = await withCheckedContinuation { continuation in
            thread.async { [store] in
                do {
                    try store.append(batch)
                    continuation.resume(returning: nil)
                } catch {
                    continuation.resume(returning: "\(error)")
                }
            }
        }
        guard let failure else {
            if failures > 0 { logger.notice("Usage rows are written again", metadata: ["rows": "\(batch.count)"]) }
            failures = 0
            current.withLock { $0 = nil }
            queue.release(batch.count)
            return []
        }
        current.withLock {
            $0 = Failure(reason: failure, since: $0?.since ?? .now, rows: batch.count)
        }
        // About once in a minute.
        if failures % 30 == 0 {
            logger.error(
                "Usage rows wait: the store cannot take them",
                metadata: ["error": "\(failure)", "rows": "\(batch.count)"]
            )
        }
        failures += 1
        return batch
    }

    /// Deletes some of the rows that are too old or too many.
    ///
    /// - Returns: Whether there may be more.
    private func prune() async -> Bool {
        let settings = settings()
        let oldest = settings.retention.map { Call.wallClock() - $0.components.seconds * 1_000_000 } ?? .min
        let outcome: Result<PrunedUsage, any Error> = await withCheckedContinuation { continuation in
            thread.async { [store] in
                continuation.resume(
                    returning: Result { try store.prune(before: oldest, maximumBytes: settings.maximumBytes ?? .max) }
                )
            }
        }
        switch outcome {
        case .success(let pruned):
            if pruned.excess > 0, metrics.countUsageRowsDeleted(pruned.excess) == pruned.excess {
                logger.warning(
                    "The usage table is full: its oldest rows are deleted (`usage.max_bytes`)",
                    metadata: ["rows": "\(pruned.excess)"]
                )
            }
            if pruned.expired > 0 { logger.debug("Old usage rows deleted", metadata: ["rows": "\(pruned.expired)"]) }
            return pruned.expired + pruned.excess > 0
        case .failure(let error):
            logger.warning("Usage rows cannot be deleted", metadata: ["error": "\(error)"])
            return false
        }
    }

    /// One line per request; never its content.
    private func log(_ records: [UsageRecord]) {
        guard logger.logLevel <= .debug else { return }
        for record in records {
            logger.debug(
                "request",
                metadata: [
                    "request_id": "\(record.requestID)", "api_type": "\(record.apiType?.name ?? "-")",
                    "service": "\(record.service?.name.description ?? "-")", "requester": "\(record.caller.name)",
                    "destination": "\(record.destination?.label ?? "-")", "status": "\(record.statusCode)",
                    "latency_ms": "\(record.latencyMilliseconds)", "input_tokens": "\(record.usage.totalInput)",
                    "output_tokens": "\(record.usage.output ?? 0)", "attempts": "\(record.attempts.count)",
                ]
            )
        }
    }
}
