// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayJSON

/// A step of an answer on its way to the client, in whichever dialect the client speaks and whoever answers.
///
/// Of a stream each event is one step or more, in order. A non-streaming answer gives the same steps, with each text whole. A consumer may change a step's
/// text, keep a step and pass it on later, leave it out, or pass on a copy with another text: it then follows what is there. The rest of a part (a tool call,
/// a block, an item) whose first step is left out is left out as well, and so is what repeats its text later in the stream.
package struct AnswerStep: Sendable {
    package enum Kind: Sendable, Equatable {
        /// A piece of the answer's text.
        case text
        case reasoning
        /// The model's words where it refuses.
        case refusal
        /// A tool call begins; ``AnswerStep/toolName`` tells which.
        case toolCall
        /// A piece of a call's arguments: JSON text, or the input of a custom tool.
        case toolArguments
        case media
        /// Nothing follows of the part.
        case partEnd
        /// Why a candidate has ended; its text is the vendor's word for it.
        case finish
        case usage
        /// The terminal event. Non-streaming answers and formats without one have none.
        case end
        /// The upstream failed after it began.
        case error
        /// An event or a part that is none of these: the beginning of a message, a keep-alive, a signature, a vendor's own.
        case other
    }

    package let kind: Kind
    /// The alternative that it belongs to.
    package let candidate: Int
    /// What it is a piece of; nil for what concerns the answer as a whole.
    package let part: Int?
    /// The name of the tool of ``Kind/toolCall``.
    package let toolName: JSONString?
    /// The event that it came with; for the codec that made it.
    package let source: any Source
    /// Its place in the event.
    package let index: Int
    private var content: JSONString?
    /// Whether the text is another than the one that it came with.
    package private(set) var isEdited = false

    /// The text that it carries; nil where it has none, and nothing can be set then.
    package var text: JSONString? {
        get { content }
        set {
            guard content != nil, let newValue else { return }
            content = newValue
            isEdited = true
        }
    }

    /// What a codec has read; alive for as long as one of its steps is.
    package protocol Source: AnyObject, Sendable {}

    package init(
        _ kind: Kind,
        candidate: Int = 0,
        part: Int? = nil,
        text: JSONString? = nil,
        toolName: JSONString? = nil,
        source: any Source,
        index: Int
    ) {
        self.kind = kind
        self.candidate = candidate
        self.part = part
        self.toolName = toolName
        self.source = source
        self.index = index
        content = text
    }
}
