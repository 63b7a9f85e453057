// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayJSON
import NIOCore

/// What the gateway reads of a request before it decides anything: one validating pass over the body.
package struct RequestEnvelope: Sendable {
    package let apiType: APIType
    /// The whole body with the spans of its top-level members.
    package let scan: JSONScan
    /// The model as the client named it.
    package let model: String
    /// Where the body names the model; nil where the path does.
    package let modelValue: JSONValue?
    package let isStreaming: Bool
    /// For Gemini: whether the client wants server-sent events (`alt=sse`) rather than a JSON array.
    package let wantsServerSentEvents: Bool
    /// The id that stood in the body of the client, where what it stands for is in the body now.
    package var previousResponseID: String?

    /// What the body said to the gateway; nil where it said nothing, as nearly all do.
    package var notes: RequestNotes?

    /// The size of the body.
    package var bytes: Int { scan.value.document.readableBytes }

    package init(
        apiType: APIType,
        scan: JSONScan,
        model: String,
        modelValue: JSONValue?,
        isStreaming: Bool,
        wantsServerSentEvents: Bool = true
    ) {
        self.apiType = apiType
        self.scan = scan
        self.model = model
        self.modelValue = modelValue
        self.isStreaming = isStreaming
        self.wantsServerSentEvents = wantsServerSentEvents
    }
}
