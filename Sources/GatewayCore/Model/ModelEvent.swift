// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayJSON

/// A step of a streamed answer in the gateway's own terms.
///
/// A decoder promises this order for each candidate: one ``start``, then parts that never overlap (``partStart``, any number of deltas, ``partEnd``), then one
/// ``finish``; ``usage`` anywhere, each report replacing the buckets it holds; ``end`` once, last, and only after the vendor's own terminal event.
package enum ModelEvent: Sendable {
    case start(id: JSONString?, model: JSONString?)
    case partStart(candidate: Int, PartKind)
    case text(candidate: Int, JSONString)
    /// A piece of the text of a tool call's arguments.
    case toolArguments(candidate: Int, JSONString)
    case partEnd(candidate: Int)
    case finish(candidate: Int, FinishReason)
    case usage(TokenUsage)
    case end

    /// What a part is; text deltas belong to text parts and so on.
    package enum PartKind: Sendable {
        case text
        case toolCall(id: JSONString, name: JSONString)
    }
}
