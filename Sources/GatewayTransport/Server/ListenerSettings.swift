// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import Logging
import NIOCore
import NIOHTTP1

/// What every connection of a listener shares.
struct ListenerSettings: Sendable {
    var responder: any HTTPResponder
    var maximumBodyBytes: Int
    var maximumHeadBytes: Int
    var clientTimeout: Duration
    var keepAliveTimeout: Duration
    var budget: InFlightBudget
    /// Where large bodies are decompressed.
    var largeBodies: LargeBodies
    /// Proxies whose word about the client is taken.
    var proxies: TrustedProxies
    /// Whether the connections of those begin with a header of the PROXY protocol.
    var expectsProxyHeader: Bool
    /// Whether clients speak TLS to the listener.
    var isSecure: Bool
    /// Takes a record of each request when it has ended; nil if nobody wants any.
    var accessLog: (@Sendable (AccessRecord) -> Void)?
    var notices: Notices
    /// The headers and the body for a request that is not HTTP, and for one that got no answer: from status and message.
    var malformedRequest: @Sendable (Int, String) -> (HTTPHeaders, ByteBuffer)

    /// What strangers may cause, and operators want to know.
    struct Notices: Sendable {
        /// Clients speak TLS to a port that does not.
        let tls: RareNotice
        /// Clients speak plain HTTP to a port that speaks TLS.
        let plainHTTP: RareNotice
        /// A trusted proxy began a connection without a valid header.
        let proxyHeader: RareNotice

        init(logger: Logger) {
            tls = RareNotice("A client began with TLS on this port, which speaks plain HTTP", logger: logger)
            plainHTTP = RareNotice("A client sent plain HTTP to this port, which speaks HTTPS", logger: logger)
            proxyHeader = RareNotice(
                "A trusted proxy began a connection without a valid PROXY header; `server.proxy_protocol` requires one",
                logger: logger
            )
        }
    }

    init(
        responder: any HTTPResponder,
        server: Configuration.Server,
        largeBodies: LargeBodies,
        accessLog: (@Sendable (AccessRecord) -> Void)?,
        malformedRequest: @escaping @Sendable (Int, String) -> (HTTPHeaders, ByteBuffer),
        logger: Logger
    ) {
        self.responder = responder
        maximumBodyBytes = server.maximumBodyBytes
        maximumHeadBytes = server.maximumHeadBytes
        clientTimeout = server.clientTimeout
        keepAliveTimeout = server.keepAliveTimeout
        budget = InFlightBudget(
            limit: server.maximumBodyBytesInFlight,
            limitPerCaller: server.maximumBodyBytesInFlightPerCaller,
            requestsPerCaller: server.maximumRequestsInFlightPerCaller
        )
        self.largeBodies = largeBodies
        proxies = TrustedProxies(server.trustedProxies)
        expectsProxyHeader = server.expectsProxyHeader
        isSecure = server.tls != nil
        self.accessLog = accessLog
        notices = Notices(logger: logger)
        self.malformedRequest = malformedRequest
    }
}
