// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayJSON

/// A step of a streamed answer in the gateway's own terms.
///
/// A decoder promises this order for each candidate: one ``start``, then parts that never overlap (``partStart``, any number of deltas, ``partEnd``), then one
/// ``finish``; ``usage`` anywhere, each report replacing the buckets it holds; ``end`` once, last, and only after the vendor's own terminal event.
package enum ModelEvent: Sendable {
    case start(id: JSONString?, model: JSONString?)
    indirect case partStart(candidate: Int, PartKind)
    /// A piece of a text part or a refusal.
    case text(candidate: Int, JSONString)
    /// A piece of a reasoning part.
    case reasoning(candidate: Int, JSONString)
    /// The next text of a reasoning part begins: summaries come in pieces.
    case reasoningBreak(candidate: Int)
    /// A piece of the text of a tool call's arguments; for a custom call of its input.
    case toolArguments(candidate: Int, JSONString)
    /// What the vendor attached to the open part; at most once, before its end.
    indirect case state(candidate: Int, OpaqueState)
    /// A source that the open text part cites.
    indirect case citation(candidate: Int, Citation)
    /// Log probabilities of the latest pieces of text, in the shape of OpenAI's `logprobs.content` array.
    case logprobs(candidate: Int, JSONValue)
    case partEnd(candidate: Int)
    case finish(candidate: Int, FinishReason)
    case usage(TokenUsage)
    case end

    /// What a part is; text deltas belong to text parts and so on.
    package enum PartKind: Sendable {
        case text
        /// The words of a refusal; its deltas are texts.
        case refusal
        /// `isSummary` as in ``Message/Reasoning``. A redacted thought has a ``ModelEvent/state(candidate:_:)`` and no deltas.
        case reasoning(isSummary: Bool)
        /// A whole picture or sound; it has no deltas.
        case media(Media)
        /// `arguments` of the call are empty; a state of the call (Gemini's) is told here, since clients' ids carry it.
        case toolCall(Message.ToolCall, state: OpaqueState?)
    }
}
