// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import Testing

/// The other end of a connection, as raw bytes: a client of the listener, or one connection that an upstream accepted.
final class Peer: Sendable {
    private struct State {
        var received = ByteBuffer()
        var isClosed = false
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let peer: Peer

        init(_ peer: Peer) { self.peer = peer }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            peer.state.withLock { _ = $0.received.writeImmutableBuffer(unwrapInboundIn(data)) }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            // Both sides have ended.
            if case .inputClosed? = event as? ChannelEvent { context.close(promise: nil) }
        }

        func channelInactive(context: ChannelHandlerContext) {
            peer.state.withLock { $0.isClosed = true }
        }
    }

    let channel: any Channel
    private let state = Mutex(State())

    init(_ channel: any Channel, tls: NIOSSLHandler? = nil) throws {
        self.channel = channel
        if let tls { try channel.pipeline.syncOperations.addHandler(tls) }
        try channel.pipeline.syncOperations.addHandler(Handler(self))
    }

    /// Connects to a port of this machine.
    ///
    /// With `allowsHalfClosure` it stays open until the other side has closed, although its own side has ended.
    static func connect(
        host: String = "127.0.0.1",
        port: Int,
        isReading: Bool = true,
        allowsHalfClosure: Bool = false,
        trusting certificate: String? = nil
    ) async throws -> Peer {
        let made = Mutex<Peer?>(nil)
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: isReading)
            .channelOption(.allowRemoteHalfClosure, value: allowsHalfClosure)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    var tls: NIOSSLHandler?
                    if let certificate {
                        var configuration = TLSConfiguration.makeClientConfiguration()
                        configuration.trustRoots = .file(certificate)
                        let context = try NIOSSLContext(configuration: configuration)
                        tls = try NIOSSLClientHandler(context: context, serverHostname: "localhost")
                    }
                    let peer = try Peer(channel, tls: tls)
                    made.withLock { $0 = peer }
                }
            }
        if !isReading { _ = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: 8192) }
        _ = try await bootstrap.connect(host: host, port: port).get()
        return try #require(made.withLock { $0 })
    }

    var received: ByteBuffer { state.withLock { $0.received } }
    var text: String { String(buffer: received) }
    var count: Int { state.withLock { $0.received.readableBytes } }
    var isClosed: Bool { state.withLock { $0.isClosed } }

    func send(_ text: String) {
        channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
    }

    func send(_ bytes: ByteBuffer) {
        channel.writeAndFlush(bytes, promise: nil)
    }

    func setReading(_ isReading: Bool) async throws {
        try await channel.setOption(.autoRead, value: isReading).get()
        if isReading { channel.read() }
    }

    func close() async throws {
        try await channel.close().get()
    }

    /// Waits until these words have come.
    func receives(_ words: String, times: Int = 1, _ location: SourceLocation = #_sourceLocation) async {
        await eventually("'\(words)' arrives; so far: \(text.prefix(600))", location) {
            self.text.ranges(of: words).count >= times
        }
    }

    /// Waits until the other side has closed.
    func isClosedByTheOtherSide(_ location: SourceLocation = #_sourceLocation) async {
        await eventually("the connection closes; so far: \(text.prefix(600))", location) { self.isClosed }
    }
}

/// Waits until something is so, and records an issue if that takes far too long.
func eventually(
    _ what: @autoclosure () -> String,
    _ location: SourceLocation = #_sourceLocation,
    _ condition: () async -> Bool
) async {
    let clock = ContinuousClock()
    let end = clock.now + .seconds(20)
    while clock.now < end {
        if await condition() { return }
        try? await clock.sleep(for: .milliseconds(2))
    }
    Issue.record("It did not happen: \(what())", sourceLocation: location)
}

/// A number that several threads add to.
final class Counter: Sendable {
    private let number = Atomic<Int>(0)

    func add(_ amount: Int) { number.add(amount, ordering: .relaxed) }

    var value: Int { number.load(ordering: .relaxed) }
}
