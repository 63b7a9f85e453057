// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayCore
import GatewayTransport
import NIOCore
import NIOHTTP1
import Testing

private let request = "POST /chat HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
private let answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

private func large(_ bytes: Int) -> String {
    "POST /chat HTTP/1.1\r\nHost: a\r\nContent-Length: \(bytes)\r\n\r\n" + String(repeating: "x", count: bytes)
}

@Suite("Connections that are used again", .serialized, .timeLimit(.minutes(2)))
struct UpstreamReuseTests {
    @Test(
        "An upstream that refuses before it has read the request does not get the next one on that connection",
        arguments: [200_000, 24 << 20]
    )
    func refusesEarly(bytes: Int) async throws {
        let upstream = try await TestUpstream(isReading: false)
        let relay = Relay(service: try upstream.service())
        try await withListener(responder: relay.serve) { _, port in
            let client = try await Peer.connect(port: port)
            client.send(large(bytes))
            let first = try await upstream.connection(0)
            first.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno")
            await client.receives("no\r\n0\r\n\r\n")
            client.send(request)
            let second = try await upstream.connection(1)
            try await second.setReading(true)
            await second.receives("hi")
            second.send(answer)
            await client.receives("hello")
        }
        try await upstream.close()
    }

    @Test("An upstream that answers before it has read the request does not get the next one on that connection")
    func answersEarly() async throws {
        let upstream = try await TestUpstream(isReading: false)
        let relay = Relay(service: try upstream.service())
        try await withListener(responder: relay.serve) { _, port in
            let client = try await Peer.connect(port: port)
            client.send(large(24 << 20))
            let first = try await upstream.connection(0)
            first.send(answer)
            await client.receives("hello\r\n0\r\n\r\n")
            client.send(request)
            let second = try await upstream.connection(1)
            try await second.setReading(true)
            await second.receives("hi")
            second.send(answer)
            await client.receives("hello", times: 2)
        }
        try await upstream.close()
    }

    @Test("A request that a kept-alive connection leaves unanswered is not sent again: the upstream may have read it")
    func unmarked() async throws {
        let upstream = try await TestUpstream()
        let relay = Relay(service: try upstream.service())
        try await withListener(responder: relay.serve) { _, port in
            let client = try await Peer.connect(port: port)
            client.send(request)
            let connection = try await upstream.connection(0)
            await connection.receives("hi")
            connection.send(answer)
            await client.receives("hello")
            client.send(request)
            await connection.receives("hi", times: 2)
            try await connection.close()
            await client.receives("HTTP/1.1 502 ")
            #expect(upstream.connectionCount == 1)
        }
        try await upstream.close()
    }

    @Test("A request that an upstream has worked on for more than a second is not sent again, whatever its mark")
    func late() async throws {
        let upstream = try await TestUpstream()
        let relay = Relay(service: try upstream.service(resendsUnanswered: true))
        try await withListener(responder: relay.serve) { _, port in
            let client = try await Peer.connect(port: port)
            client.send(request)
            let connection = try await upstream.connection(0)
            await connection.receives("hi")
            connection.send(answer)
            await client.receives("hello")
            client.send(request)
            await connection.receives("hi", times: 2)
            try await Task.sleep(for: .milliseconds(1500))
            try await connection.close()
            await client.receives("HTTP/1.1 502 ")
            #expect(upstream.connectionCount == 1)
        }
        try await upstream.close()
    }

    @Test("An end of a connection that the event loop has not seen yet is seen before the connection is used")
    func unseenEnd() async throws {
        let upstream = try await TestUpstream()
        let relay = Relay(service: try upstream.service())
        let rounds = Counter()
        try await withListener(responder: { exchange, client in
            rounds.add(1)
            if rounds.value == 2, let peer = try? await upstream.connection(0) { closeUnseen(peer) }
            await relay.serve(exchange, client)
        }) { _, port in
            let client = try await Peer.connect(port: port)
            client.send(request)
            let connection = try await upstream.connection(0)
            await connection.receives("hi")
            connection.send(answer)
            await client.receives("hello")
            client.send(request)
            let second = try await upstream.connection(1)
            await second.receives("hi")
            second.send(answer)
            await client.receives("hello", times: 2)
        }
        try await upstream.close()
    }

    @Test("An upstream may announce any time for its idle connections", arguments: ["0", "1", "9223372036854775807"])
    func anyKeepAlive(seconds: String) async throws {
        let upstream = try await TestUpstream()
        let relay = Relay(service: try upstream.service())
        try await withListener(responder: relay.serve) { _, port in
            let client = try await Peer.connect(port: port)
            client.send(request)
            let connection = try await upstream.connection(0)
            await connection.receives("hi")
            connection.send(answer.replacing("OK\r\n", with: "OK\r\nKeep-Alive: timeout=\(seconds)\r\n"))
            await client.receives("hello")
        }
        try await upstream.close()
    }

