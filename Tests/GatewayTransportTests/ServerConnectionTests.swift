// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayTransport
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

/// Answers in three pieces, without a length.
@Sendable private func stream(_ exchange: any HTTPExchange, _: any UpstreamClient) async {
    exchange.start(status: 200, headers: ["x": "y"])
    try? await exchange.write(ByteBuffer(string: "one "))
    try? await exchange.write(ByteBuffer(string: "two "))
    exchange.finish(ByteBuffer(string: "three"))
}

@Suite("Client connections", .serialized, .timeLimit(.minutes(2)))
struct ServerConnectionTests {
    @Test("Requests sent one behind the other are answered in their order on one connection")
    func pipelined() async throws {
        try await withListener(responder: echo) { listener, port in
            let client = try await Peer.connect(port: port)
            var text = ""
            for number in 0..<50 {
                text += "POST /\(number) HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nb\(number % 10)c"
            }
            client.send(text)
            await client.receives("HTTP/1.1 200 OK", times: 50)
            var rest = client.text[...]
            for number in 0..<50 {
                let found = try #require(rest.firstRange(of: "POST /\(number) [b\(number % 10)c]"))
                rest = rest[found.upperBound...]
            }
            #expect(listener.gauges.connections == 1)
            #expect(!client.isClosed)
        }
    }

    @Test("A request cut anywhere is the same request")
    func everySplit() async throws {
        try await withListener(responder: echo) { _, port in
            let client = try await Peer.connect(port: port)
            let text = Array(
                "\r\nPOST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;e\r\nde\r\n0\r\n\r\n"
                    .utf8
            )
            for cut in 1..<text.count {
                client.send(ByteBuffer(bytes: text[..<cut]))
                try await Task.sleep(for: .milliseconds(1))
                client.send(ByteBuffer(bytes: text[cut...]))
                await client.receives("POST /x [abcde]", times: cut)
            }
        }
    }

    @Test("A streamed answer is chunked, and the connection stays")
    func chunked() async throws {
        try await withListener(responder: stream) { _, port in
            let client = try await Peer.connect(port: port)
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await client.receives("0\r\n\r\n")
            #expect(client.text.hasSuffix("\r\n\r\n4\r\none \r\n4\r\ntwo \r\n5\r\nthree\r\n0\r\n\r\n"))
            #expect(client.text.contains("transfer-encoding: chunked\r\n"))
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await client.receives("0\r\n\r\n", times: 2)
        }
    }

    @Test("A client of HTTP/1.0 gets a streamed answer without chunks, ended by the connection")
    func oldClient() async throws {
        try await withListener(responder: stream) { _, port in
            let client = try await Peer.connect(port: port)
            client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            await client.isClosedByTheOtherSide()
            #expect(client.text.hasSuffix("\r\n\r\none two three"))
            #expect(!client.text.contains("chunked"))
        }
        try await withListener(responder: echo) { _, port in
            let client = try await Peer.connect(port: port)
            client.send("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /2 HTTP/1.0\r\n\r\n")
            await client.isClosedByTheOtherSide()
            #expect(client.text.contains("GET /1 []"))
            #expect(client.text.contains("GET /2 []"))
        }
    }

    @Test("HEAD gets the head alone, of a whole answer and of a streamed one, and the next request is answered")
    func headRequest() async throws {
        try await withListener(responder: echo) { _, port in
            let client = try await Peer.connect(port: port)
            client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n")
            await client.receives("GET /next []")
            #expect(client.text.contains("content-length: 9\r\n"))
            #expect(!client.text.contains("HEAD / []"))
        }
        try await withListener(responder: stream) { _, port in
            let client = try await Peer.connect(port: port)
            client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n")
            await client.receives("0\r\n\r\n")
            #expect(client.text.ranges(of: "one ").count == 1)
            #expect(client.text.ranges(of: "HTTP/1.1 200 OK").count == 2)
        }
    }

