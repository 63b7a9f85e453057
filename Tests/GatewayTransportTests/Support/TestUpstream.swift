// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import Testing

/// An upstream whose every byte the test writes itself.
final class TestUpstream: Sendable {
    private let channel: any Channel
    let port: Int

    private final class Box: Sendable {
        let peers = Mutex<[Peer]>([])
    }

    private let box: Box

    init(
        tls context: NIOSSLContext? = nil,
        isReading: Bool = true,
        host: String = "127.0.0.1",
        port: Int = 0
    ) async throws {
        let box = Box()
        self.box = box
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: isReading)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let peer = try Peer(channel, tls: context.map { NIOSSLServerHandler(context: $0) })
                    box.peers.withLock { $0.append(peer) }
                }
            }
            .bind(host: host, port: port).get()
        self.port = channel.localAddress?.port ?? 0
    }

    var connectionCount: Int { box.peers.withLock { $0.count } }

    /// Waits for the connection of that number, the first is 0.
    func connection(_ index: Int, _ location: SourceLocation = #_sourceLocation) async throws -> Peer {
        await eventually("connection \(index) arrives", location) { self.connectionCount > index }
        return try #require(box.peers.withLock { $0.count > index ? $0[index] : nil }, sourceLocation: location)
    }

    func close() async throws {
        try await channel.close().get()
        for peer in box.peers.withLock({ $0 }) { try? await peer.close() }
    }

    func service(
        isSecure: Bool = false,
        timeouts: ProviderService.Timeouts = ProviderService.Timeouts(),
        maximumConnections: Int = 8,
        resendsUnanswered: Bool = false
    ) throws -> ProviderService {
        try Self.service(
            baseURL: "\(isSecure ? "https://localhost" : "http://127.0.0.1"):\(port)",
            timeouts: timeouts,
            maximumConnections: maximumConnections,
            resendsUnanswered: resendsUnanswered
        )
    }

    static func service(
        baseURL: String,
        timeouts: ProviderService.Timeouts = ProviderService.Timeouts(),
        maximumConnections: Int = 8,
        resendsUnanswered: Bool = false
    ) throws -> ProviderService {
        ProviderService(
            name: try #require(ObjectName("test.providers.upstream")),
            provider: Provider(id: "custom", displayName: "Custom", wireFormats: [.openAIChat]) { _ in "/chat" },
            address: try #require(UpstreamAddress(baseURL: baseURL)),
            apiKey: nil,
            wireFormats: [.openAIChat],
            timeouts: timeouts,
            maximumConnections: maximumConnections,
            resendsUnanswered: resendsUnanswered
        )
    }
}