    @Test("An idle connection closes before the upstream would: after the configured time, or the one it announces")
    func keepAlive() async throws {
        for announces in [false, true] {
            let upstream = try await TestUpstream()
            var timeouts = ProviderService.Timeouts()
            timeouts.keepAlive = announces ? .seconds(60) : .milliseconds(300)
            let relay = Relay(service: try upstream.service(timeouts: timeouts))
            try await withListener(responder: relay.serve) { _, port in
                let client = try await Peer.connect(port: port)
                client.send(request)
                let connection = try await upstream.connection(0)
                await connection.receives("hi")
                connection.send(
                    announces ? answer.replacing("OK\r\n", with: "OK\r\nKeep-Alive: max=5, timeout=2\r\n") : answer
                )
                await client.receives("hello")
                await connection.isClosedByTheOtherSide()
            }
            try await upstream.close()
        }
    }
}

/// Closes the upstream's side while this event loop is busy with something else.
private func closeUnseen(_ peer: Peer) {
    peer.channel.close(promise: nil)
    while !peer.isClosed { Thread.sleep(forTimeInterval: 0.001) }
    Thread.sleep(forTimeInterval: 0.05)
}

@Suite("Waiting for an upstream", .serialized, .timeLimit(.minutes(2)))
struct UpstreamWaitTests {
    @Test("The time for the first byte begins when the request has been sent")
    func slowUpload() async throws {
        let upstream = try await TestUpstream(isReading: false)
        var timeouts = ProviderService.Timeouts()
        timeouts.firstByte = .milliseconds(300)
        let relay = Relay(service: try upstream.service(timeouts: timeouts))
        try await withListener(responder: relay.serve) { _, port in
            let client = try await Peer.connect(port: port)
            client.send(large(24 << 20))
            let connection = try await upstream.connection(0)
            try await Task.sleep(for: .milliseconds(1500))
            #expect(client.text.isEmpty)
            try await connection.setReading(true)
            await eventually("all arrives") { connection.count > 24 << 20 }
            connection.send(answer)
            await client.receives("hello")
            // And then it ends, as for any request.
            client.send(request)
            await client.receives("HTTP/1.1 504 ")
        }
        try await upstream.close()
    }

    @Test("An upstream that takes no more of a request is given up")
    func stuckUpload() async throws {
        let upstream = try await TestUpstream(isReading: false)
        var timeouts = ProviderService.Timeouts()
        timeouts.idle = .milliseconds(300)
        let relay = Relay(service: try upstream.service(timeouts: timeouts))
        try await withListener(responder: relay.serve) { _, port in
            let client = try await Peer.connect(port: port)
            client.send(large(24 << 20))
            await client.receives("did not read the request in time")
            #expect(client.text.hasPrefix("HTTP/1.1 504 "))
        }
        try await upstream.close()
    }

    @Test("Interim answers do not put off the time for the first byte")
    func interim() async throws {
        let upstream = try await TestUpstream()
        var timeouts = ProviderService.Timeouts()
        timeouts.firstByte = .milliseconds(500)
        let relay = Relay(service: try upstream.service(timeouts: timeouts))
        try await withListener(responder: relay.serve) { _, port in
            let client = try await Peer.connect(port: port)
            client.send(request)
            let connection = try await upstream.connection(0)
            await connection.receives("hi")
            connection.send("HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\nHTTP/1.1 1")
            await client.receives("did not respond in time")
            #expect(client.text.hasPrefix("HTTP/1.1 504 "))
        }
        try await upstream.close()
    }

    @Test("A hundred interim answers are passed over")
    func manyInterim() async throws {
        let upstream = try await TestUpstream()
        let relay = Relay(service: try upstream.service())
        try await withListener(responder: relay.serve) { _, port in
            let client = try await Peer.connect(port: port)
            for round in 1...2 {
                client.send(request)
                let connection = try await upstream.connection(0)
                await connection.receives("hi", times: round)
                for _ in 0..<100 { connection.send("HTTP/1.1 102 Processing\r\n\r\n") }
                connection.send(answer)
                await client.receives("hello", times: round)
            }
        }
        try await upstream.close()
    }

    @Test(
        "Interim answers without end are an error, be they many or long",
        arguments: [
            String(repeating: "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n", count: 101),
            String(
                repeating: "HTTP/1.1 103 Early Hints\r\nlink: \(String(repeating: "x", count: 60_000))\r\n\r\n",
                count: 3
            ),
        ]
    )
    func interimFlood(text: String) async throws {
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
}
