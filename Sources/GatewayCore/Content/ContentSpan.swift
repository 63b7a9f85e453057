// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayJSON

/// A piece of what a request tells the model: a text with the place where it stands in the client's body, or media.
///
/// Spans are found in the client's own JSON, whatever the target speaks. A text that is replaced is replaced there, before anything is relayed or decoded, so
/// relayed and translated requests cannot disagree.
package struct ContentSpan: Sendable {
    package enum Kind: Sendable, Equatable {
        case systemText, userText, assistantText
        /// What a model reasoned in an earlier turn. A vendor may have signed it; a signed text that changes is refused.
        case reasoning
        /// The description of a tool, and every string of its schema.
        case toolDefinition
        /// The arguments of an earlier call: JSON text where the dialect has text, else each string in the object.
        case toolArguments
        case toolResult
        case embeddingInput
        case media
    }

    package let kind: Kind
    /// The text; of media the URL or the file's id, empty for data.
    package let text: JSONString
    /// Set for ``Kind/media``.
    package let media: MediaFacts?
    /// Where the text stands in the body with its quotes, in reader indices; of media the whole value.
    package let range: Range<Int>

    package init(_ kind: Kind, _ text: JSONString, at range: Range<Int>, media: MediaFacts? = nil) {
        self.kind = kind
        self.text = text
        self.range = range
        self.media = media
    }

    /// What a request says of an image, audio, video or document.
    package struct MediaFacts: Sendable {
        package var kind: Media.Kind
        /// The MIME type; nil where the client did not tell.
        package var type: JSONString?
        /// The size of the data; nil for a URL or a file.
        package var bytes: Int?

        package init(kind: Media.Kind, type: JSONString?, bytes: Int?) {
            self.kind = kind
            self.type = type
            self.bytes = bytes
        }
    }
}

/// A text to put in place of the text of a ``ContentSpan``.
package struct ContentEdit: Sendable {
    package let range: Range<Int>
    package let text: String

    package init(_ span: ContentSpan, text: String) {
        range = span.range
        self.text = text
    }
}
