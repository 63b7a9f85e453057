// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayTransport
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

/// A responder that waits for the test in the middle of its answer, and tells how it ended.
private final class Waiter: Sendable {
    private let mayGoOn = Atomic<Bool>(false)
    let started = Counter()
    let cancelled = Counter()

    func goOn() { mayGoOn.store(true, ordering: .relaxed) }

    @Sendable func serve(_ exchange: any HTTPExchange, _: any UpstreamClient) async {
        started.add(1)
        let isStream = exchange.request.target == "/stream"
        let isLong = exchange.request.target == "/length"
        if isStream || isLong {
            exchange.start(status: 200, headers: isLong ? ["content-length": "9"] : [:])
            try? await exchange.write(ByteBuffer(string: "begun"))
        }
        while !mayGoOn.load(ordering: .relaxed) {
            do {
                try await Task.sleep(for: .milliseconds(5))
            } catch {
                cancelled.add(1)
                return exchange.abort()
            }
        }
        if isStream || isLong {
            exchange.finish(ByteBuffer(string: "done"))
        } else {
            exchange.send(status: 200, headers: [:], body: ByteBuffer(string: "done"))
        }
    }
}

@Suite("Clients that end their side", .serialized, .timeLimit(.minutes(2)))
struct HalfClosureTests {
    private func get(_ path: String, version: String = "1.1") -> String {
        "GET \(path) HTTP/\(version)\r\nHost: a\r\n\r\n"
    }

    private func half(_ peer: Peer) async {
        // Whoever was answered and closed already has ended it too.
        try? await peer.channel.close(mode: .output).get()
    }

    @Test(
        "A client that has sent all it has to say gets its answer, and the connection ends",
        arguments: ["1.1", "1.0"]
    )
    func promptAnswer(version: String) async throws {
        let waiter = Waiter()
        waiter.goOn()
        try await withListener(responder: waiter.serve) { _, port in
            for path in ["/", "/stream", "/length"] {
                let client = try await Peer.connect(port: port, allowsHalfClosure: true)
                client.send(get(path, version: version))
                await half(client)
                await client.isClosedByTheOtherSide()
                #expect(client.text.contains("done"))
                #expect(client.text.hasPrefix("HTTP/1.1 200 OK"))
            }
        }
    }

    @Test("It gets its answer however long that takes: nothing but an interim answer comes before")
    func lateAnswer() async throws {
        let waiter = Waiter()
        try await withListener(responder: waiter.serve) { _, port in
            let client = try await Peer.connect(port: port, allowsHalfClosure: true)
            client.send(get("/"))
            await half(client)
            await client.receives("HTTP/1.1 100 Continue\r\n\r\n")
            // Longer than a client that cannot be asked is waited for.
            try await Task.sleep(for: .seconds(4))
            waiter.goOn()
            await client.isClosedByTheOtherSide()
            #expect(client.text.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"))
            #expect(client.text.hasSuffix("done"))
            #expect(waiter.cancelled.value == 0)
        }
    }

    @Test("It gets the rest of a stream too, whose chunks stay what they are")
    func lateStream() async throws {
        let waiter = Waiter()
        try await withListener(responder: waiter.serve) { _, port in
            let client = try await Peer.connect(port: port, allowsHalfClosure: true)
            client.send(get("/stream"))
            await client.receives("5\r\nbegun\r\n")
            await half(client)
            await client.receives("begun\r\n0")
            waiter.goOn()
            await client.isClosedByTheOtherSide()
            #expect(client.text.hasSuffix("5\r\nbegun\r\n04\r\ndone\r\n0\r\n\r\n"))
        }
    }

    @Test("A client that has left is noticed, before its answer and within it", arguments: ["/", "/stream", "/length"])
    func departure(path: String) async throws {
        let waiter = Waiter()
        try await withListener(responder: waiter.serve) { listener, port in
            for version in ["1.1", "1.0"] {
                let before = waiter.cancelled.value
                let client = try await Peer.connect(port: port)
                client.send(get(path, version: version))
                if path == "/" {
                    await eventually("the request is served") { waiter.started.value > before }
                } else {
                    await client.receives("begun")
                }
                try await client.close()
                await eventually("the task is cancelled") { waiter.cancelled.value == before + 1 }
                await eventually("the connection is gone") { listener.gauges.connections == 0 }
            }
        }
    }

    @Test("Requests that came before the end are all answered")
    func pipelined() async throws {
        let waiter = Waiter()
        try await withListener(responder: waiter.serve) { _, port in
            let client = try await Peer.connect(port: port, allowsHalfClosure: true)
            client.send(get("/") + get("/stream") + get("/"))
            await half(client)
            await eventually("the first is served") { waiter.started.value == 1 }
            waiter.goOn()
            await client.isClosedByTheOtherSide()
            #expect(client.text.ranges(of: "HTTP/1.1 200 OK").count == 3)
            #expect(client.text.ranges(of: "done").count == 3)
        }
    }

    @Test("What can never be completed is given up at once: half a head, half a body, nothing at all")
    func incomplete() async throws {
        let outcomes = Mutex<[GatewayError.Code?]>([])
        let read: @Sendable (any HTTPExchange, any UpstreamClient) async -> Void = { exchange, _ in
            do throws(GatewayError) {
                _ = try await exchange.body(for: someCaller)
                outcomes.withLock { $0.append(nil) }
            } catch {
                outcomes.withLock { $0.append(error.code) }
            }
        }
        try await withListener(responder: read) { listener, port in
            for text in ["", "GET / HTTP/1.1\r\nHo", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nbo"] {
                let client = try await Peer.connect(port: port, allowsHalfClosure: true)
                client.send(text)
                await half(client)
                await client.isClosedByTheOtherSide()
                #expect(client.text == "")
            }
            await eventually("who waits for the body is told") { outcomes.withLock { $0 } == [.clientClosed] }
            await eventually("nothing is left") {
                listener.gauges.connections == 0 && listener.gauges.bodyBytesInFlight == 0
            }
        }
    }
}
