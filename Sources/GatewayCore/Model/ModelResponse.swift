// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayJSON

/// A complete answer in the gateway's own terms.
package struct ModelResponse: Sendable {
    /// The vendor's id of the answer; nil where the format has none.
    package var id: JSONString?
    /// The model that answered, in the vendor's terms.
    package var model: JSONString?
    package var candidates: [Candidate]
    package var usage: TokenUsage
    /// The service tier that the vendor reported.
    package var serviceTier: String?

    package init(id: JSONString? = nil, model: JSONString? = nil, candidates: [Candidate], usage: TokenUsage) {
        self.id = id
        self.model = model
        self.candidates = candidates
        self.usage = usage
    }

    /// One of the alternatives; there is one unless the client asked for more.
    package struct Candidate: Sendable {
        package var parts: [Message.Part]
        package var finishReason: FinishReason?
        /// Log probabilities in the shape of OpenAI's `logprobs.content` array.
        package var logprobs: JSONValue?

        package init(parts: [Message.Part], finishReason: FinishReason?, logprobs: JSONValue? = nil) {
            self.parts = parts
            self.finishReason = finishReason
            self.logprobs = logprobs
        }
    }
}

/// Why an answer ended.
package enum FinishReason: Sendable, Equatable {
    /// The model was done.
    case stop
    /// A stop sequence of the request was met; formats that name it do.
    case stopSequence(JSONString?)
    /// The limit on output tokens, or the context window.
    case length
    /// The model calls tools.
    case toolCalls
    /// A filter of the vendor.
    case contentFilter
    /// The model refused.
    case refusal
    /// The vendor paused a long turn; the client may send it back to go on.
    case pause
    /// A reason that the gateway does not know, in the vendor's spelling.
    case other(String)
}
