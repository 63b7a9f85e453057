// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Dispatch
package import GatewayCore
package import Logging

/// Writes usage rows in batches, on a thread of its own, and feeds the metrics from the same rows.
///
/// At most the rows of the last ``interval`` are lost when the process is killed.
package final class UsageWriter: Sendable {
    /// Half of the 100 ms that may be lost, so that a slow write still keeps the promise.
    package static let interval = Duration.milliseconds(50)

    private let queue: UsageQueue
    private let store: any UsageStore
    private let metrics: Metrics
    private let logger: Logger
    private let thread = DispatchQueue(label: "gatehouse.usage")

    package init(queue: UsageQueue, store: any UsageStore, metrics: Metrics, logger: Logger) {
        self.queue = queue
        self.store = store
        self.metrics = metrics
        self.logger = logger
    }

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
    /// It gives up after a minute, and says so: a store that fails for so long will not take the rows.
    package func drain(_ leftOver: [UsageRecord]) async {
        var unwritten = leftOver
        var failures = 0
        let end = ContinuousClock.now + .seconds(60)
        repeat {
            unwritten = await write(unwritten, failures: &failures)
            if queue.depth == 0 { return }
            try? await Task.sleep(for: Self.interval)
        } while ContinuousClock.now < end
        logger.critical("Usage rows could not be written", metadata: ["rows": "\(queue.depth)"])
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
            queue.release(batch.count)
            return []
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
