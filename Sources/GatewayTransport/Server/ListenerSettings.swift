// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
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
    /// The headers and the body for a request that is not HTTP, and for one that got no answer: from status and message.
    var malformedRequest: @Sendable (Int, String) -> (HTTPHeaders, ByteBuffer)

    init(
        responder: any HTTPResponder,
        server: Configuration.Server,
        largeBodies: LargeBodies,
        malformedRequest: @escaping @Sendable (Int, String) -> (HTTPHeaders, ByteBuffer)
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
        self.malformedRequest = malformedRequest
    }
}
