// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayCore
import GatewayStorage
import Testing

/// What one usage row costs.
///
/// Prints a line and checks nothing.
///
///     GATEHOUSE_BENCHMARK=1 swift test -c release --filter UsageAppendBenchmark
@Suite(.enabled(if: ProcessInfo.processInfo.environment["GATEHOUSE_BENCHMARK"] != nil), .serialized)
struct UsageAppendBenchmark {
    @Test("CPU time of one appended row", arguments: [3000, 300, 30])
    func append(batch: Int) throws {
        let scratch = ScratchDirectory()
        let store = try SQLiteUsageStore(directory: scratch.data)
        let records = (0..<batch).map { Samples.record($0) }
        let rounds = 300_000 / batch
        var slowest = Duration.zero
        let used = try Self.processorTime {
            for _ in 0..<rounds {
                slowest = max(slowest, try ContinuousClock().measure { try store.append(records) })
            }
        }
        let rows = Double(rounds * batch)
        let size = try FileManager.default.attributesOfItem(atPath: scratch.data.usageFile)[.size] as? Int ?? 0
        print(
            String(
                format:
                    "batches of %d: %.2f µs of CPU per row (%.2f in the kernel), %.0f bytes per row, slowest batch %.0f ms",
                batch,
                used.total / rows,
                used.kernel / rows,
                Double(size) / rows,
                slowest / .milliseconds(1)
            )
        )
        try store.close()
    }

    @Test("CPU time of spelling out one row")
    func encode() {
        let records = (0..<3000).map { Samples.record($0) }
        var cells = 0
        let used = Self.processorTime {
            for _ in 0..<100 {
                var encoder = UsageRowEncoder()
                records.span.forEach { record in
                    encoder.encode(record)
                    cells += encoder.row.cells.count
                }
            }
        }
        print(String(format: "spelling out: %.2f µs per row, %d cells", used.total / 300_000, cells / 300_000))
    }

    /// Microseconds of CPU that this process used while the body ran.
    private static func processorTime(_ body: () throws -> Void) rethrows -> (total: Double, kernel: Double) {
        func now() -> (user: Double, kernel: Double) {
            var usage = rusage()
            // 0 is RUSAGE_SELF, whose type differs between platforms.
            getrusage(0, &usage)
            return (
                Double(usage.ru_utime.tv_sec) * 1e6 + Double(usage.ru_utime.tv_usec),
                Double(usage.ru_stime.tv_sec) * 1e6 + Double(usage.ru_stime.tv_usec)
            )
        }
        let before = now()
        try body()
        let after = now()
        let kernel = after.kernel - before.kernel
        return (after.user - before.user + kernel, kernel)
    }
}
