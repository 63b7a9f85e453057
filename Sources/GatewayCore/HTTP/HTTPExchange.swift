// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import NIOCore
package import NIOHTTP1

/// The head of a client's request.
package struct HTTPRequest: Sendable {
    package var method: HTTPMethod
    /// Path and query as the client sent them.
    package var target: String
    package var headers: HTTPHeaders
    /// The client's address without its port; the one that a trusted proxy reports, if there is one.
    package var remoteAddress: String
    /// When the head was complete.
    package var received: NIODeadline
    /// Whether the client speaks TLS, to the listener or to a trusted proxy.
    package var isSecure = false
    /// The host that the client called, if a trusted proxy reports it.
    package var forwardedHost: String?
    /// The path below which the client reaches the gateway; empty, or as ``BasePath`` allows.
    package var basePath = ""

    package init(method: HTTPMethod, target: String, headers: HTTPHeaders, remoteAddress: String, received: NIODeadline)
    {
        self.method = method
        self.target = target
        self.headers = headers
        self.remoteAddress = remoteAddress
        self.received = received
    }

    /// The host, with its port, that the client called; nil if it named none.
    package var host: String? { forwardedHost ?? headers.first(name: "host") }
}

/// One request and the way to answer it; says nothing about the connection it came on.
///
/// Exactly one of ``send(status:headers:body:)`` and ``start(status:headers:)`` is called, once. After ``start(status:headers:)`` come any number of
/// ``write(_:)`` and then ``finish()`` or ``abort()``. All calls come from the task that serves the request. That task is cancelled as soon as the client goes away.
package protocol HTTPExchange: Sendable {
    var request: HTTPRequest { get }

    /// The whole body, decompressed where the client has compressed it. Asks a client that waits for `100 Continue` to go on.
    ///
    /// Nothing of a body is read before this call, and this call needs a caller: the body counts towards what the caller may hold. What counts is what has come,
    /// not what was announced.
    /// - Throws: ``GatewayError/Code/unsupportedMediaType`` for a compression that is not supported, ``GatewayError/Code/invalidRequest`` for damaged data,
    ///   ``GatewayError/Code/payloadTooLarge`` beyond the listener's bound, ``GatewayError/Code/limitExceeded`` when the caller holds too much,
    ///   ``GatewayError/Code/overloaded`` when all callers together do, ``GatewayError/Code/requestTimeout`` when the client is too slow,
    ///   ``GatewayError/Code/clientClosed`` when it left.
    func body(for account: CallerAccount) async throws(GatewayError) -> ByteBuffer

    /// Counts bytes that the request holds beside its body, such as a stored conversation, until its response is out.
    ///
    /// - Throws: ``GatewayError/Code/limitExceeded`` when the caller holds too much, ``GatewayError/Code/overloaded`` when all callers together do.
    func hold(_ bytes: Int, for account: CallerAccount) throws(GatewayError)

    /// Says whose request it is, and about which model service, for the access log.
    func identify(_ caller: Caller, service: ModelService?)

    /// Sends a whole answer in one write.
    func send(status: Int, headers: HTTPHeaders, body: ByteBuffer)

    /// Begins an answer. The head goes out together with the first bytes of the body, or with ``flush()``.
    ///
    /// Without a `content-length` in the headers the body is chunked.
    func start(status: Int, headers: HTTPHeaders)

    /// Writes bytes of the body and flushes; suspends while the client does not keep up.
    ///
    /// - Throws: ``GatewayError/Code/clientClosed`` when the client left.
    func write(_ bytes: ByteBuffer) async throws(GatewayError)

    /// Ends the body, with its last bytes in the same write.
    func finish(_ bytes: ByteBuffer)

    /// Ends an answer that cannot be completed: the connection closes without the end of the body, so that no client takes it for whole.
    func abort()
}

extension HTTPExchange {
    /// Nobody notes it.
    package func identify(_ caller: Caller, service: ModelService?) {}
}

/// Answers requests that a listener took.
package protocol HTTPResponder: Sendable {
    /// Serves one request to its end. Runs on the connection's event loop.
    func respond(to exchange: any HTTPExchange, upstream: any UpstreamClient) async
}
