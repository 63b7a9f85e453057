// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayJSON

/// An image, a sound, a film or a document in a message.
///
/// Its bytes stay where the client wrote them: they are neither decoded nor copied before they are written into the upstream's body. The gateway fetches no URL.
package struct Media: Sendable {
    package enum Kind: Sendable, Equatable {
        case image
        case audio
        case video
        /// A PDF or a text file.
        case document
    }

    package enum Source: Sendable {
        /// `mediaType` is a MIME type such as `image/png`, `data` standard base64.
        case base64(mediaType: JSONString, data: JSONString)
        /// An `http` or `https` URL, or a vendor's own scheme (`gs://`, YouTube), with the MIME type where the client told it.
        case url(JSONString, mediaType: JSONString?)
        /// The id of a file that was uploaded to the vendor; only the same vendor can read it.
        case file(JSONString)
        /// The text of a plain document.
        case text(JSONString)
    }

    package var kind: Kind
    package var source: Source
    /// The file's name or the document's title.
    package var name: JSONString?
    /// OpenAI's `detail` of an image: `low`, `high`, `auto`.
    package var detail: JSONString?
    /// Anthropic's `context` of a document, words for the model about it.
    package var context: JSONString?
    /// Whether the model shall cite the document.
    package var enablesCitations = false

    package init(_ kind: Kind, _ source: Source, name: JSONString? = nil, detail: JSONString? = nil) {
        self.kind = kind
        self.source = source
        self.name = name
        self.detail = detail
    }
}

/// A source that an answer's text cites.
package struct Citation: Sendable {
    /// Where the source is; nil for one that was part of the request.
    package var url: JSONString?
    package var title: JSONString?
    /// The words of the source.
    package var citedText: JSONString?
    /// The place in the answer's text, in characters; nil where the vendor does not tell it.
    package var range: Range<Int>?
    /// The vendor's own object, for clients of the same vendor's shape.
    package var original: JSONValue?

    package init(
        url: JSONString? = nil,
        title: JSONString? = nil,
        citedText: JSONString? = nil,
        range: Range<Int>? = nil,
        original: JSONValue? = nil
    ) {
        self.url = url
        self.title = title
        self.citedText = citedText
        self.range = range
        self.original = original
    }
}
