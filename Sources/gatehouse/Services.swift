// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayPipeline
import GatewayTransport
import ServiceLifecycle
import Synchronization

/// Serves until the signal to stop, then lets the requests under way end.
struct ListenerService: Service {
    /// nil for a listener that is not wanted.
    let listener: Listener?
    /// Tells where the listener is; called once signals are trapped, so that who reads it may send one.
    let announce: @Sendable () -> Void
    /// Called when the last request has ended.
    var didStop: @Sendable () -> Void = {}

    func run() async throws {
        announce()
        try? await gracefulShutdown()
        await listener?.stop()
        didStop()
    }
}

/// Writes usage rows until everything else has stopped, and then the rest of them.
struct UsageService: Service {
    let writer: UsageWriter

    func run() async throws {
        let leftOver = await cancelWhenGracefulShutdown { await writer.run() }
        await writer.drain(leftOver, for: StopDeadline.drainTime)
    }
}

/// Stores answers until everything else has stopped, and then the rest of them.
struct ResponseService: Service {
    let responses: StoredResponses

    func run() async throws {
        await cancelWhenGracefulShutdown {
            // A batch that is being tried when the signal comes has no more time than those after it.
            await withGracefulShutdownHandler {
                await responses.run()
            } onGracefulShutdown: {
                responses.end(within: StopDeadline.drainTime)
            }
        }
        responses.end(within: StopDeadline.drainTime)
        await responses.drain()
    }
}

/// The listener's gauges, for `/metrics`, which is wired before the listener is there.
final class ListenerGauges: Sendable {
    private let listener = Mutex<Listener?>(nil)

    func set(_ listener: Listener) {
        self.listener.withLock { $0 = listener }
    }

    /// Whether the listener is about to stop, which `/ready` says.
    var isStopping: Bool { listener.withLock { $0?.isStopping ?? false } }

    /// Has the listener read its certificate again; see ``Listener/reloadCertificate()``.
    func reloadCertificate() throws { try listener.withLock { $0 }?.reloadCertificate() }

    func read(queueDepth: Int, circuits: [CircuitBreakers.Reading] = []) -> Metrics.Gauges {
        let gauges = listener.withLock { $0?.gauges }
        return Metrics.Gauges(
            connections: gauges?.connections ?? 0,
            bodyBytesInFlight: gauges?.bodyBytesInFlight ?? 0,
            usageQueueDepth: queueDepth,
            droppedLogLines: LogWriter.standardError.dropped,
            eventLoopLag: gauges?.eventLoopLag ?? Histogram(),
            circuits: circuits
        )
    }
}
