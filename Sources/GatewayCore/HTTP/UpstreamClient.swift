// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import NIOCore
package import NIOHTTP1

/// A request to an upstream, its static part precomputed.
package struct UpstreamRequest: Sendable {
    package var service: ProviderService
    package var method = HTTPMethod.POST
    /// The request line's target: path and query.
    package var path: String
    /// Header lines that every request to this destination carries, each ended by CRLF: host, credential, content type.
    package var fixedHeaderLines: ByteBuffer
    /// Header fields of this request alone.
    package var headers: [(name: String, value: String)]
    package var body: [ByteBuffer]
    /// How long to wait for the upstream.
    package var timeouts: ProviderService.Timeouts
    /// How long to wait for what ``UpstreamExchange/noteContent()`` says has come; nil where nobody says it.
    package var contentTimeout: Duration?
    /// When the answer must have ended; nil where it may take any time.
    package var deadline: NIODeadline?

    package init(
        service: ProviderService,
        path: String,
        fixedHeaderLines: ByteBuffer,
        headers: [(name: String, value: String)] = [],
        body: [ByteBuffer]
    ) {
        self.service = service
        self.path = path
        self.fixedHeaderLines = fixedHeaderLines
        self.headers = headers
        self.body = body
        timeouts = service.timeouts
    }

    /// Whether the upstream may get it twice: where the method promises that nothing comes of it (RFC 9110, 9.2.2), or the configuration allows it.
    package var isRepeatable: Bool { service.resendsUnanswered || method == .GET || method == .HEAD }
}

/// The head of an upstream's answer.
package struct UpstreamHead: Sendable {
    package var status: Int
    package var headers: HTTPHeaders

    package init(status: Int, headers: HTTPHeaders) {
        self.status = status
        self.headers = headers
    }

    /// The value of a header; nil without it.
    package func header(_ name: String) -> String? { headers.first(name: name) }

    /// The upstream's own id of the request, whatever its vendor calls the header.
    package var requestID: String? { header("x-request-id") ?? header("request-id") ?? header("x-amzn-requestid") }
}

/// Sends requests to upstreams over pooled connections of one event loop.
package protocol UpstreamClient: Sendable {
    /// Sends a request and waits for the head of the answer.
    ///
    /// Retries once, on a new connection, when a kept-alive connection turns out to have been closed: if nothing of the request was sent; or if nothing of an answer came
    /// within a second, and the request may go out twice (``ProviderService/resendsUnanswered``, or GET).
    /// A body that is compressed although `accept-encoding: identity` was sent is given decoded.
    /// The connection is closed when the calling task is cancelled.
    /// - Throws: ``GatewayError/Code/upstreamUnavailable`` if the upstream cannot be reached or breaks off, ``GatewayError/Code/upstreamTimeout`` if it is too slow,
    ///   ``GatewayError/Code/clientClosed`` if the task was cancelled.
    func send(_ request: UpstreamRequest) async throws(GatewayError) -> any UpstreamExchange
}

/// An answer under way.
package protocol UpstreamExchange: Sendable {
    var head: UpstreamHead { get }

    /// The next bytes of the body as they came; nil after the last.
    ///
    /// Not asking is back-pressure: the gateway stops reading from the upstream.
    /// - Throws: as ``UpstreamClient/send(_:)``; a body that ends early is ``GatewayError/Code/upstreamUnavailable``.
    func next() async throws(GatewayError) -> ByteBuffer?

    /// Whether ``next()`` has given everything, so that it would return nil at once.
    var hasEnded: Bool { get }

    /// The content of the answer has begun, so that its time is not over any more (``UpstreamRequest/contentTimeout``).
    func noteContent()

    /// Gives up the rest of the answer and closes its connection. No effect once the body has ended.
    func cancel()
}

extension UpstreamExchange {
    package func noteContent() {}
}
