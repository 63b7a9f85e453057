// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayTransport
import NIOCore
import Testing

private let request = "POST /chat HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
private let answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

@Suite("Upstream connections", .serialized, .timeLimit(.minutes(2)))
struct UpstreamTests {
    @Test("A request goes upstream in one piece, and the connection serves the next one too")
    func keepAlive() async throws {
        let upstream = try await TestUpstream()
        let relay = Relay(service: try upstream.service())
        try await withListener(responder: relay.serve) { _, port in
            let client = try await Peer.connect(port: port)
            client.send(request)
            let connection = try await upstream.connection(0)
            await connection.receives("hi")
            #expect(
                connection.text
                    == "POST /chat HTTP/1.1\r\nhost: upstream\r\nx-number: 7  evil: 1\r\ncontent-length: 2\r\n\r\nhi"
            )
            connection.send("HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n\(answer)")
            await client.receives("5\r\nhello\r\n0\r\n\r\n")
            client.send(request)
            await connection.receives("hi", times: 2)
            connection.send(answer)
            await client.receives("5\r\nhello\r\n0\r\n\r\n", times: 2)
            #expect(upstream.connectionCount == 1)
        }
        try await upstream.close()
    }

    @Test("An answer cut anywhere reaches the client whole")
    func everySplit() async throws {
        let upstream = try await TestUpstream()
        let relay = Relay(service: try upstream.service())
        try await withListener(responder: relay.serve) { _, port in
            let client = try await Peer.connect(port: port)
            let text = Array(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nhe\r\n3\r\nllo\r\n0\r\nT: x\r\n\r\n".utf8
            )
            for cut in 1..<text.count {
                client.send(request)
                let connection = try await upstream.connection(0)
                await connection.receives("hi", times: cut)
                connection.send(ByteBuffer(bytes: text[..<cut]))
                try await Task.sleep(for: .milliseconds(1))
                connection.send(ByteBuffer(bytes: text[cut...]))
                await client.receives("0\r\n\r\n", times: cut)
            }
            #expect(upstream.connectionCount == 1)
        }
        #expect(relay.log.all.allSatisfy { $0 == "head 200" || $0 == "end" })
        try await upstream.close()
    }

    @Test("A client that leaves before the first byte cancels its call, and the upstream sees its connection closed")
    func clientLeavesEarly() async throws {
        let upstream = try await TestUpstream()
        let relay = Relay(service: try upstream.service())
        try await withListener(responder: relay.serve) { listener, port in
            let client = try await Peer.connect(port: port)
            client.send(request)
            let connection = try await upstream.connection(0)
            await connection.receives("hi")
            try await client.close()
            await connection.isClosedByTheOtherSide()
            await eventually("the call ends") { relay.log.all == ["clientClosed cancelled=true"] }
            await eventually("the connection is gone") { listener.gauges.connections == 0 }
        }
        try await upstream.close()
    }

    @Test("A client that leaves in the middle of a stream closes the upstream's connection")
    func clientLeavesLate() async throws {
        let upstream = try await TestUpstream()
        let relay = Relay(service: try upstream.service())
        try await withListener(responder: relay.serve) { _, port in
            let client = try await Peer.connect(port: port)
            client.send(request)
            let connection = try await upstream.connection(0)
            await connection.receives("hi")
            connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n")
            await client.receives("2\r\nhe\r\n")
            try await client.close()
            await connection.isClosedByTheOtherSide()
            await eventually("the call ends") { relay.log.all == ["head 200", "clientClosed cancelled=true"] }
        }
        try await upstream.close()
    }

    @Test(
        "A kept-alive connection that the upstream closes unanswered is replaced once, where requests may go out twice"
    )
    func staleConnection() async throws {
        let upstream = try await TestUpstream()
        let relay = Relay(service: try upstream.service(resendsUnanswered: true))
        try await withListener(responder: relay.serve) { _, port in
            let client = try await Peer.connect(port: port)
            client.send(request)
            let first = try await upstream.connection(0)
            await first.receives("hi")
            first.send(answer)
            await client.receives("hello")
            client.send(request)
            await first.receives("hi", times: 2)
            try await first.close()
            let second = try await upstream.connection(1)
            await second.receives("hi")
            second.send(answer)
            await client.receives("hello", times: 2)
            // The second one has served, too; but one retry is all, and the third is new.
            client.send(request)
            await second.receives("hi", times: 2)
            try await second.close()
            let third = try await upstream.connection(2)
            await third.receives("hi")
            try await third.close()
            await client.receives("HTTP/1.1 502 ")
            #expect(upstream.connectionCount == 3)
        }
        try await upstream.close()
    }

    @Test("An idle connection that the upstream has closed is not used again")
    func closedIdleConnection() async throws {
        let upstream = try await TestUpstream()
        let relay = Relay(service: try upstream.service())
        try await withListener(responder: relay.serve) { _, port in
            let client = try await Peer.connect(port: port)
            for round in 1...5 {
                client.send(request)
                let connection = try await upstream.connection(round - 1)
                await connection.receives("hi")
                connection.send(answer)
                await client.receives("hello", times: round)
                try await connection.close()
            }
            #expect(relay.log.all.filter { $0 == "end" }.count == 5)
        }
        try await upstream.close()
    }

    @Test(
        "A new connection that is closed unanswered, or after half a head, is an error and is not tried again",
        arguments: ["", "HTTP/1.1 20"]
    )
    func freshConnection(text: String) async throws {
        let upstream = try await TestUpstream()
        let relay = Relay(service: try upstream.service())
        try await withListener(responder: relay.serve) { _, port in
            let client = try await Peer.connect(port: port)
            client.send(request)
            let connection = try await upstream.connection(0)
            await connection.receives("hi")
            connection.send(text)
            try await connection.close()
            await client.receives("HTTP/1.1 502 ")
            #expect(upstream.connectionCount == 1)
            #expect(relay.log.all == ["upstreamUnavailable cancelled=false"])
        }
        try await upstream.close()
    }

    @Test(
        "An answer that ends early is an error, and the client does not take it for whole",
        arguments: [
            "Content-Length: 10\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
            "Transfer-Encoding: chunked\r\n\r\nA\r\nhello",
        ]
    )
    func endsEarly(rest: String) async throws {
        let upstream = try await TestUpstream()
        let relay = Relay(service: try upstream.service())
        try await withListener(responder: relay.serve) { _, port in
            let client = try await Peer.connect(port: port)
            client.send(request)
            let connection = try await upstream.connection(0)
            await connection.receives("hi")
            connection.send("HTTP/1.1 200 OK\r\n" + rest)
            await client.receives("hello")
            try await connection.close()
            await client.isClosedByTheOtherSide()
            #expect(!client.text.contains("0\r\n\r\n"))
            #expect(relay.log.all == ["head 200", "upstreamUnavailable cancelled=false"])
        }
        try await upstream.close()
    }

    @Test("An answer without a length ends with its connection")
    func untilClose() async throws {
        let upstream = try await TestUpstream()
        let relay = Relay(service: try upstream.service())
        try await withListener(responder: relay.serve) { _, port in
            let client = try await Peer.connect(port: port)
            client.send(request)
            let connection = try await upstream.connection(0)
            await connection.receives("hi")
            connection.send("HTTP/1.1 200 OK\r\n\r\nhello")
            await client.receives("hello")
            try await connection.close()
            await client.receives("0\r\n\r\n")
            await eventually("the call ends") { relay.log.all == ["head 200", "end"] }
        }
        try await upstream.close()
    }

    @Test(
        "What an upstream may not say is an error, and its connection is not used again",
        arguments: [
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "SSH-2.0-OpenSSH\r\n\r\n",
            "HTTP/1.1 101 Switching Protocols\r\n\r\n", "HTTP/1.1 200 OK\r\nX : y\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 200_000),
        ]
    )
    func malformed(text: String) async throws {
        let upstream = try await TestUpstream()
        let relay = Relay(service: try upstream.service())
        try await withListener(responder: relay.serve) { _, port in
            let client = try await Peer.connect(port: port)
            client.send(request)
            let connection = try await upstream.connection(0)
            await connection.receives("hi")
            connection.send(text)
            await client.receives("HTTP/1.1 502 ")
            await connection.isClosedByTheOtherSide()
        }
        try await upstream.close()
    }

    @Test("Bytes that nobody asked for close the connection, so that no other call gets them")
    func unasked() async throws {
        let upstream = try await TestUpstream()
        let relay = Relay(service: try upstream.service())
        try await withListener(responder: relay.serve) { _, port in
            let client = try await Peer.connect(port: port)
            client.send(request)
            let first = try await upstream.connection(0)
            await first.receives("hi")
            first.send(answer + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
            await client.receives("hello")
            await first.isClosedByTheOtherSide()
            client.send(request)
            let second = try await upstream.connection(1)
            await second.receives("hi")
            second.send(answer)
            await client.receives("hello", times: 2)
            second.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
            await second.isClosedByTheOtherSide()
            #expect(!client.text.contains("evil"))
        }
        try await upstream.close()
    }

    @Test("An upstream that is silent is given up: before its answer, and in the middle of it")
    func timeouts() async throws {
        let upstream = try await TestUpstream()
        var timeouts = ProviderService.Timeouts()
        timeouts.firstByte = .milliseconds(300)
        timeouts.idle = .milliseconds(300)
        let relay = Relay(service: try upstream.service(timeouts: timeouts))
        try await withListener(responder: relay.serve) { _, port in
            let client = try await Peer.connect(port: port)
            client.send(request)
            await client.receives("HTTP/1.1 504 ")
            await (try await upstream.connection(0)).isClosedByTheOtherSide()
            client.send(request)
            let second = try await upstream.connection(1)
            await second.receives("hi")
            second.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
            await client.isClosedByTheOtherSide()
            await second.isClosedByTheOtherSide()
            #expect(relay.log.all.last == "upstreamTimeout cancelled=false")
        }
        try await upstream.close()
    }

    @Test(
        "An upstream that keeps sending is given up all the same: without content, and when the time of the call is over"
    )
    func timeoutsOfCalls() async throws {
        for isTotal in [false, true] {
            let upstream = try await TestUpstream()
            var relay = Relay(service: try upstream.service())
            if isTotal { relay.total = .milliseconds(300) } else { relay.contentTimeout = .milliseconds(300) }
            try await withListener(responder: relay.serve) { [relay] _, port in
                let client = try await Peer.connect(port: port)
                client.send(request)
                let connection = try await upstream.connection(0)
                await connection.receives("hi")
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
                let sending = Task {
                    while !Task.isCancelled {
                        connection.send(".")
                        try await Task.sleep(for: .milliseconds(20))
                    }
                }
                await client.isClosedByTheOtherSide()
                sending.cancel()
                await connection.isClosedByTheOtherSide()
                #expect(relay.log.all == ["head 200", "upstreamTimeout cancelled=false"])
            }
            try await upstream.close()
        }
    }

    @Test("An upstream that cannot be reached is an error that names it")
    func unreachable() async throws {
        let upstream = try await TestUpstream()
        try await upstream.close()
        let relay = Relay(service: try upstream.service())
        try await withListener(responder: relay.serve) { _, port in
            let client = try await Peer.connect(port: port)
            client.send(request)
            await client.receives("'test.providers.upstream'")
            #expect(client.text.hasPrefix("HTTP/1.1 502 "))
        }
    }

    @Test("Calls beyond the provider's connections wait in line for one, and leave the line with their client")
    func maximumConnections() async throws {
        let upstream = try await TestUpstream()
        let relay = Relay(service: try upstream.service(maximumConnections: 1))
        try await withListener(responder: relay.serve) { listener, port in
            var clients: [Peer] = []
            for _ in 0..<4 {
                let client = try await Peer.connect(port: port)
                client.send(request)
                clients.append(client)
            }
            let connection = try await upstream.connection(0)
            await connection.receives("hi")
            await eventually("all are taken") { listener.gauges.connections == 4 }
            // Whoever has the connection: another one leaves.
            try await clients[3].close()
            for round in 1...3 {
                await connection.receives("hi", times: round)
                connection.send(answer)
                await eventually("\(round) are answered") {
                    clients.filter { $0.text.contains("hello") }.count == round
                }
            }
            #expect(upstream.connectionCount == 1)
        }
        try await upstream.close()
    }

    @Test("Calls that wait in line too long are answered 503")
    func waitInLineEnds() async throws {
        let upstream = try await TestUpstream()
        var timeouts = ProviderService.Timeouts()
        timeouts.connect = .milliseconds(300)
        let relay = Relay(service: try upstream.service(timeouts: timeouts, maximumConnections: 1))
        try await withListener(responder: relay.serve) { _, port in
            let first = try await Peer.connect(port: port)
            first.send(request)
            let connection = try await upstream.connection(0)
            await connection.receives("hi")
            let second = try await Peer.connect(port: port)
            second.send(request)
            await second.receives("HTTP/1.1 503 ")
            connection.send(answer)
            await first.receives("hello")
        }
        try await upstream.close()
    }

    @Test("A client that does not read stops the reads from its upstream, and gets everything once it reads again")
    func backPressure() async throws {
        let upstream = try await TestUpstream()
        var timeouts = ProviderService.Timeouts()
        timeouts.idle = .milliseconds(300)
        let relay = Relay(service: try upstream.service(timeouts: timeouts))
        try await withListener(responder: relay.serve) { _, port in
            let client = try await Peer.connect(port: port, isReading: false)
            client.send(request)
            let connection = try await upstream.connection(0)
            await connection.receives("hi")
            let size = 64 << 20
            let (sent, written) = (ByteBuffer(repeating: 0x61, count: 1 << 20), Counter())
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
            for _ in 0..<64 {
                connection.channel.writeAndFlush(sent).whenSuccess { written.add(sent.readableBytes) }
            }
            // What stands in the buffers of both sockets is the kernel's; the rest must wait with the upstream.
            var before = -1
            while before != written.value {
                before = written.value
                try await Task.sleep(for: .milliseconds(1000))
            }
            #expect(written.value < size / 2)
            #expect(relay.log.all == ["head 200"])
            try await client.setReading(true)
            await client.receives("0\r\n\r\n")
            #expect(client.count > size)
            await eventually("the call ends") { relay.log.all == ["head 200", "end"] }
        }
        try await upstream.close()
    }
}
