// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore
import NIOSSL

/// The connections of one event loop to one provider service, bounded in number.
///
/// The connection that was used last is used first, so that surplus ones grow old and close. Who finds all of them busy waits in line.
final class DestinationPool {
    /// How long an idle connection is kept, over TLS: less than the minute after which the vendors' servers and load balancers close one.
    private static let secureKeepAlive = Duration.seconds(55)
    /// The same without TLS.
    ///
    /// There stand servers of one's own, of which many close after five seconds (uvicorn, Node), and a new connection costs little.
    private static let plainKeepAlive = Duration.seconds(4)
    /// The longest time that an upstream's own word on idle connections is taken for, in seconds: a day.
    private static let longestKeepAlive = 86_400
    /// Ticks after which a pool without connections is forgotten.
    private static let forgottenTicks = 550
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
    unowned let owner: UpstreamPool
    private let tls: UpstreamTLS
    /// Made for the first connection.
    private var tlsContext: NIOSSLContext?
    let resolver: NameResolver
    /// Where connections lead: to the proxy where there is one, else to the upstream.
    let endpoint: UpstreamAddress
    /// What requests for an `http://` upstream need that go to a proxy; nil for any other.
    let forwarding: ProxyForwarding?
    /// The endpoint's address where its host is one by itself; nil for a name.
    let literal: SocketAddress?
    /// All open connections, in no order; each knows its position.
    var connections: [UpstreamConnection] = []
    /// Idle ones with the tick since when; the last is the freshest.
    private var idle: [(connection: UpstreamConnection, since: Int)] = []
    /// Ticks that a connection may lie idle.
    private var idleTicks: Int
    var connecting = 0
    var attempts: [ObjectIdentifier: ConnectionAttempt] = [:]
    /// Addresses that refused, and when.
    var unreachable: [SocketAddress: Int] = [:]
    /// What this pool waits for the name with; nil while it does not.
    var nameTicket: Int?
    /// The version of the name's addresses that the connections were last compared with.
    var listedVersion = -1
    /// Whether there are connections that were not compared yet.
    var isListingDue = false
    private var waiters: [Waiter] = []
    private var nextTicket = 0
    private var lastUse = 0

    init(service: ProviderService, owner: UpstreamPool, tls: UpstreamTLS, resolver: NameResolver) {
        self.service = service
        self.owner = owner
        self.tls = tls
        self.resolver = resolver
        endpoint = service.route.proxy?.address ?? service.address
        forwarding = service.address.isSecure ? nil : service.route.proxy.map { ProxyForwarding($0, service.address) }
        literal = SocketAddress(literal: endpoint.host, port: endpoint.port)
        let standard = service.address.isSecure ? Self.secureKeepAlive : Self.plainKeepAlive
        idleTicks = ServingLoop.ticks(service.timeouts.keepAlive ?? standard)
        lastUse = owner.tick
    }

    var name: ObjectName { service.name }
    var connectionCount: Int { connections.count }
    var eventLoop: any EventLoop { owner.eventLoop }
    var tick: Int { owner.tick }

    func deadline(after duration: Duration) -> Int { owner.tick + ServingLoop.ticks(duration) + 1 }

    func broken(_ cause: String) -> GatewayError {
        GatewayError(
            .upstreamUnavailable,
            "The provider '\(name)' could not be reached or closed the connection mid-response.",
            cause: cause
        )
    }

    /// A failure to reach the upstream.
    func unreached(_ cause: String) -> GatewayError {
        broken(service.route.proxy.map { "The proxy \($0) could not be reached. \(cause)" } ?? cause)
    }

    /// Makes a connection's pipeline: TLS to the proxy, the tunnel, and TLS to the upstream, where they are needed.
    func addHandlers(to pipeline: ChannelPipeline.SynchronousOperations) throws {
        if let proxy = service.route.proxy {
            if proxy.address.isSecure {
                let context = try tls.context(for: service.route.tls.ofOtherServers)
                try pipeline.addHandler(UpstreamTLS.handler(context, name: proxy.address.host))
            }
            if service.address.isSecure { try pipeline.addHandler(ProxyTunnel(to: service.address, through: proxy)) }
        }
        guard service.address.isSecure else { return }
        let context = try tlsContext ?? tls.context(for: service.route.tls)
        tlsContext = context
        try pipeline.addHandler(UpstreamTLS.handler(context, name: verifiedName))
    }

