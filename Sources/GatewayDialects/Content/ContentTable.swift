// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON

/// Where the requests of a dialect have their content, by the fields that lead to it.
///
/// An array stands for each of its elements, so a table says nothing of arrays. A field that no table names is not content.
package struct ContentTable: Sendable {
    /// A place in a request.
    package struct Place: Sendable {
        /// What a string here is.
        package var string: Meaning?
        /// What the fields of an object here are.
        package var fields: KeyTable<Place>?
        /// What every string below an object here is, whatever its fields.
        package var leaves: Meaning?
        /// What an object or a URL here is a picture or recording of; nil where it is neither.
        package var media: MediaPlace?
    }

    /// What a string is to the model.
    package enum Meaning: Sendable {
        /// What the role of the message around it says.
        case byRole
        case kind(ContentSpan.Kind)
    }

    /// What is known of media by its place alone.
    package struct MediaPlace: Sendable {
        /// Nil where the MIME type tells.
        package var kind: Media.Kind?
    }

    package let root: Place

    /// A table of the fields of the request.
    package init(_ fields: KeyTable<Place>) {
        root = Place(fields: fields)
    }

    /// A request without content.
    package static let none = ContentTable([:])
}

extension ContentTable.Place {
    /// A text; in an object the given fields.
    package static func text(_ kind: ContentSpan.Kind, _ fields: KeyTable<ContentTable.Place>? = nil) -> Self {
        Self(string: .kind(kind), fields: fields)
    }

    /// A text of the message's role; in an object the given fields.
    package static func words(_ fields: KeyTable<ContentTable.Place>? = nil) -> Self {
        Self(string: .byRole, fields: fields)
    }

    /// No text, but an object with these fields.
    package static func object(_ fields: KeyTable<ContentTable.Place>) -> Self { Self(fields: fields) }

    /// A text, or an object in which every string is one.
    package static func all(_ kind: ContentSpan.Kind) -> Self { Self(string: .kind(kind), leaves: .kind(kind)) }

    package static func media(_ kind: Media.Kind?) -> Self { Self(media: ContentTable.MediaPlace(kind: kind)) }

    /// What blocks inside of a document are.
    var inside: Self { .words(["text": .words()]) }
}
