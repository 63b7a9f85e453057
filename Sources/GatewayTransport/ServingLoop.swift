// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import NIOCore
import NIOHTTP1

/// What one event loop owns: its client connections, its upstream connections, and a coarse clock for their deadlines.
///
/// Only its own event loop touches it. Deadlines are counted in ticks of 100 ms: one sweep per tick costs less than a timer per request.
final class ServingLoop {
    static let tickLength = TimeAmount.milliseconds(100)
    /// Connections that are looked at per tick to find one that can go.
    private static let looksPerTick = 16_384

    let eventLoop: any EventLoop
    let executor: EventLoopExecutor
    let upstreams: UpstreamPool
    /// Ticks since the loop began to serve.
    private(set) var tick = 0
    /// The value of the `date` header, renewed every second.
    private(set) var date = HTTPDate.now()
    /// Whether answers tell clients to close: another instance is going to serve them.
    private(set) var sendsClientsAway = false
    /// Whether the listener has been told to stop: connections close after their current answer.
    private(set) var isStopping = false

    private var connections: [ObjectIdentifier: any LoopConnection] = [:]
    /// Gives turns to connections that have sent several requests in one go.
    let turns: Turns
    private var rests = 0
    private var candidates: [EvictionCandidate] = []
    /// In what tick connections were last looked at to find candidates, and at how many of them.
    private var search = (tick: -1, looks: 0)
    private var sweeper: RepeatedTask?
    private let lag: EventLoopLag
    /// When the next sweep is due.
    private var due: NIODeadline

    init(eventLoop: any EventLoop, upstreamTLS: UpstreamTLS, resolver: NameResolver, lag: EventLoopLag) {
        eventLoop.assertInEventLoop()
        self.eventLoop = eventLoop
        self.lag = lag
        due = .now() + Self.tickLength
        executor = EventLoopExecutor(eventLoop)
        turns = Turns(eventLoop)
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
        return max(1, Int(seconds) * 10 + Int((attoseconds + 99_999_999_999_999_999) / 100_000_000_000_000_000))
    }

    func add(_ connection: any LoopConnection) {
        connections[ObjectIdentifier(connection)] = connection
    }

    func remove(_ connection: any LoopConnection) {
        connections[ObjectIdentifier(connection)] = nil
    }

    var connectionCount: Int { connections.count }

    // MARK: Making room

    /// The number of a rest that begins now; what began earlier has a smaller one.
    func nextRest() -> Int {
        rests += 1
        return rests
    }

    /// A connection that may have to go, and since when it rested when that was found.
    private struct EvictionCandidate {
        let connection: ObjectIdentifier
        let worth: Int
        let restingSince: Int
    }

    /// Closes a connection on which no request is served, so that another client can be served.
    ///
    /// Those that never had a caller go first, the one that has rested longest before the others: so a flood of anonymous connections takes places from itself.
    /// - Returns: Whether there was one. A search costs a look at every connection, so searches have a budget per tick: at least one, as there is one sweep.
    func makeRoom() -> Bool {
        if evictCandidate() { return true }
        findCandidates()
        return evictCandidate()
    }

    /// Closes the first of the candidates that still rests as it did when it was found.
    private func evictCandidate() -> Bool {
        while let candidate = candidates.popLast() {
            guard let connection = connections[candidate.connection], connection.isResting,
                connection.restingSince == candidate.restingSince
            else { continue }
            connection.evict()
            return true
        }
        return false
    }

    private func findCandidates() {
        if search.tick != tick { search = (tick, 0) }
        guard search.looks == 0 || search.looks + connections.count <= Self.looksPerTick else { return }
        search.looks += connections.count
        // In a flood of strangers, those of them that came just now must not cost callers their places.
        let strangers = connections.values.count { !$0.isKnown }
        let isFlooded = strangers * 4 > connections.count
        candidates = connections.compactMap { key, connection in
            guard connection.isResting, !isFlooded || !connection.isKnown else { return nil }
            return EvictionCandidate(
                connection: key,
                worth: connection.worth,
                restingSince: connection.restingSince
            )
        }
        // The last one goes first.
        candidates.sort { ($0.worth, $0.restingSince) > ($1.worth, $1.restingSince) }
    }

    // MARK: Stopping

    /// Has every answer from now on tell its client to close, and serves on.
    func sendClientsAway() {
        sendsClientsAway = true
    }

    /// Lets connections finish what they are doing, and closes those that do nothing.
    func stop() {
        sendsClientsAway = true
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
        lag.observe(.now() - due)
        defer { due = .now() + Self.tickLength }
        tick += 1
        if tick % 10 == 0 { date = HTTPDate.now() }
        for connection in connections.values { connection.checkDeadline(tick) }
        upstreams.sweep(tick)
    }
}
