// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayTransport
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import Testing

/// What a test lets a listener do with each request.
struct ScriptedResponder: HTTPResponder {
    let script: @Sendable (any HTTPExchange, any UpstreamClient) async -> Void

    func respond(to exchange: any HTTPExchange, upstream: any UpstreamClient) async {
        await script(exchange, upstream)
    }
}

/// Whoever the requests of a test are from.
let someCaller = CallerAccount()

/// Answers with the method, the target and the body.
@Sendable func echo(_ exchange: any HTTPExchange, _: any UpstreamClient) async {
    do throws(GatewayError) {
        let body = try await exchange.body(for: someCaller)
        let request = exchange.request
        exchange.send(
            status: 200,
            headers: ["content-type": "text/plain"],
            body: ByteBuffer(string: "\(request.method) \(request.target) [\(String(buffer: body))]")
        )
    } catch {
        exchange.send(status: error.status, headers: [:], body: ByteBuffer(string: error.message))
    }
}

/// Runs a listener for as long as the body runs.
func withListener(
    _ server: Configuration.Server = Configuration.Server(),
    host: String = "127.0.0.1",
    eventLoops: Int = 1,
    upstreamCertificateFile: String? = nil,
    resolver: NameResolver = NameResolver(),
    responder script: @escaping @Sendable (any HTTPExchange, any UpstreamClient) async -> Void,
    body: (Listener, Int) async throws -> Void
) async throws {
    var server = server
    if server.shutdownTimeout == .seconds(30) { server.shutdownTimeout = .milliseconds(50) }
    let group = MultiThreadedEventLoopGroup(numberOfThreads: eventLoops)
    let listener = try await Listener.bind(
        group: group,
        host: host,
        port: 0,
        server: server,
        responder: ScriptedResponder(script: script),
        upstreamCertificateFiles: upstreamCertificateFile.map { [$0] } ?? [],
        resolver: resolver,
        malformedRequest: { status, message in (["x-malformed": "true"], ByteBuffer(string: "\(status) \(message)")) }
    )
    let outcome: Result<Void, any Error>
    do {
        try await body(listener, listener.address.port ?? 0)
        outcome = .success(())
    } catch {
        outcome = .failure(error)
    }
    await listener.stop()
    #expect(listener.gauges.bodyBytesInFlight == 0 || listener.gauges.connections > 0)
    try await group.shutdownGracefully()
    try outcome.get()
}

/// Sends every request to an upstream and relays the answer, as the gateway does; what fails is answered with its status, or cuts the answer off.
struct Relay: Sendable {
    final class Log: Sendable {
        private let entries = Mutex<[String]>([])
        func note(_ entry: String) { entries.withLock { $0.append(entry) } }
        var all: [String] { entries.withLock { $0 } }
    }

    let service: ProviderService
    /// How long to wait for content, which this relay never says has come.
    var contentTimeout: Duration?
    /// How long the answer may take.
    var total: Duration?
    let log = Log()
    private let caller = CallerAccount()

    func serve(_ exchange: any HTTPExchange, _ upstream: any UpstreamClient) async {
        var hasStarted = false
        do throws(GatewayError) {
            let body = try await exchange.body(for: caller)
            var request = UpstreamRequest(
                service: service,
                path: exchange.request.target,
                fixedHeaderLines: ByteBuffer(string: "host: upstream\r\n"),
                headers: [("x-number", "7\r\nevil: 1")],
                body: [body]
            )
            request.contentTimeout = contentTimeout
            request.deadline = total.map { .now() + TimeAmount($0) }
            let answer = try await upstream.send(request)
            log.note("head \(answer.head.status)")
            do throws(GatewayError) {
                while let bytes = try await answer.next() {
                    if !hasStarted { exchange.start(status: answer.head.status, headers: [:]) }
                    hasStarted = true
                    try await exchange.write(bytes)
                }
            } catch {
                answer.cancel()
                throw error
            }
            if !hasStarted { exchange.start(status: answer.head.status, headers: [:]) }
            exchange.finish(ByteBuffer())
            log.note("end")
        } catch {
            log.note("\(error.code) cancelled=\(Task.isCancelled)")
            if hasStarted {
                exchange.abort()
            } else {
                exchange.send(status: error.status, headers: [:], body: ByteBuffer(string: error.message))
            }
        }
    }
}
