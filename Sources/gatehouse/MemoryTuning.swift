// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import CAllocator
import GatewayPipeline
import GatewayTransport
import NIOCore
import ServiceLifecycle

/// How the C library's allocator treats large request bodies.
enum MemoryTuning {
    /// Keeps buffers of up to 4 MiB in the heap, up to 12 MiB of free heap with the process, and as many heaps as there are event loops.
    ///
    /// By default each body of a megabyte is mapped and unmapped, and touching its fresh pages took a fifth of the CPU of the benchmark's `chat-1m`. By default there are
    /// eight heaps per processor, each with its own free memory.
    static func apply() {
        gatehouse_tune_allocator(4 << 20, 12 << 20, CInt(System.coreCount))
    }
}

/// Gives the memory of a peak of load back once it has passed: what is free between things in use would stay with the process for ever.
struct MemoryService: Service {
    private static let interval = Duration.seconds(5)

    let gauges: @Sendable () -> Metrics.Gauges

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var peak = LoadPeak()
            while (try? await Task.sleep(for: Self.interval)) != nil {
                let gauges = gauges()
                let hasPassed = peak.hasPassed(requests: gauges.usageQueueDepth, bodyBytes: gauges.bodyBytesInFlight)
                if hasPassed { gatehouse_return_memory() }
            }
        }
    }
}
