// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayTransport
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

/// Reads the body for the caller that the header `x-caller` names, and answers with its size.
private struct Callers: Sendable {
    let accounts = CallerAccounts()

    @Sendable func size(_ exchange: any HTTPExchange, _: any UpstreamClient) async {
        let account = accounts.account(of: exchange.request.headers.first(name: "x-caller") ?? "")
        do throws(GatewayError) {
            let body = try await exchange.body(for: account)
            exchange.send(status: 200, headers: [:], body: ByteBuffer(string: "\(body.readableBytes) bytes"))
        } catch {
            var headers = HTTPHeaders()
            if let retryAfter = error.retryAfter { headers.add(name: "retry-after", value: retryAfter) }
            exchange.send(status: error.status, headers: headers, body: ByteBuffer(string: error.message))
        }
    }
}

private func post(_ caller: String, announcing size: Int) -> String {
    "POST / HTTP/1.1\r\nHost: a\r\nX-Caller: \(caller)\r\nContent-Length: \(size)\r\n\r\n"
}

@Suite("Bounds against clients", .serialized, .timeLimit(.minutes(2)))
struct ClientBoundsTests {
    @Test("A body that is announced and does not come takes nothing from anybody")
    func announcements() async throws {
        var server = Configuration.Server()
        server.maximumBodyBytes = 1 << 20
        server.maximumBodyBytesInFlight = 2 << 20
        let callers = Callers()
        try await withListener(server, responder: callers.size) { listener, port in
            var trickles: [Peer] = []
            for number in 0..<16 {
                let peer = try await Peer.connect(port: port)
                peer.send(post("trickle \(number)", announcing: 1 << 20) + "x")
                trickles.append(peer)
            }
            await eventually("each has come as far as it sent") { listener.gauges.bodyBytesInFlight == 16 }
            let other = try await Peer.connect(port: port)
            other.send(post("other", announcing: 500_000) + String(repeating: "x", count: 500_000))
            await other.receives("500000 bytes")
            #expect(trickles.allSatisfy { $0.text.isEmpty })
        }
    }

    @Test("Of a request that is answered without its body, nothing is read or counted")
    func unreadBodies() async throws {
        let refuse: @Sendable (any HTTPExchange, any UpstreamClient) async -> Void = { exchange, _ in
            exchange.send(status: 404, headers: [:], body: ByteBuffer(string: "nothing here"))
        }
        try await withListener(responder: refuse) { listener, port in
            for _ in 0..<16 {
                let peer = try await Peer.connect(port: port)
                peer.send(post("", announcing: 32 << 20) + "x")
                await peer.receives("nothing here")
                #expect(listener.gauges.bodyBytesInFlight == 0)
            }
        }
    }

    @Test("A caller beyond its share is told to wait, and another is served")
    func shares() async throws {
        var server = Configuration.Server()
        server.maximumBodyBytes = 100_000
        server.maximumBodyBytesInFlight = 1_000_000
        server.bodyBytesInFlightPerCaller = 150_000
        let callers = Callers()
        try await withListener(server, responder: callers.size) { listener, port in
            let first = try await Peer.connect(port: port)
            first.send(post("greedy", announcing: 100_000) + String(repeating: "x", count: 90_000))
            await eventually("what came is counted") { listener.gauges.bodyBytesInFlight == 90_000 }
            // Refused by what it announces, before it sends anything; and by what comes, where nothing is announced.
            let second = try await Peer.connect(port: port)
            second.send(post("greedy", announcing: 70_000))
            await second.receives("HTTP/1.1 429 ")
            await second.receives("retry-after: 1\r\n")
            let chunked = try await Peer.connect(port: port)
            chunked.send(
                "POST / HTTP/1.1\r\nHost: a\r\nX-Caller: greedy\r\nTransfer-Encoding: chunked\r\n\r\n13880\r\n"
                    + String(repeating: "x", count: 80_000)
            )
            await chunked.receives("HTTP/1.1 429 ")
            let other = try await Peer.connect(port: port)
            other.send(post("modest", announcing: 100_000) + String(repeating: "x", count: 100_000))
            await other.receives("100000 bytes")
            first.send(String(repeating: "x", count: 10_000))
            await first.receives("100000 bytes")
            let third = try await Peer.connect(port: port)
            third.send(post("greedy", announcing: 70_000) + String(repeating: "x", count: 70_000))
            await third.receives("70000 bytes")
        }
    }

