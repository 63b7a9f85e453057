// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayTransport
import NIOCore
import Testing

@Suite("Connections at their limit", .serialized, .timeLimit(.minutes(2)))
struct ConnectionLimitTests {
    @Test("Connections beyond the bound are closed at once, and their places come back")
    func maximumConnections() async throws {
        var server = Configuration.Server()
        server.maximumConnections = 2
        try await withListener(server, responder: echo) { listener, port in
            let first = try await Peer.connect(port: port)
            let second = try await Peer.connect(port: port)
            // One that rests would make room after a while.
            for peer in [first, second] { peer.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na") }
            await eventually("both count") { listener.gauges.connections == 2 }
            let third = try await Peer.connect(port: port)
            await third.isClosedByTheOtherSide()
            try await first.close()
            await eventually("one has left") { listener.gauges.connections == 1 }
            let fourth = try await Peer.connect(port: port)
            fourth.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await fourth.receives("GET / []")
            _ = second
        }
    }

    @Test("Connections that are busy keep their places")
    func busyConnections() async throws {
        var server = Configuration.Server()
        server.maximumConnections = 2
        try await withListener(server, responder: echo) { listener, port in
            let first = try await Peer.connect(port: port)
            let second = try await Peer.connect(port: port)
            for peer in [first, second] { peer.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na") }
            await eventually("both count") { listener.gauges.connections == 2 }
            try await Task.sleep(for: .milliseconds(1300))
            let third = try await Peer.connect(port: port)
            await third.isClosedByTheOtherSide()
            try await first.close()
            await eventually("one has left") { listener.gauges.connections == 1 }
            let fourth = try await Peer.connect(port: port)
            fourth.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await fourth.receives("GET / []")
            second.send("b")
            await second.receives("POST / [ab]")
        }
    }

    @Test("Beyond the bound an idle connection makes room: one that has never been of use, before one that has")
    func eviction() async throws {
        var server = Configuration.Server()
        server.maximumConnections = 3
        try await withListener(server, responder: echo) { listener, port in
            let used = try await Peer.connect(port: port)
            used.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na")
            await used.receives("POST / [a]")
            let strangers = [try await Peer.connect(port: port), try await Peer.connect(port: port)]
            strangers[1].send("GET / HTTP/1.1\r\nHost")
            // A place is kept for a second.
            try await Task.sleep(for: .milliseconds(1300))
            for number in 1...20 {
                let next = try await Peer.connect(port: port)
                next.send("GET /\(number) HTTP/1.0\r\nHost: a\r\n\r\n")
                await next.receives("GET /\(number) []")
                await next.isClosedByTheOtherSide()
                await eventually("it has left") { listener.gauges.connections <= 3 }
            }
            await eventually("a stranger made room") { strangers.contains { $0.isClosed } }
            used.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nb")
            await used.receives("POST / [b]")
        }
    }

    @Test("A newcomer gets the place of a connection on another event loop, where its own has none to give")
    func roomOnAnotherLoop() async throws {
        var server = Configuration.Server()
        server.maximumConnections = 4
        try await withListener(server, eventLoops: 2, responder: echo) { listener, port in
            // Connections go to the loops in turns, so that closing every second one leaves all places to one loop.
            var kept: [Peer] = []
            for number in 1...8 {
                let peer = try await Peer.connect(port: port)
                await eventually("it counts") { listener.gauges.connections == kept.count + 1 }
                if number % 2 == 1 {
                    kept.append(peer)
                } else {
                    try await peer.close()
                    await eventually("it has left") { listener.gauges.connections == kept.count }
                }
                if kept.count == 4 { break }
            }
            try await Task.sleep(for: .milliseconds(1300))
            // One on each loop.
            for _ in 0..<2 {
                let next = try await Peer.connect(port: port)
                next.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                await next.receives("GET / []")
            }
            await eventually("two strangers made room") { kept.count { $0.isClosed } == 2 }
        }
    }

    @Test("A connection that was used since it was found idle makes no room, and another one is looked for")
    func usedSinceItWasFound() async throws {
        var server = Configuration.Server()
        server.maximumConnections = 2
        try await withListener(server, responder: echo) { listener, port in
            let strangers = [try await Peer.connect(port: port), try await Peer.connect(port: port)]
            await eventually("both count") { listener.gauges.connections == 2 }
            try await Task.sleep(for: .milliseconds(1300))
            let first = try await Peer.connect(port: port)
            first.send("GET /first HTTP/1.1\r\nHost: a\r\n\r\n")
            await first.receives("GET /first []")
            await strangers[0].isClosedByTheOtherSide()
            // It was found together with the one that went.
            strangers[1].send("GET /used HTTP/1.1\r\nHost: a\r\n\r\n")
            await strangers[1].receives("GET /used []")
            try await Task.sleep(for: .milliseconds(1300))
            let second = try await Peer.connect(port: port)
            second.send("GET /second HTTP/1.1\r\nHost: a\r\n\r\n")
            await second.receives("GET /second []")
        }
    }
}
