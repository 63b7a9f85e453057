// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore
import NIOHTTP1
import Synchronization

/// An exchange that a test plays the listener of: hands out a body and notes what is sent.
final class ScriptedExchange: HTTPExchange {
    enum Event: Equatable {
        case sent(status: Int, String)
        case started(status: Int)
        case wrote(String)
        case finished(String)
        case aborted
    }

    let request: HTTPRequest
    private let bodyResult: Result<ByteBuffer, GatewayError>
    private let clientLeavesAfter: Int
    private let log = Mutex<[Event]>([])

    init(
        _ target: String,
        headers: [(String, String)],
        body: Result<ByteBuffer, GatewayError>,
        clientLeavesAfter: Int = .max
    ) {
        request = HTTPRequest(
            method: .POST,
            target: target,
            headers: HTTPHeaders(headers),
            remoteAddress: "127.0.0.1",
            received: .now()
        )
        bodyResult = body
        self.clientLeavesAfter = clientLeavesAfter
    }

    var events: [Event] { log.withLock { $0 } }

    func body(for account: CallerAccount) async throws(GatewayError) -> ByteBuffer { try bodyResult.get() }

    func hold(_ bytes: Int, for account: CallerAccount) throws(GatewayError) {}

    func send(status: Int, headers: HTTPHeaders, body: ByteBuffer) {
        note(.sent(status: status, String(buffer: body)))
    }

    func start(status: Int, headers: HTTPHeaders) {
        note(.started(status: status))
    }

    func write(_ bytes: ByteBuffer) async throws(GatewayError) {
        let writes = log.withLock { log in
            log.append(.wrote(String(buffer: bytes)))
            return log.count
        }
        if writes > clientLeavesAfter { throw GatewayError(.clientClosed, "The client left.") }
    }

    func finish(_ bytes: ByteBuffer) {
        note(.finished(String(buffer: bytes)))
    }

    func abort() {
        note(.aborted)
    }

    private func note(_ event: Event) {
        log.withLock { $0.append(event) }
    }
}

/// An upstream that nobody should ask.
struct NoUpstream: UpstreamClient {
    func send(_ request: UpstreamRequest) async throws(GatewayError) -> any UpstreamExchange {
        throw GatewayError(.internalFailure, "The simulator has no upstream.")
    }
}
