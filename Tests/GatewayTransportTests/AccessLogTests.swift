// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayTransport
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import Testing

/// Answers as the path says.
@Sendable private func answer(_ exchange: any HTTPExchange, _: any UpstreamClient) async {
    switch exchange.request.target {
    case "/stream":
        exchange.start(status: 200, headers: ["x-request-id": "req_1"])
        try? await exchange.write(ByteBuffer(string: "one "))
        exchange.finish(ByteBuffer(string: "two"))
    case "/cut":
        exchange.start(status: 200, headers: [:])
        try? await exchange.write(ByteBuffer(string: "one "))
        exchange.abort()
    case "/wait":
        while !Task.isCancelled { try? await Task.sleep(for: .milliseconds(5)) }
    default:
        exchange.identify(Caller(name: "alice", kind: .user), service: nil)
        exchange.send(status: 404, headers: [:], body: ByteBuffer(string: "nothing"))
    }
}

@Suite("The access log", .serialized, .timeLimit(.minutes(2)))
struct AccessLogTests {
    @Test("Each request leaves one record when it has ended, however that is")
    func records() async throws {
        let records = Mutex<[AccessRecord]>([])
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var server = Configuration.Server()
        server.shutdownTimeout = .milliseconds(50)
        let listener = try await Listener.bind(
            group: group,
            host: "127.0.0.1",
            port: 0,
            server: server,
            responder: ScriptedResponder(script: answer),
            accessLog: { record in records.withLock { $0.append(record) } },
            malformedRequest: { _, message in ([:], ByteBuffer(string: message)) }
        )
        let port = listener.address.port ?? 0
        func next(_ number: Int) async -> AccessRecord? {
            await eventually("record \(number)") { records.withLock { $0.count > number } }
            return records.withLock { $0.count > number ? $0[number] : nil }
        }
        let client = try await Peer.connect(port: port)
        client.send("GET /other?secret=1 HTTP/1.1\r\nHost: a\r\n\r\n")
        let plain = try #require(await next(0))
        #expect(plain.method == "GET" && plain.path == "/other" && plain.status == 404 && plain.bytes == 7)
        #expect(plain.isComplete && plain.principal == "alice" && plain.remoteAddress == "127.0.0.1")
        #expect(plain.millisecondsToFirstByte != nil && plain.requestID == nil)
        client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
        let stream = try #require(await next(1))
        #expect(stream.status == 200 && stream.bytes == 7 && stream.isComplete && stream.requestID == "req_1")
        #expect(stream.principal == nil)
        client.send("GET /cut HTTP/1.1\r\nHost: a\r\n\r\n")
        let cut = try #require(await next(2))
        #expect(cut.status == 200 && cut.bytes == 4 && !cut.isComplete)
        let leaver = try await Peer.connect(port: port)
        leaver.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
        try await Task.sleep(for: .milliseconds(20))
        try await leaver.close()
        let left = try #require(await next(3))
        #expect(left.status == 499 && left.millisecondsToFirstByte == nil && !left.isComplete)
        let stranger = try await Peer.connect(port: port)
        stranger.send("nonsense\r\n\r\n")
        let malformed = try #require(await next(4))
        #expect(malformed.status == 400 && malformed.method == "-" && malformed.path == "-")
        await listener.stop()
        try await group.shutdownGracefully()
        #expect(records.withLock { $0.count } == 5)
    }
}
