// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore

/// What every connection of a listener shares.
struct ListenerSettings: Sendable {
    var responder: any HTTPResponder
    var maximumBodyBytes: Int
    var maximumHeadBytes: Int
    var clientTimeout: Duration
    var keepAliveTimeout: Duration
    var bodyBudget: BodyBudget
    /// The body for a request that is not HTTP, and for one that got no answer: status and message to JSON.
    var malformedRequestBody: @Sendable (Int, String) -> ByteBuffer

    init(
        responder: any HTTPResponder,
        server: Configuration.Server,
        malformedRequestBody: @escaping @Sendable (Int, String) -> ByteBuffer
    ) {
        self.responder = responder
        maximumBodyBytes = server.maximumBodyBytes
        maximumHeadBytes = server.maximumHeadBytes
        clientTimeout = server.clientTimeout
        keepAliveTimeout = server.keepAliveTimeout
        bodyBudget = BodyBudget(limit: server.maximumBodyBytesInFlight)
        self.malformedRequestBody = malformedRequestBody
    }
}
