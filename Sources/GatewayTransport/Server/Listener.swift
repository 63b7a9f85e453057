// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import Logging
package import NIOCore
package import NIOHTTP1
package import NIOPosix
import NIOSSL
import Synchronization

/// Accepts client connections on one address and hands each request to a responder.
///
/// Each connection belongs to one event loop, and so do the upstream connections that its requests use.
package final class Listener: Sendable {
    /// What the listener counts, for `/metrics`.
    package struct Gauges: Sendable {
        package var connections: Int
        package var bodyBytesInFlight: Int
        /// How late its event loops did what was due.
        package var eventLoopLag: Histogram
    }

    package let address: SocketAddress
    private let channel: any Channel
    private let loops: [(eventLoop: any EventLoop, loop: NIOLoopBound<ServingLoop>)]
    private let connectionCount: ConnectionCount
    private let lag: EventLoopLag
    private let settings: ListenerSettings
    private let certificate: ServerCertificate?
    private let drainDelay: Duration
    private let shutdownTimeout: Duration
    private let hasBegunToStop = Atomic<Bool>(false)

    /// Opens and closes, over all event loops.
    private final class ConnectionCount: Sendable {
        let value = Atomic<Int>(0)
    }

    private init(
        channel: any Channel,
        address: SocketAddress,
        loops: [(eventLoop: any EventLoop, loop: NIOLoopBound<ServingLoop>)],
        connectionCount: ConnectionCount,
        lag: EventLoopLag,
        settings: ListenerSettings,
        certificate: ServerCertificate?,
        server: Configuration.Server
    ) {
        self.channel = channel
        self.address = address
        self.loops = loops
        self.connectionCount = connectionCount
        self.lag = lag
        self.settings = settings
        self.certificate = certificate
        drainDelay = server.drainDelay
        shutdownTimeout = server.shutdownTimeout
    }

    /// Binds and begins to accept.
    ///
    /// - Parameters:
    ///   - group: The event loops; each serves its share of the connections.
    ///   - host: An address or a name of this machine.
    ///   - port: 0 takes a free one; see ``address``.
    ///   - server: Bounds, time-outs and TLS.
    ///   - responder: Answers the requests.
    ///   - upstreamCertificateFiles: PEM files, or directories of them, with authorities that upstreams may be certified by, beside the system's.
    ///   - resolver: Where the addresses of upstreams' names come from.
    ///   - largeBodies: Where large bodies are decompressed.
    ///   - accessLog: Takes a record of each request when it has ended, on the request's event loop; nil for none.
    ///   - malformedRequest: What to answer, headers and body, to requests that are not HTTP: from status and message.
    ///   - logger: Where it says that no connections can be accepted.
    /// - Returns: The listener, which is accepting.
    /// - Throws: what the system says when the address cannot be bound, or what is wrong with the certificate.
    package static func bind(
        group: MultiThreadedEventLoopGroup,
        host: String,
        port: Int,
        server: Configuration.Server,
        responder: any HTTPResponder,
        upstreamCertificateFiles: [String] = [],
        resolver: NameResolver = NameResolver(),
        largeBodies: LargeBodies = LargeBodies(),
        accessLog: (@Sendable (AccessRecord) -> Void)? = nil,
        malformedRequest: @escaping @Sendable (Int, String) -> (HTTPHeaders, ByteBuffer),
        logger: Logger = Logger(label: "gatehouse.listener")
    ) async throws -> Listener {
        let settings = ListenerSettings(
            responder: responder,
            server: server,
            largeBodies: largeBodies,
            accessLog: accessLog,
            malformedRequest: malformedRequest,
            logger: logger
        )
        let certificate = try server.tls.map(ServerCertificate.init)
        let upstreamTLS = UpstreamTLS(certificateFiles: upstreamCertificateFiles)
        let lag = EventLoopLag()
        let loops = try await servingLoops(of: group, upstreamTLS: upstreamTLS, resolver: resolver, lag: lag)
        let byEventLoop = Dictionary(uniqueKeysWithValues: loops.map { (ObjectIdentifier($0.eventLoop), $0.loop) })
        let count = ConnectionCount()
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try KeepAlive.enable(on: channel)
                    try channel.pipeline.syncOperations.addHandler(AcceptPause(logger: logger))
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // What waits to be sent counts beyond that, so it must be little: so many connections may hold it uncounted.
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 4 << 10, high: 8 << 10))
            // A client that has sent all it has to say may end its side and wait for its answer.
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                let serve: @Sendable () throws -> Void = {
                    guard let loop = byEventLoop[ObjectIdentifier(channel.eventLoop)]?.value else { return }
                    channel.closeFuture.whenComplete { _ in count.value.subtract(1, ordering: .relaxed) }
                    let pipeline = channel.pipeline.syncOperations
                    let connection = ServerConnection(loop: loop, settings: settings)
                    if settings.expectsProxyHeader, settings.proxies.contains(channel.peerAddress) {
                        let notice = settings.notices.proxyHeader
                        try pipeline.addHandler(ProxyHeaderHandler(connection, notice: notice))
                    }
                    if let certificate {
                        try pipeline.addHandler(PlainHTTPRefusal(settings))
                        try pipeline.addHandler(NIOSSLServerHandler(context: certificate.context))
                    }
                    try pipeline.addHandler(connection)
                }
                // A connection that makes room still counts until it has closed.
                guard count.value.add(1, ordering: .relaxed).newValue > server.maximumConnections else {
                    return channel.eventLoop.makeCompletedFuture(withResultOf: serve)
                }
                return makeRoom(for: channel, on: loops).flatMapThrowing { hasRoom in
                    if hasRoom { return try serve() }
                    count.value.subtract(1, ordering: .relaxed)
                    channel.close(promise: nil)
                }
            }
        let channel: any Channel
        do {
            channel = try await bootstrap.bind(host: host, port: port).get()
        } catch {
            throw BindError(host: host, port: port, cause: "\(error)")
        }
        guard let address = channel.localAddress else { throw ChannelError.unknownLocalAddress }
        return Listener(
            channel: channel,
            address: address,
            loops: loops,
            connectionCount: count,
            lag: lag,
            settings: settings,
            certificate: certificate,
            server: server
        )
    }

    private static func servingLoops(
        of group: MultiThreadedEventLoopGroup,
        upstreamTLS: UpstreamTLS,
        resolver: NameResolver,
        lag: EventLoopLag
    ) async throws -> [(eventLoop: any EventLoop, loop: NIOLoopBound<ServingLoop>)] {
        var loops: [(eventLoop: any EventLoop, loop: NIOLoopBound<ServingLoop>)] = []
        for eventLoop in group.makeIterator() {
            let loop = try await eventLoop.submit {
                NIOLoopBound(
                    ServingLoop(eventLoop: eventLoop, upstreamTLS: upstreamTLS, resolver: resolver, lag: lag),
                    eventLoop: eventLoop
                )
            }.get()
            loops.append((eventLoop, loop))
        }
        return loops
    }

    /// Closes a connection that rests, on the event loop of the newcomer if there is one, else on another: how connections are spread over the loops is chance.
    private static func makeRoom(
        for newcomer: any Channel,
        on loops: [(eventLoop: any EventLoop, loop: NIOLoopBound<ServingLoop>)]
    ) -> EventLoopFuture<Bool> {
        let own = newcomer.eventLoop
        let others = loops.filter { $0.eventLoop !== own }
        var hasRoom = own.makeSucceededFuture(
            loops.first { $0.eventLoop === own }.map { $0.loop.value.makeRoom() } ?? false
        )
        for (eventLoop, loop) in others {
            hasRoom = hasRoom.flatMap { hasRoom in
                guard !hasRoom else { return own.makeSucceededFuture(true) }
                return eventLoop.submit { loop.value.makeRoom() }.hop(to: own)
            }
        }
        return hasRoom
    }

    /// The address cannot be listened on.
    package struct BindError: Error, CustomStringConvertible {
        let host: String
        let port: Int
        let cause: String

        package var description: String {
            "Cannot listen on \(host) port \(port): another process uses it, or the address is not on this machine. Choose others with --host and --port. (\(cause))"
        }
    }

    /// Reads the files of the certificate and its key again, for the connections that come; what was read before stays in use if they are no good.
    ///
    /// - Throws: what is wrong with the files.
    package func reloadCertificate() throws { try certificate?.reload() }

    package var gauges: Gauges {
        Gauges(
            connections: connectionCount.value.load(ordering: .relaxed),
            bodyBytesInFlight: settings.budget.inUse,
            eventLoopLag: lag.histogram
        )
    }

    /// Whether it is about to stop, so that nobody should be sent here any more.
    package var isStopping: Bool { hasBegunToStop.load(ordering: .relaxed) }

    /// Tells clients to go elsewhere for the configured delay; then stops accepting, lets the requests under way end, and closes what is left after the configured
    /// time.
    package func stop() async {
        hasBegunToStop.store(true, ordering: .relaxed)
        let clock = ContinuousClock()
        if drainDelay > .zero {
            for (eventLoop, loop) in loops { try? await eventLoop.submit { loop.value.sendClientsAway() }.get() }
            try? await clock.sleep(for: drainDelay)
        }
        try? await channel.close().get()
        for (eventLoop, loop) in loops { try? await eventLoop.submit { loop.value.stop() }.get() }
        let end = clock.now + shutdownTimeout
        while connectionCount.value.load(ordering: .relaxed) > 0, clock.now < end {
            try? await clock.sleep(for: .milliseconds(20))
        }
        for (eventLoop, loop) in loops { try? await eventLoop.submit { loop.value.close() }.get() }
    }
}

extension Channel {
    /// The peer's IP address; empty if it is not known.
    ///
    /// An IPv4 address is written as such on a socket of IPv6 too.
    var peerAddress: String {
        guard let text = remoteAddress?.ipAddress else { return "" }
        return text.hasPrefix("::ffff:") && text.contains(".") ? String(text.dropFirst(7)) : text
    }
}