    @Test("A client that waits for 100 Continue is asked to go on once its body is wanted")
    func expectContinue() async throws {
        try await withListener(responder: echo) { _, port in
            let client = try await Peer.connect(port: port)
            client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
            await client.receives("HTTP/1.1 100 Continue\r\n\r\n")
            client.send("body")
            await client.receives("POST / [body]")
        }
    }

    @Test("A client that waits for 100 Continue and is refused need not send its body")
    func expectRefusal() async throws {
        let refuse: @Sendable (any HTTPExchange, any UpstreamClient) async -> Void = { exchange, _ in
            exchange.send(status: 401, headers: [:], body: ByteBuffer(string: "no"))
        }
        try await withListener(responder: refuse) { _, port in
            let client = try await Peer.connect(port: port)
            client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
            await client.isClosedByTheOtherSide()
            #expect(client.text.hasPrefix("HTTP/1.1 401 "))
            #expect(client.text.contains("connection: close\r\n"))
            #expect(!client.text.contains("100 Continue"))
        }
    }

    @Test(
        "An answer that comes before the body was read reaches a client that is still sending",
        arguments: [10, 40_000, 20_000_000]
    )
    func earlyAnswer(size: Int) async throws {
        let refuse: @Sendable (any HTTPExchange, any UpstreamClient) async -> Void = { exchange, _ in
            exchange.send(status: 404, headers: [:], body: ByteBuffer(string: "nothing here"))
        }
        try await withListener(responder: refuse) { listener, port in
            let client = try await Peer.connect(port: port)
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\n\r\n")
            client.send(ByteBuffer(repeating: 0x61, count: size))
            await client.receives("nothing here")
            if size < 60_000 {
                // What is little is skipped, and the connection goes on.
                client.send("POST / HTTP/1.1\r\nHost: a\r\n\r\n")
                await client.receives("nothing here", times: 2)
            } else {
                await client.isClosedByTheOtherSide()
            }
            #expect(listener.gauges.bodyBytesInFlight == 0)
        }
    }

    @Test("A head that is refused is answered, even to a client that goes on sending", arguments: [0, 4_000_000])
    func malformed(more: Int) async throws {
        try await withListener(responder: echo) { _, port in
            let client = try await Peer.connect(port: port, isReading: false)
            client.send("GET / HTTP/2.0\r\nHost: a\r\n\r\n" + String(repeating: "x", count: more))
            try await Task.sleep(for: .milliseconds(100))
            try? await client.setReading(true)
            await client.isClosedByTheOtherSide()
            #expect(client.text.hasPrefix("HTTP/1.1 505 "))
            #expect(client.text.contains("505 The only versions"))
            let large = try await Peer.connect(port: port)
            large.send("GET / HTTP/1.1\r\nX: " + String(repeating: "x", count: 70_000 + more))
            await large.isClosedByTheOtherSide()
            #expect(large.text.hasPrefix("HTTP/1.1 431 "))
            #expect(large.text.contains("x-malformed: true"))
        }
    }

    @Test("A body beyond the bound is refused, announced or not")
    func bodyLimit() async throws {
        var server = Configuration.Server()
        server.maximumBodyBytes = 1000
        try await withListener(server, responder: echo) { listener, port in
            let client = try await Peer.connect(port: port)
            client.send(
                "POST /fits HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n" + String(repeating: "x", count: 1000)
            )
            await client.receives("POST /fits [xxx")
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n")
            await client.receives("HTTP/1.1 413 ")
            let chunked = try await Peer.connect(port: port)
            chunked.send(
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFF\r\n"
                    + String(repeating: "x", count: 1001)
            )
            await chunked.isClosedByTheOtherSide()
            #expect(chunked.text.hasPrefix("HTTP/1.1 413 "))
            await eventually("the bytes are given back") { listener.gauges.bodyBytesInFlight == 0 }
        }
    }

