// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Dispatch
package import GatewayCore
package import Logging
import Synchronization

/// Writes usage rows in batches, on a thread of its own, and feeds the metrics from the same rows.
///
/// At most the rows of the last ``interval`` are lost when the process is killed.
package final class UsageWriter: Sendable {
    /// Half of the 100 ms that may be lost, so that a slow write still keeps the promise.
    package static let interval = Duration.milliseconds(50)

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
    private let metrics: Metrics
    private let logger: Logger
    private let thread = DispatchQueue(label: "gatehouse.usage")
    private let current = Mutex<Failure?>(nil)

    package init(queue: UsageQueue, store: any UsageStore, metrics: Metrics, logger: Logger) {
        self.queue = queue
        self.store = store
        self.metrics = metrics
        self.logger = logger
    }

    /// What keeps rows from being written, since when; nil while the last write worked.
    ///
    /// For `/ready`: it takes no time.
    package var failure: Failure? { current.withLock { $0 } }

    /// Writes until the task is cancelled.
    ///
    /// - Returns: Rows that the store has not taken yet, for ``drain(_:)``.
    package func run() async -> [UsageRecord] {
        var unwritten: [UsageRecord] = []
        var failures = 0
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.interval)
            unwritten = await write(unwritten, failures: &failures)
        }
        return unwritten
    }

    /// Writes until no call is under way and every row is in the store; called once, when no new calls come.
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

    /// Writes a batch; returns what is still unwritten because the store failed.
    private func write(_ unwritten: [UsageRecord], failures: inout Int) async -> [UsageRecord] {
        let new = queue.take()
        let batch = unwritten + new
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
            failures = 0
            current.withLock { $0 = nil }
            queue.release(batch.count)
            return []
        }
        current.withLock {
            $0 = Failure(reason: failure, since: $0?.since ?? .now, rows: batch.count)
        }
        if failures % 200 == 0 {
            logger.error(
                "Usage rows wait: the store cannot take them",
                metadata: ["error": "\(failure)", "rows": "\(batch.count)"]
            )
        }
        failures += 1
        return batch
    }

    /// One line per request; never its content.
    private func log(_ records: [UsageRecord]) {
        guard logger.logLevel <= .debug else { return }
        for record in records {
            logger.debug(
                "request",
                metadata: [
                    "request_id": "\(record.requestID)", "api_type": "\(record.apiType.rawValue)",
                    "service": "\(record.service?.name.description ?? "-")", "requester": "\(record.caller.name)",
                    "destination": "\(record.destination?.label ?? "-")", "status": "\(record.statusCode)",
                    "latency_ms": "\(record.latencyMilliseconds)", "input_tokens": "\(record.usage.totalInput)",
                    "output_tokens": "\(record.usage.output ?? 0)", "attempts": "\(record.attempts.count)",
                ]
            )
        }
    }
}
