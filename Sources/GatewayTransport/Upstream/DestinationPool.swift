// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore
import NIOPosix

/// The connections of one event loop to one provider service, bounded in number.
///
/// The connection that was used last is used first, so that surplus ones grow old and close. Who finds all of them busy waits in line.
final class DestinationPool {
    /// Ticks that a connection may lie idle: less than the minute after which common servers close one.
    private static let idleTicks = 550
    /// Most calls that wait in line for a connection.
    private static let maximumWaiters = 4096

    /// A place in line, kept when another call was quicker.
    private struct Ticket {
        let number: Int
        let deadline: Int
    }

    private struct Waiter {
        let ticket: Ticket
        let continuation: UnsafeContinuation<Result<Void, GatewayError>, Never>
    }

    let service: ProviderService
    private unowned let owner: UpstreamPool
    private let tls: UpstreamTLS
    /// All open connections, in no order; each knows its position.
    private var connections: [UpstreamConnection] = []
    /// Idle ones with the tick since when; the last is the freshest.
    private var idle: [(connection: UpstreamConnection, since: Int)] = []
    private var connecting = 0
    private var waiters: [Waiter] = []
    private var nextTicket = 0
    private var lastUse = 0

    init(service: ProviderService, owner: UpstreamPool, tls: UpstreamTLS) {
        self.service = service
        self.owner = owner
        self.tls = tls
        lastUse = owner.tick
    }

    var name: ObjectName { service.name }
    var connectionCount: Int { connections.count }

    func deadline(after duration: Duration) -> Int { owner.tick + ServingLoop.ticks(duration) + 1 }

    func broken(_ cause: String) -> GatewayError {
        GatewayError(
            .upstreamUnavailable,
            "The provider '\(name)' could not be reached or broke off its answer.",
            cause: cause
        )
    }

    // MARK: Taking and giving back

    func connection(mustBeNew: Bool) async throws(GatewayError) -> UpstreamConnection {
        lastUse = owner.tick
        let ticket = Ticket(number: nextTicket, deadline: deadline(after: service.timeouts.connect))
        nextTicket += 1
        while true {
            if !mustBeNew {
                while let (connection, _) = idle.popLast() {
                    if connection.isUsable { return connection }
                }
            }
            if connections.count + connecting < service.maximumConnections { return try await connect() }
            // A new connection needs a place; an idle one gives up its own, which is free once it has closed.
            if mustBeNew { idle.popLast()?.connection.closeNow() }
            try await waitInLine(ticket, mustBeNew: mustBeNew)
        }
    }

    func giveBack(_ connection: UpstreamConnection) {
        lastUse = owner.tick
        idle.append((connection, owner.tick))
        admitNext()
    }

    func remove(_ connection: UpstreamConnection) {
        let position = connection.position
        guard position < connections.count, connections[position] === connection else { return }
        let last = connections.removeLast()
        if last !== connection {
            connections[position] = last
            last.position = position
        }
        idle.removeAll { $0.connection === connection }
        admitNext()
    }

    // MARK: Connecting

    private func connect() async throws(GatewayError) -> UpstreamConnection {
        connecting += 1
        let bound = NIOLoopBound(self, eventLoop: owner.eventLoop)
        let eventLoop = owner.eventLoop
        let isSecure = service.address.isSecure
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(TimeAmount(service.timeouts.connect))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pool = bound.value
                    if isSecure {
                        try channel.pipeline.syncOperations.addHandler(
                            pool.tls.makeHandler(host: pool.service.address.host)
                        )
                    }
                    try channel.pipeline.syncOperations.addHandler(
                        UpstreamConnection(pool: pool, eventLoop: channel.eventLoop, isSecure: isSecure)
                    )
                }
            }
        let outcome: Result<UpstreamConnection, any Error>
        do {
            let channel = try await bootstrap.connect(host: service.address.host, port: service.address.port).get()
            outcome = .success(try channel.pipeline.syncOperations.handler(type: UpstreamConnection.self))
        } catch {
            outcome = .failure(error)
        }
        connecting -= 1
        switch outcome {
        case .success(let connection) where !connection.isUsable:
            // It has closed already, and its place with it.
            admitNext()
            throw broken("It closed the connection at once.")
        case .success(let connection):
            connection.position = connections.count
            connections.append(connection)
            guard !Task.isCancelled else {
                giveBack(connection)
                throw GatewayError(.clientClosed, "The client closed the connection.")
            }
            return connection
        case .failure(let error):
            admitNext()
            throw broken("\(error)")
        }
    }

    // MARK: Waiting

    private func waitInLine(_ ticket: Ticket, mustBeNew: Bool) async throws(GatewayError) {
        guard waiters.count < Self.maximumWaiters, owner.tick < ticket.deadline else { throw busy() }
        let bound = NIOLoopBound(self, eventLoop: owner.eventLoop)
        let eventLoop = owner.eventLoop
        let result: Result<Void, GatewayError> = await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                if Task.isCancelled {
                    continuation.resume(
                        returning: .failure(GatewayError(.clientClosed, "The client closed the connection."))
                    )
                } else if !mustBeNew && !idle.isEmpty || connections.count + connecting < service.maximumConnections {
                    // One became free between the caller's look and this closure.
                    continuation.resume(returning: .success(()))
                } else {
                    let index = waiters.lastIndex { $0.ticket.number < ticket.number }
                    waiters.insert(Waiter(ticket: ticket, continuation: continuation), at: index.map { $0 + 1 } ?? 0)
                }
            }
        } onCancel: {
            eventLoop.execute { bound.value.dismiss(ticket) }
        }
        try result.get()
    }

    /// Lets the first in line look again, after a connection became free or gave up its place.
    private func admitNext() {
        guard !waiters.isEmpty else { return }
        waiters.removeFirst().continuation.resume(returning: .success(()))
    }

    private func dismiss(_ ticket: Ticket) {
        guard let index = waiters.firstIndex(where: { $0.ticket.number == ticket.number }) else { return }
        waiters.remove(at: index).continuation
            .resume(returning: .failure(GatewayError(.clientClosed, "The client closed the connection.")))
    }

    private func busy() -> GatewayError {
        GatewayError(
            .overloaded,
            "All connections to the provider '\(name)' are busy. Try again, or raise its `max_connections`."
        )
    }

    // MARK: Time

    func sweep(_ tick: Int) {
        for connection in connections { connection.checkDeadline(tick) }
        while let first = idle.first, tick - first.since > Self.idleTicks {
            idle.removeFirst()
            first.connection.closeNow()
        }
        while let first = waiters.first, tick >= first.ticket.deadline {
            waiters.removeFirst().continuation.resume(returning: .failure(busy()))
        }
    }

    func isForgotten(at tick: Int) -> Bool {
        connections.isEmpty && connecting == 0 && waiters.isEmpty && tick - lastUse > Self.idleTicks
    }

    func close() {
        for connection in connections { connection.closeNow() }
    }
}
