// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayTransport
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing

private let request = "POST /chat HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
private let answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

/// Sends each request to the service that its path names.
private struct Switch: Sendable {
    let relays: [String: Relay]

    init(_ services: [String: ProviderService]) { relays = services.mapValues { Relay(service: $0) } }

    func serve(_ exchange: any HTTPExchange, _ upstream: any UpstreamClient) async {
        guard let relay = relays[String(exchange.request.target.dropFirst())] else {
            return exchange.send(status: 404, headers: [:], body: ByteBuffer())
        }
        await relay.serve(exchange, upstream)
    }
}

private func post(_ path: String) -> String { request.replacing("/chat", with: "/" + path) }

@Suite("Names of upstreams", .serialized, .timeLimit(.minutes(2)))
struct UpstreamNameTests {
    @Test("Calls to names that do not resolve leave calls to addresses, and to other names, alone")
    func hangingNames() async throws {
        let names = ScriptedNames(["healthy.test": .addresses(["127.0.0.1"])])
        defer { names.release() }
        let upstream = try await TestUpstream()
        var services = ["literal": try upstream.service()]
        services["healthy"] = try TestUpstream.service(baseURL: "http://healthy.test:\(upstream.port)")
        for number in 0..<40 {
            names.set("hanging-\(number).test", .hangs)
            services["hanging-\(number)"] = try TestUpstream.service(baseURL: "http://hanging-\(number).test")
        }
        try await withListener(resolver: names.resolver(), responder: Switch(services).serve) { _, port in
            var clients: [Peer] = []
            for number in 0..<80 {
                let client = try await Peer.connect(port: port)
                client.send(post("hanging-\(number % 40)"))
                clients.append(client)
            }
            await eventually("all are looked up") { Set(names.asked).count == 40 }
            for (index, path) in ["literal", "healthy"].enumerated() {
                let client = try await Peer.connect(port: port)
                client.send(post(path))
                let connection = try await upstream.connection(index)
                await connection.receives("hi")
                connection.send(answer)
                await client.receives("hello")
            }
            // One look-up each, although two calls wait for each.
            #expect(names.asked.filter { $0.hasPrefix("hanging") }.count == 40)
            #expect(clients.allSatisfy { $0.text.isEmpty })
        }
        try await upstream.close()
    }

    @Test("A name that does not resolve is an error at the connect time-out, and one that does not exist at once")
    func unresolved() async throws {
        let names = ScriptedNames(["hanging.test": .hangs])
        defer { names.release() }
        var timeouts = ProviderService.Timeouts()
        timeouts.connect = .milliseconds(300)
        let services = [
            "hanging": try TestUpstream.service(baseURL: "http://hanging.test", timeouts: timeouts),
            "missing": try TestUpstream.service(baseURL: "http://missing.test"),
        ]
        try await withListener(resolver: names.resolver(), responder: Switch(services).serve) { _, port in
            for path in ["hanging", "missing"] {
                let client = try await Peer.connect(port: port)
                client.send(post(path))
                await client.receives("'test.providers.upstream'")
                #expect(client.text.hasPrefix("HTTP/1.1 502 "))
            }
        }
    }

    @Test("A client that leaves while a name is looked up ends its call, and frees its place in line")
    func clientLeavesName() async throws {
        let names = ScriptedNames(["hanging.test": .hangs])
        defer { names.release() }
        let service = try TestUpstream.service(baseURL: "http://hanging.test", maximumConnections: 1)
        let relay = Relay(service: service)
        try await withListener(resolver: names.resolver(), responder: relay.serve) { _, port in
            let client = try await Peer.connect(port: port)
            client.send(request)
            let second = try await Peer.connect(port: port)
            second.send(request)
            await eventually("the name is looked up") { names.asked == ["hanging.test"] }
            try await client.close()
            await eventually("the call ends") { relay.log.all == ["clientClosed cancelled=true"] }
            try await second.close()
            await eventually("both end") { relay.log.all.count == 2 }
        }
    }

    @Test("A client that leaves while an address keeps silent ends its call, and the attempt to connect")
    func clientLeavesConnecting() async throws {
        let hole = try await BlackHole()
        let relay = Relay(service: try TestUpstream.service(baseURL: "http://127.0.0.1:\(hole.port)"))
        try await withListener(responder: relay.serve) { _, port in
            let client = try await Peer.connect(port: port)
            client.send(request)
            try await Task.sleep(for: .milliseconds(200))
            #expect(relay.log.all.isEmpty)
            try await client.close()
            await eventually("the call ends") { relay.log.all == ["clientClosed cancelled=true"] }
        }
        try await hole.close()
    }

    @Test("The next address is tried where one refuses, and where one keeps silent")
    func severalAddresses() async throws {
        let hole = try await BlackHole()
        let upstream = try await TestUpstream(host: "127.0.0.3", port: hole.port)
        // Nobody listens on 127.0.0.2, and 127.0.0.1 does not answer.
        let names = ScriptedNames([
            "several.test": .addresses(["127.0.0.2", "::1", "127.0.0.1", "127.0.0.3"])
        ])
        let relay = Relay(service: try TestUpstream.service(baseURL: "http://several.test:\(hole.port)"))
        try await withListener(resolver: names.resolver(), responder: relay.serve) { _, port in
            let client = try await Peer.connect(port: port)
            client.send(request)
            let connection = try await upstream.connection(0)
            await connection.receives("hi")
            connection.send(answer)
            await client.receives("hello")
        }
        try await upstream.close()
        try await hole.close()
    }

