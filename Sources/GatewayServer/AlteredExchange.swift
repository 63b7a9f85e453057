// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore
import NIOHTTP1

/// An exchange as a responder further in sees it: with another head of the request, and with more headers in the response.
struct AlteredExchange: HTTPExchange {
    let exchange: any HTTPExchange
    var request: HTTPRequest
    /// Changes the headers of the response before they are sent.
    var alterResponse: (@Sendable (inout HTTPHeaders) -> Void)?

    init(_ exchange: any HTTPExchange) {
        self.exchange = exchange
        request = exchange.request
    }

    func body(for account: CallerAccount) async throws(GatewayError) -> ByteBuffer {
        try await exchange.body(for: account)
    }

    func hold(_ bytes: Int, for account: CallerAccount) throws(GatewayError) { try exchange.hold(bytes, for: account) }

    func identify(_ caller: Caller, service: ModelService?) { exchange.identify(caller, service: service) }

    func send(status: Int, headers: HTTPHeaders, body: ByteBuffer) {
        exchange.send(status: status, headers: altered(headers), body: body)
    }

    func start(status: Int, headers: HTTPHeaders) { exchange.start(status: status, headers: altered(headers)) }

    func write(_ bytes: ByteBuffer) async throws(GatewayError) { try await exchange.write(bytes) }

    func finish(_ bytes: ByteBuffer) { exchange.finish(bytes) }

    func abort() { exchange.abort() }

    private func altered(_ headers: HTTPHeaders) -> HTTPHeaders {
        guard let alterResponse else { return headers }
        var headers = headers
        alterResponse(&headers)
        return headers
    }
}