    @Test("What a request holds beside its body counts until its response is out")
    func heldBytes() async throws {
        var server = Configuration.Server()
        server.maximumBodyBytesInFlight = 100 << 20
        server.bodyBytesInFlightPerCaller = 20 << 20
        let isReleased = Atomic<Bool>(false)
        let caller = CallerAccount()
        let hold: @Sendable (any HTTPExchange, any UpstreamClient) async -> Void = { exchange, _ in
            do throws(GatewayError) {
                try exchange.hold(14 << 20, for: caller)
                exchange.start(status: 200, headers: [:])
                try await exchange.write(ByteBuffer(string: "held"))
                while !isReleased.load(ordering: .relaxed) { try? await Task.sleep(for: .milliseconds(2)) }
                exchange.finish(ByteBuffer())
            } catch {
                exchange.send(status: error.status, headers: [:], body: ByteBuffer(string: error.message))
            }
        }
        try await withListener(server, responder: hold) { listener, port in
            let first = try await Peer.connect(port: port)
            first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await first.receives("held")
            #expect(listener.gauges.bodyBytesInFlight == 14 << 20)
            let second = try await Peer.connect(port: port)
            second.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await second.receives("HTTP/1.1 429 ")
            isReleased.store(true, ordering: .relaxed)
            await first.receives("0\r\n\r\n")
            await eventually("it is given back") { listener.gauges.bodyBytesInFlight == 0 }
        }
    }

    @Test("A client that leaves takes nothing with it, whatever its request still does")
    func departures() async throws {
        var server = Configuration.Server()
        server.requestsInFlightPerCaller = 1
        let departures = Counter()
        let caller = CallerAccount()
        let held = Counter()
        let hold: @Sendable (any HTTPExchange, any UpstreamClient) async -> Void = { exchange, _ in
            if exchange.request.target == "/slow" {
                // Not cancelled with the request, as a read of the store is not.
                await Task.detached {
                    while departures.value == 0 { try? await Task.sleep(for: .milliseconds(2)) }
                }.value
            }
            do throws(GatewayError) {
                try exchange.hold(1 << 20, for: caller)
                held.add(1)
                exchange.send(status: 200, headers: [:], body: ByteBuffer(string: "held"))
            } catch {
                exchange.send(status: error.status, headers: [:], body: ByteBuffer(string: error.message))
            }
        }
        try await withListener(server, responder: hold) { listener, port in
            let client = try await Peer.connect(port: port)
            client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
            await eventually("it is connected") { listener.gauges.connections == 1 }
            try await client.close()
            await eventually("it is gone") { listener.gauges.connections == 0 }
            departures.add(1)
            await eventually("its request goes on") { held.value == 1 }
            #expect(listener.gauges.bodyBytesInFlight == 0)
            let other = try await Peer.connect(port: port)
            other.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await other.receives("HTTP/1.1 200 ")
        }
    }

    @Test("The body of a request that was refused is not read while its answer is not")
    func refusedBodies() async throws {
        var server = Configuration.Server()
        server.maximumBodyBytes = 50_000
        let refuse: @Sendable (any HTTPExchange, any UpstreamClient) async -> Void = { exchange, _ in
            do throws(GatewayError) {
                _ = try await exchange.body(for: someCaller)
            } catch {
                let body = ByteBuffer(repeating: 0x61, count: 24 << 20)
                exchange.send(status: error.status, headers: [:], body: body)
            }
        }
        try await withListener(server, responder: refuse) { listener, port in
            let client = try await Peer.connect(port: port, isReading: false)
            client.send(post("", announcing: 60_000))
            await eventually("the answer waits") { listener.gauges.bodyBytesInFlight > 1 << 20 }
            client.send(ByteBuffer(repeating: 0x78, count: 48 << 20))
            var last = -1
            await eventually("nothing more is read") {
                try? await Task.sleep(for: .milliseconds(300))
                let left = (try? await client.channel.getOption(.bufferedWritableBytes).get()) ?? -1
                defer { last = left }
                return last == left
            }
            // What has gone stands in the buffers of the sockets.
            #expect(last > 24 << 20)
        }
    }

