// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import NIOCore
import NIOHTTP1

/// What one event loop owns: its client connections, its upstream connections, and a coarse clock for their deadlines.
///
/// Only its own event loop touches it. Deadlines are counted in ticks of 100 ms: one sweep per tick costs less than a timer per request.
final class ServingLoop {
    static let tickLength = TimeAmount.milliseconds(100)

    let eventLoop: any EventLoop
    let executor: EventLoopExecutor
    let upstreams: UpstreamPool
    /// Ticks since the loop began to serve.
    private(set) var tick = 0
    /// The value of the `date` header, renewed every second.
    private(set) var date = HTTPDate.now()
    /// Whether the listener has been told to stop: connections close after their current answer.
    private(set) var isStopping = false

    private var connections: [ObjectIdentifier: ServerConnection] = [:]
    private var sweeper: RepeatedTask?

    init(eventLoop: any EventLoop, upstreamTLS: UpstreamTLS, resolver: NameResolver) {
        eventLoop.assertInEventLoop()
        self.eventLoop = eventLoop
        executor = EventLoopExecutor(eventLoop)
        upstreams = UpstreamPool(eventLoop: eventLoop, tls: upstreamTLS, resolver: resolver)
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        sweeper = eventLoop.scheduleRepeatedTask(initialDelay: Self.tickLength, delay: Self.tickLength) { _ in
            bound.value.sweep()
        }
    }

    /// The tick at which a wait that begins now has lasted `duration`, never too early.
    func deadline(after duration: Duration) -> Int {
        tick + Self.ticks(duration) + 1
    }

    static func ticks(_ duration: Duration) -> Int {
        let (seconds, attoseconds) = duration.components
        guard seconds < 1_000_000_000 else { return 10_000_000_000 }
        return max(1, Int(seconds) * 10 + Int(attoseconds / 100_000_000_000_000_000))
    }

    func add(_ connection: ServerConnection) {
        connections[ObjectIdentifier(connection)] = connection
    }

    func remove(_ connection: ServerConnection) {
        connections[ObjectIdentifier(connection)] = nil
    }

    var connectionCount: Int { connections.count }

    /// Lets connections finish what they are doing, and closes those that do nothing.
    func stop() {
        isStopping = true
        for connection in connections.values { connection.stopWhenIdle() }
    }

    /// Closes everything at once.
    func close() {
        sweeper?.cancel()
        sweeper = nil
        for connection in connections.values { connection.closeNow() }
        upstreams.close()
    }

    private func sweep() {
        tick += 1
        if tick % 10 == 0 { date = HTTPDate.now() }
        for connection in connections.values { connection.checkDeadline(tick) }
        upstreams.sweep(tick)
    }
}