    @Test("All bodies together are bounded: one too many is answered 503, and room is made by those that end")
    func bodyBudget() async throws {
        var server = Configuration.Server()
        server.maximumBodyBytes = 10_000
        server.maximumBodyBytesInFlight = 15_000
        server.bodyBytesInFlightPerCaller = 20_000
        try await withListener(server, responder: echo) { listener, port in
            let first = try await Peer.connect(port: port)
            first.send(
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000\r\n\r\n" + String(repeating: "x", count: 9000)
            )
            await eventually("what came of the first is counted") { listener.gauges.bodyBytesInFlight == 9000 }
            let second = try await Peer.connect(port: port)
            second.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000\r\n\r\n")
            await second.receives("HTTP/1.1 503 ")
            #expect(listener.gauges.bodyBytesInFlight == 9000)
            first.send(String(repeating: "x", count: 1000))
            await first.receives("HTTP/1.1 200 OK")
            let third = try await Peer.connect(port: port)
            third.send(
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000\r\n\r\n" + String(repeating: "x", count: 9000)
            )
            await eventually("the third is counted") { listener.gauges.bodyBytesInFlight == 9000 }
            try await third.close()
            await eventually("a client that leaves gives its bytes back") { listener.gauges.bodyBytesInFlight == 0 }
        }
    }

    @Test("A client that does not finish its head or its body is answered 408")
    func slowClients() async throws {
        var server = Configuration.Server()
        server.clientTimeout = .milliseconds(300)
        try await withListener(server, responder: echo) { listener, port in
            let head = try await Peer.connect(port: port)
            head.send("GET / HTTP/1.1\r\nHost:")
            let body = try await Peer.connect(port: port)
            body.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
            let silent = try await Peer.connect(port: port)
            let second = try await Peer.connect(port: port)
            second.send("GET /first HTTP/1.1\r\nHost: a\r\n\r\nGET /second HTTP/1.1\r\nHo")
            await head.isClosedByTheOtherSide()
            #expect(head.text.hasPrefix("HTTP/1.1 408 "))
            await body.isClosedByTheOtherSide()
            #expect(body.text.hasPrefix("HTTP/1.1 408 "))
            await silent.isClosedByTheOtherSide()
            #expect(silent.text == "")
            await second.isClosedByTheOtherSide()
            #expect(second.text.contains("GET /first []"))
            #expect(second.text.contains("HTTP/1.1 408 "))
            await eventually("nothing is left") {
                listener.gauges.connections == 0 && listener.gauges.bodyBytesInFlight == 0
            }
        }
    }

    @Test("A connection that idles closes in its time, and its request was answered")
    func idle() async throws {
        var server = Configuration.Server()
        server.keepAliveTimeout = .milliseconds(200)
        try await withListener(server, responder: echo) { _, port in
            let client = try await Peer.connect(port: port)
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await client.isClosedByTheOtherSide()
            #expect(client.text.contains("GET / []"))
            #expect(!client.text.contains("408"))
        }
    }

    @Test("A client of HTTP/1.0 that asks to be kept is told that it is")
    func oldKeepAlive() async throws {
        try await withListener(responder: echo) { _, port in
            let client = try await Peer.connect(port: port)
            for round in 1...3 {
                client.send("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")
                await client.receives("GET / []", times: round)
                await client.receives("connection: keep-alive\r\n", times: round)
            }
            client.send("GET / HTTP/1.0\r\n\r\n")
            await client.isClosedByTheOtherSide()
            #expect(client.text.contains("connection: close\r\n"))
            let current = try await Peer.connect(port: port)
            current.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n")
            await current.receives("GET / []")
            #expect(!current.text.contains("connection:"))
        }
    }