    @Test("A stream that its client does not read counts, and ends where its caller holds too much")
    func unreadStreams() async throws {
        var server = Configuration.Server()
        server.bodyBytesInFlightPerCaller = 1 << 20
        server.maximumBodyBytes = 1 << 20
        let stream: @Sendable (any HTTPExchange, any UpstreamClient) async -> Void = { exchange, _ in
            do throws(GatewayError) {
                try exchange.hold(1, for: someCaller)
                exchange.start(status: 200, headers: [:])
                while true { try await exchange.write(ByteBuffer(repeating: 0x61, count: 32 << 20)) }
            } catch {
                exchange.abort()
            }
        }
        try await withListener(server, responder: stream) { listener, port in
            let client = try await Peer.connect(port: port, isReading: false)
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await eventually("it is connected") { listener.gauges.connections == 1 }
            await eventually("its connection ends") { listener.gauges.connections == 0 }
            await eventually("nothing is held any more") { listener.gauges.bodyBytesInFlight == 0 }
        }
    }

    @Test("A client that reads steadily gets all of its answer, however long that takes")
    func steadyReaders() async throws {
        var server = Configuration.Server()
        server.keepAliveTimeout = .seconds(1)
        let size = 32 << 20
        let large: @Sendable (any HTTPExchange, any UpstreamClient) async -> Void = { exchange, _ in
            exchange.send(status: 200, headers: [:], body: ByteBuffer(repeating: 0x61, count: size))
        }
        for connection in ["keep-alive", "close"] {
            try await withListener(server, responder: large) { _, port in
                let client = try await Peer.connect(port: port, isReading: false)
                client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: \(connection)\r\n\r\n")
                for part in 1...8 {
                    await eventually("part \(part) arrives; closed: \(client.isClosed), so far \(client.count)") {
                        client.channel.read()
                        return client.count > part * (size / 8)
                    }
                    try await Task.sleep(for: .milliseconds(300))
                }
            }
        }
    }

    @Test("A caller with too many requests in flight is told to wait")
    func requestsInFlight() async throws {
        var server = Configuration.Server()
        server.requestsInFlightPerCaller = 2
        let callers = Callers()
        try await withListener(server, responder: callers.size) { _, port in
            let peers = [
                try await Peer.connect(port: port), try await Peer.connect(port: port),
                try await Peer.connect(port: port),
            ]
            for peer in peers { peer.send(post("busy", announcing: 5) + "1234") }
            await eventually("one of them is refused") { peers.contains { $0.text.hasPrefix("HTTP/1.1 429 ") } }
            let other = try await Peer.connect(port: port)
            other.send(post("other", announcing: 4) + "1234")
            await other.receives("4 bytes")
            for peer in peers { peer.send("5") }
            await eventually("the others are served") { peers.count { $0.text.contains("5 bytes") } == 2 }
            other.send(post("busy", announcing: 4) + "1234")
            await other.receives("4 bytes", times: 2)
        }
    }