    @Test("Connections in use follow a name that moves, without an error, although the old address still answers")
    func moves() async throws {
        let old = try await TestUpstream()
        let new = try await TestUpstream(host: "127.0.0.2", port: old.port)
        let names = ScriptedNames(["moving.test": .addresses(["127.0.0.1"])])
        let relay = Relay(service: try TestUpstream.service(baseURL: "http://moving.test:\(old.port)"))
        try await withListener(resolver: names.resolver(.hasty), responder: relay.serve) { _, port in
            let client = try await Peer.connect(port: port)
            client.send(request)
            let first = try await old.connection(0)
            await first.receives("hi")
            names.set("moving.test", .addresses(["127.0.0.2"]))
            // The connection is in use when the name moves: it serves to the end of its answer.
            try await Task.sleep(for: .milliseconds(2500))
            #expect(!first.isClosed)
            first.send(answer)
            await client.receives("hello")
            await first.isClosedByTheOtherSide()
            client.send(request)
            let second = try await new.connection(0)
            await second.receives("hi")
            second.send(answer)
            await client.receives("hello", times: 2)
            #expect(old.connectionCount == 1)
        }
        try await old.close()
        try await new.close()
    }

    @Test("While a name cannot be looked up, its last addresses serve, and connections to them stay")
    func lastKnownGood() async throws {
        let upstream = try await TestUpstream()
        let names = ScriptedNames(["failing.test": .addresses(["127.0.0.1"])])
        let relay = Relay(service: try TestUpstream.service(baseURL: "http://failing.test:\(upstream.port)"))
        try await withListener(resolver: names.resolver(.hasty), responder: relay.serve) { _, port in
            let client = try await Peer.connect(port: port)
            for round in 1...3 {
                client.send(request)
                let connection = try await upstream.connection(round - 1)
                await connection.receives("hi")
                names.set("failing.test", .fails)
                let count = names.asked.count
                await eventually("the name is asked for again") { names.asked.count > count + 1 }
                #expect(!connection.isClosed)
                connection.send(answer)
                await client.receives("hello", times: round)
                try await connection.close()
            }
        }
        try await upstream.close()
    }

    @Test("Where every known address refuses, the name is asked for again before the call fails")
    func movedMeanwhile() async throws {
        let names = ScriptedNames(["moved.test": .addresses(["127.0.0.1"])])
        let upstream = try await TestUpstream(host: "127.0.0.2")
        let other = try await TestUpstream(port: upstream.port)
        let relay = Relay(service: try TestUpstream.service(baseURL: "http://moved.test:\(upstream.port)"))
        var bounds = NameResolver.Bounds()
        bounds.lifetime = .hours(1)
        bounds.failureLifetime = .zero
        try await withListener(resolver: names.resolver(bounds), responder: relay.serve) { _, port in
            let client = try await Peer.connect(port: port)
            client.send(request)
            let first = try await other.connection(0)
            await first.receives("hi")
            first.send(answer)
            await client.receives("hello")
            try await other.close()
            names.set("moved.test", .addresses(["127.0.0.2"]))
            client.send(request)
            let second = try await upstream.connection(0)
            await second.receives("hi")
            second.send(answer)
            await client.receives("hello", times: 2)
            #expect(names.asked.count >= 2)
        }
        try await upstream.close()
    }

    @Test("Where every known address keeps silent, the name is asked for again while the call waits")
    func silentMeanwhile() async throws {
        let hole = try await BlackHole()
        let upstream = try await TestUpstream(host: "127.0.0.3", port: hole.port)
        let names = ScriptedNames(["moved.test": .addresses(["127.0.0.1"])])
        let relay = Relay(service: try TestUpstream.service(baseURL: "http://moved.test:\(hole.port)"))
        var bounds = NameResolver.Bounds()
        bounds.lifetime = .hours(1)
        try await withListener(resolver: names.resolver(bounds), responder: relay.serve) { _, port in
            let client = try await Peer.connect(port: port)
            client.send(request)
            await eventually("the name is looked up") { names.asked.count == 1 }
            names.set("moved.test", .addresses(["127.0.0.3"]))
            let connection = try await upstream.connection(0)
            await connection.receives("hi")
            connection.send(answer)
            await client.receives("hello")
        }
        try await upstream.close()
        try await hole.close()
    }

    @Test("An address is connected to directly, IPv6 in brackets too", arguments: ["127.0.0.1", "[::1]"])
    func direct(host: String) async throws {
        let upstream = try await TestUpstream(host: host.filter { $0 != "[" && $0 != "]" })
        let names = ScriptedNames([:])
        let relay = Relay(service: try TestUpstream.service(baseURL: "http://\(host):\(upstream.port)"))
        try await withListener(resolver: names.resolver(), responder: relay.serve) { _, port in
            let client = try await Peer.connect(port: port)
            client.send(request)
            let connection = try await upstream.connection(0)
            await connection.receives("hi")
            connection.send(answer)
            await client.receives("hello")
        }
        #expect(names.asked.isEmpty)
        try await upstream.close()
    }
}

/// A port of 127.0.0.1 that neither accepts nor refuses: its line of connections is full.
private struct BlackHole {
    let port: Int
    private let channel: any Channel
    private let fillers: [EventLoopFuture<any Channel>]

    init() async throws {
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 0)
            .serverChannelOption(.autoRead, value: false)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = channel.localAddress?.port ?? 0
        self.port = port
        fillers = try (0..<3).map { _ in
            let address = try SocketAddress(ipAddress: "127.0.0.1", port: port)
            return ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(to: address)
        }
        // Which of them have a place is the system's choice; the line is full when one waits.
        try await Task.sleep(for: .milliseconds(200))
    }

    func close() async throws {
        for filler in fillers { filler.whenSuccess { $0.close(promise: nil) } }
        try await channel.close().get()
    }
}