    @Test("A client of IPv4 on a socket of IPv6 has an address of IPv4")
    func mappedAddress() async throws {
        let address: @Sendable (any HTTPExchange, any UpstreamClient) async -> Void = { exchange, _ in
            exchange.send(
                status: 200,
                headers: [:],
                body: ByteBuffer(string: "from [\(exchange.request.remoteAddress)]")
            )
        }
        try await withListener(host: "::", responder: address) { _, port in
            let client = try await Peer.connect(port: port)
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await client.receives("from [127.0.0.1]")
        }
    }

    @Test("A responder that answers nothing, or stops halfway, leaves no client waiting and no answer that looks whole")
    func faultyResponder() async throws {
        let faulty: @Sendable (any HTTPExchange, any UpstreamClient) async -> Void = { exchange, _ in
            guard exchange.request.target == "/half" else { return }
            exchange.start(status: 200, headers: [:])
            try? await exchange.write(ByteBuffer(string: "half"))
        }
        try await withListener(responder: faulty) { _, port in
            let nothing = try await Peer.connect(port: port)
            nothing.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await nothing.isClosedByTheOtherSide()
            #expect(nothing.text.hasPrefix("HTTP/1.1 500 "))
            let half = try await Peer.connect(port: port)
            half.send("GET /half HTTP/1.1\r\nHost: a\r\n\r\n")
            await half.isClosedByTheOtherSide()
            #expect(half.text.hasSuffix("4\r\nhalf\r\n"))
        }
    }

    @Test("Before a stop the listener still serves new clients, and tells every client to go elsewhere")
    func drainDelay() async throws {
        var server = Configuration.Server()
        server.drainDelay = .seconds(1)
        try await withListener(server, responder: echo) { listener, port in
            let idle = try await Peer.connect(port: port)
            let used = try await Peer.connect(port: port)
            used.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
            await used.receives("GET /1 []")
            #expect(!used.text.contains("connection: close"))
            #expect(!listener.isStopping)
            async let stopped: Void = listener.stop()
            await eventually("the stop has begun") { listener.isStopping }
            used.send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
            await used.receives("GET /2 []")
            await used.isClosedByTheOtherSide()
            #expect(used.text.contains("connection: close\r\n"))
            let new = try await Peer.connect(port: port)
            new.send("GET /3 HTTP/1.1\r\nHost: a\r\n\r\n")
            await new.isClosedByTheOtherSide()
            #expect(new.text.contains("GET /3 []"))
            await stopped
            await idle.isClosedByTheOtherSide()
            await #expect(throws: (any Error).self) { try await Peer.connect(port: port) }
        }
    }

    @Test("A stop lets an answer under way end, closes idle connections and takes no new ones")
    func gracefulStop() async throws {
        var server = Configuration.Server()
        server.shutdownTimeout = .seconds(20)
        let mayEnd = Atomic<Bool>(false)
        let slow: @Sendable (any HTTPExchange, any UpstreamClient) async -> Void = { exchange, _ in
            exchange.start(status: 200, headers: [:])
            try? await exchange.write(ByteBuffer(string: "begun"))
            while !mayEnd.load(ordering: .relaxed) { try? await Task.sleep(for: .milliseconds(5)) }
            exchange.finish(ByteBuffer(repeating: 0x7A, count: 30_000_000))
        }
        try await withListener(server, responder: slow) { listener, port in
            let idle = try await Peer.connect(port: port)
            let client = try await Peer.connect(port: port)
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await client.receives("begun")
            async let stopped: Void = listener.stop()
            await idle.isClosedByTheOtherSide()
            await #expect(throws: (any Error).self) { try await Peer.connect(port: port) }
            #expect(!client.isClosed)
            // A client that takes its time still gets all of it.
            try await client.setReading(false)
            mayEnd.store(true, ordering: .relaxed)
            try await Task.sleep(for: .milliseconds(200))
            try await client.setReading(true)
            await client.isClosedByTheOtherSide()
            #expect(client.count > 30_000_000)
            #expect(client.text.hasSuffix("zz\r\n0\r\n\r\n"))
            await stopped
        }
    }
}