    @Test("A client that sends requests and reads no answers is not served further")
    func unreadAnswers() async throws {
        let served = Counter()
        let large: @Sendable (any HTTPExchange, any UpstreamClient) async -> Void = { exchange, _ in
            served.add(1)
            exchange.send(status: 200, headers: [:], body: ByteBuffer(repeating: 0x61, count: 100_000))
        }
        try await withListener(responder: large) { listener, port in
            let client = try await Peer.connect(port: port, isReading: false)
            client.send(String(repeating: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", count: 2000))
            var last = -1
            await eventually("nothing more is served") {
                try? await Task.sleep(for: .milliseconds(300))
                defer { last = served.value }
                return last == served.value
            }
            // Buffers of the sockets, megabytes at most; all of the answers would be 200 MB.
            #expect(served.value < 200)
            try await client.setReading(true)
            await eventually("all are served once they are read") { client.count > 200_000_000 }
            #expect(served.value == 2000)
            await eventually("nothing is held any more") { listener.gauges.bodyBytesInFlight == 0 }
        }
    }

    @Test("Requests that one client sends in one go do not keep the others waiting until all are served")
    func turns() async throws {
        let served = Counter()
        let servedBefore = Counter()
        let count: @Sendable (any HTTPExchange, any UpstreamClient) async -> Void = { exchange, _ in
            if exchange.request.target == "/other" { servedBefore.add(served.value) } else { served.add(1) }
            exchange.send(status: 200, headers: [:], body: ByteBuffer(string: "served"))
        }
        try await withListener(responder: count) { _, port in
            let other = try await Peer.connect(port: port)
            let greedy = try await Peer.connect(port: port)
            greedy.send(String(repeating: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", count: 20_000))
            await eventually("the first are served") { served.value > 0 }
            other.send("GET /other HTTP/1.1\r\nHost: a\r\n\r\n")
            await other.receives("served")
            #expect(servedBefore.value < 20_000)
            await greedy.receives("served", times: 20_000)
        }
    }

    @Test("A head of too many fields is refused as such, and one of many is taken")
    func fields() async throws {
        var server = Configuration.Server()
        server.maximumHeadBytes = 1 << 20
        let callers = Callers()
        try await withListener(server, responder: callers.size) { _, port in
            let many = try await Peer.connect(port: port)
            many.send("GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "a:\r\n", count: 511) + "\r\n")
            await many.receives("0 bytes")
            for count in [512, 66_000] {
                let tooMany = try await Peer.connect(port: port)
                tooMany.send("GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "a:\r\n", count: count) + "\r\n")
                await tooMany.isClosedByTheOtherSide()
                #expect(tooMany.text.hasPrefix("HTTP/1.1 431 "))
            }
            let trailers = try await Peer.connect(port: port)
            trailers.send(
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
                    + String(repeating: "a:\r\n", count: 600) + "\r\n"
            )
            await trailers.receives("HTTP/1.1 431 ")
        }
    }

    @Test("Unfinished heads take no more together than any other caller")
    func unfinishedHeads() async throws {
        var server = Configuration.Server()
        server.maximumHeadBytes = 1 << 20
        server.maximumBodyBytes = 100_000
        server.maximumBodyBytesInFlight = 1_000_000
        server.bodyBytesInFlightPerCaller = 250_000
        let callers = Callers()
        try await withListener(server, responder: callers.size) { listener, port in
            let start = "GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "x", count: 100_000)
            let heads = [
                try await Peer.connect(port: port), try await Peer.connect(port: port),
                try await Peer.connect(port: port),
            ]
            for head in heads { head.send(start) }
            await eventually("one is refused") { heads.contains { $0.text.hasPrefix("HTTP/1.1 503 ") } }
            let other = try await Peer.connect(port: port)
            other.send(post("other", announcing: 100_000) + String(repeating: "x", count: 100_000))
            await other.receives("100000 bytes")
            for head in heads { head.send("\r\n\r\n") }
            await eventually("the others are answered") { heads.count { $0.text.contains("0 bytes") } == 2 }
            await eventually("nothing is held any more") { listener.gauges.bodyBytesInFlight == 0 }
        }
    }

    @Test("A head whose lines do not end with CRLF is refused at once", arguments: ["\n", "\r"])
    func lineEnds(lineEnd: String) async throws {
        var server = Configuration.Server()
        server.clientTimeout = .seconds(600)
        let callers = Callers()
        try await withListener(server, responder: callers.size) { _, port in
            for head in ["GET / HTTP/1.1?Host: a??", "GET / HTTP/1.1\r\nHost: a?X: y??"] {
                let client = try await Peer.connect(port: port)
                client.send(head.replacing("?", with: lineEnd))
                await client.isClosedByTheOtherSide()
                #expect(client.text.hasPrefix("HTTP/1.1 400 "))
            }
        }
    }
}