    /// The name that the upstream's certificate must have.
    var verifiedName: String { service.route.tls.serverName ?? service.address.host }

    // MARK: Taking and giving back

    /// A connection for one request.
    ///
    /// - Parameters:
    ///   - mustBeNew: Whether one that has served before will not do.
    ///   - time: How long to wait for it.
    /// - Returns: One that is open and carries no request.
    /// - Throws: ``GatewayError/Code/upstreamUnavailable`` or ``GatewayError/Code/upstreamTimeout`` if none can be made, ``GatewayError/Code/overloaded`` if all are busy.
    func connection(mustBeNew: Bool, within time: Duration) async throws(GatewayError) -> UpstreamConnection {
        lastUse = owner.tick
        let ticket = Ticket(number: nextTicket, deadline: deadline(after: time))
        nextTicket += 1
        while true {
            if !mustBeNew {
                while let (connection, since) = idle.popLast() {
                    if connection.isUsable(afterRest: since != owner.tick) { return connection }
                    connection.closeNow()
                }
            }
            if connections.count + connecting < service.maximumConnections { return try await connect(within: time) }
            // A new connection needs a place; an idle one gives up its own, which is free once it has closed.
            if mustBeNew { idle.popLast()?.connection.closeNow() }
            try await waitInLine(ticket, mustBeNew: mustBeNew)
            guard !Task.isCancelled else {
                // Its turn came when it had left: what became free is the next one's.
                admitNext()
                throw .left
            }
        }
    }

    func giveBack(_ connection: UpstreamConnection) {
        lastUse = owner.tick
        guard !connection.isRetired else { return connection.closeNow() }
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

    /// Closes idle connections that are not to be used again; those in use close after their answer.
    func closeRetired() {
        let retired = idle.filter(\.connection.isRetired)
        idle.removeAll(where: \.connection.isRetired)
        for (connection, _) in retired { connection.closeNow() }
    }

    /// Notes how long the upstream says that it keeps idle connections, in seconds; any number.
    func noteKeepAlive(_ seconds: Int) {
        idleTicks = min(idleTicks, (min(max(seconds, 1), Self.longestKeepAlive) - 1) * 10)
    }

    // MARK: Waiting

    private func waitInLine(_ ticket: Ticket, mustBeNew: Bool) async throws(GatewayError) {
        guard waiters.count < Self.maximumWaiters, owner.tick < ticket.deadline else { throw busy() }
        let bound = NIOLoopBound(self, eventLoop: owner.eventLoop)
        let eventLoop = owner.eventLoop
        let result: Result<Void, GatewayError> = await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                if Task.isCancelled {
                    continuation.resume(returning: .failure(.left))
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
    func admitNext() {
        guard !waiters.isEmpty else { return }
        waiters.removeFirst().continuation.resume(returning: .success(()))
    }

    private func dismiss(_ ticket: Ticket) {
        guard let index = waiters.firstIndex(where: { $0.ticket.number == ticket.number }) else { return }
        waiters.remove(at: index).continuation.resume(returning: .failure(.left))
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
        while let first = idle.first, tick - first.since > idleTicks {
            idle.removeFirst()
            first.connection.closeNow()
        }
        for attempt in attempts.values { attempt.check(tick) }
        if tick % 10 == 0 { followName() }
        let late = waiters.prefix { tick >= $0.ticket.deadline }
        waiters.removeFirst(late.count)
        for waiter in late { waiter.continuation.resume(returning: .failure(busy())) }
    }

    func isForgotten(at tick: Int) -> Bool {
        connections.isEmpty && connecting == 0 && waiters.isEmpty && nameTicket == nil
            && tick - lastUse > Self.forgottenTicks
    }

    func close() {
        stopAwaitingName()
        for attempt in attempts.values { attempt.end(with: broken("The gateway is stopping.")) }
        for connection in connections { connection.closeNow() }
    }
}
