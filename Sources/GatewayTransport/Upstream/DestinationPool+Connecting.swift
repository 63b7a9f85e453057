// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore
import NIOPosix

/// How new connections come about, and how old ones follow a name that moves.
extension DestinationPool {
    /// Ticks for which an address that refused is tried after the others.
    private static let avoidanceTicks = 300

    func connect(within time: Duration) async throws(GatewayError) -> UpstreamConnection {
        connecting += 1
        let attempt = ConnectionAttempt(pool: self, time: time)
        attempts[ObjectIdentifier(attempt)] = attempt
        let outcome = await attempt.run()
        attempts[ObjectIdentifier(attempt)] = nil
        connecting -= 1
        do throws(GatewayError) {
            try outcome.get()
            // One that has closed already has given up its place.
            guard let connection = attempt.connection, connection.isOpen else {
                throw broken("It closed the connection immediately.")
            }
            connection.handshakeDeadline = attempt.limit
            connection.position = connections.count
            connections.append(connection)
            isListingDue = true
            guard Task.isCancelled else { return connection }
            giveBack(connection)
            throw .left
        } catch {
            admitNext()
            var error = error
            error.isUnsent = true
            throw error
        }
    }

    /// Connects to one address; `begun` is told what is going to be the connection, and may close it.
    func connect(
        to address: SocketAddress,
        within time: Duration,
        begun: @escaping @Sendable (UpstreamConnection) -> Void,
        completion: @escaping @Sendable (Result<Void, any Error>) -> Void
    ) {
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let hasHandshake = service.address.isSecure || endpoint.isSecure
        var destination = address
        destination.port = endpoint.port
        ClientBootstrap(group: eventLoop)
            .connectTimeout(TimeAmount(time))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            // Writable then means that everything has been written.
            .channelOption(.writeBufferWaterMark, value: .init(low: 1, high: 1))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pool = bound.value
                    try KeepAlive.enable(on: channel)
                    try pool.addHandlers(to: channel.pipeline.syncOperations)
                    let connection = UpstreamConnection(
                        pool: pool,
                        eventLoop: channel.eventLoop,
                        address: address,
                        hasHandshake: hasHandshake
                    )
                    try channel.pipeline.syncOperations.addHandler(connection)
                    begun(connection)
                }
            }
            .connect(to: destination)
            .map { _ in }
            .whenComplete(completion)
    }

    // MARK: Reachability

    /// Whether an address refused lately.
    func isUnreachable(_ address: SocketAddress) -> Bool {
        unreachable[address].map { tick - $0 < Self.avoidanceTicks } ?? false
    }

    func note(_ address: SocketAddress, isReachable: Bool) {
        if isReachable {
            if !unreachable.isEmpty { unreachable[address] = nil }
        } else {
            if unreachable.count >= 64 { unreachable = [:] }
            unreachable[address] = tick
        }
    }

    // MARK: The name

    func knownAddresses() -> NameAnswer? { resolver.known(endpoint.host) }

    var isNameWorthAsking: Bool { resolver.isWorthAsking(endpoint.host) }

    /// Asks for the name again before its time, at most once a second.
    func renewName() { resolver.renew(endpoint.host) }

    /// Lets the attempts that wait for the name go on once it has been looked up; all of them wait in one place.
    func awaitName(mustBeNew: Bool) {
        guard nameTicket == nil else { return }
        let ticket = resolver.makeTicket()
        nameTicket = ticket
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        resolver.wait(for: endpoint.host, ticket: ticket, mustBeNew: mustBeNew, on: eventLoop) { answer in
            let pool = bound.value
            guard pool.nameTicket == ticket else { return }
            pool.nameTicket = nil
            for attempt in pool.attempts.values where attempt.awaitsName { attempt.use(answer) }
        }
    }

    func stopAwaitingName() {
        guard let nameTicket else { return }
        self.nameTicket = nil
        resolver.leave(ticket: nameTicket, name: endpoint.host)
    }

    /// Asks for the name again where its answer is old, and gives up connections to addresses that have been missing from the answers for long.
    func followName() {
        guard literal == nil, !connections.isEmpty,
            case .addresses(let addresses, let version)? = knownAddresses()
        else { return }
        if isListingDue || version != listedVersion {
            isListingDue = false
            listedVersion = version
            for connection in connections {
                connection.missingSince = addresses.contains(connection.address) ? nil : connection.missingSince ?? tick
            }
        }
        let limit = tick - Int(resolver.bounds.absence.nanoseconds / ServingLoop.tickLength.nanoseconds)
        var isAnyRetired = false
        for connection in connections where !connection.isRetired {
            guard let since = connection.missingSince, since <= limit else { continue }
            connection.isRetired = true
            isAnyRetired = true
        }
        if isAnyRetired { closeRetired() }
    }
}
