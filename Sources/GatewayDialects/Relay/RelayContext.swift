// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

/// What a relay's transform knows of the call.
package struct RelayContext: Sendable {
    package var apiType: APIType
    package var isStreaming: Bool
    package var requestID: String
    /// Whether usage was asked for on the gateway's own behalf and must be hidden from the client.
    package var hidesUsage: Bool
    /// For Gemini: whether the client wants server-sent events rather than a JSON array.
    package var wantsServerSentEvents: Bool
    /// The estimate of the prompt's tokens, where the client gets figures before the upstream reports any.
    package var estimatedInput: Int

    package init(
        apiType: APIType,
        isStreaming: Bool,
        requestID: String,
        hidesUsage: Bool,
        wantsServerSentEvents: Bool,
        estimatedInput: Int
    ) {
        self.apiType = apiType
        self.isStreaming = isStreaming
        self.requestID = requestID
        self.hidesUsage = hidesUsage
        self.wantsServerSentEvents = wantsServerSentEvents
        self.estimatedInput = estimatedInput
    }
}
