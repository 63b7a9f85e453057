// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// One request as the access log tells of it, once it has ended; nothing in it is secret or content.
package struct AccessRecord: Sendable {
    /// The client's address without its port.
    package var remoteAddress: String
    package var method: String
    /// The path without its query, as the client sent it.
    package var path: String
    /// 499 if the client left before a response began.
    package var status: Int
    /// Bytes of the response's body.
    package var bytes: Int
    /// From the head of the request to the end of the response.
    package var milliseconds: Double
    /// From the head of the request to the first bytes of the response; nil if none were sent.
    package var millisecondsToFirstByte: Double?
    /// Whether the response was sent to its end.
    package var isComplete: Bool
    /// The response's `x-request-id`.
    package var requestID: String?
    /// Who sent the request; nil if it was refused before that was known.
    package var principal: String?
    /// The model service; nil if the request is about none.
    package var service: String?

    package init(
        remoteAddress: String,
        method: String,
        path: String,
        status: Int,
        bytes: Int,
        milliseconds: Double,
        millisecondsToFirstByte: Double?,
        isComplete: Bool,
        requestID: String?,
        principal: String?,
        service: String?
    ) {
        self.remoteAddress = remoteAddress
        self.method = method
        self.path = path
        self.status = status
        self.bytes = bytes
        self.milliseconds = milliseconds
        self.millisecondsToFirstByte = millisecondsToFirstByte
        self.isComplete = isComplete
        self.requestID = requestID
        self.principal = principal
        self.service = service
    }
}
