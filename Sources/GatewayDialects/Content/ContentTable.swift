// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// Where the requests of a dialect have their content, by the fields that lead to it.
///
/// An array stands for each of its elements, so a table says nothing of arrays. A field that no table names is not content.
package struct ContentTable: Sendable {
    /// A place in a request.
    struct Place: Sendable {
        /// What a string here is.
        var string: Meaning?
        /// What the fields of an object here are.
        var fields: KeyTable<Place>?
        /// What every string below an object here is, whatever its fields.
        var leaves: Meaning?
        /// What an object or a URL here is a picture or recording of; nil where it is neither.
        var media: MediaPlace?
    }

    /// What a string is to the model.
    enum Meaning: Sendable {
        /// What the role of the message around it says.
        case byRole
        case kind(ContentSpan.Kind)
    }

    /// What is known of media by its place alone.
    struct MediaPlace: Sendable {
        /// Nil where the MIME type tells.
        var kind: Media.Kind?
    }

    let root: Place

    /// A table of the fields of the request.
    init(_ fields: KeyTable<Place>) {
        root = Place(fields: fields)
    }

    /// A request without content.
    static let none = ContentTable([:])
}

extension ContentTable.Place {
    /// A text; in an object the given fields.
    static func text(_ kind: ContentSpan.Kind, _ fields: KeyTable<ContentTable.Place>? = nil) -> Self {
        Self(string: .kind(kind), fields: fields)
    }

    /// A text of the message's role; in an object the given fields.
    static func words(_ fields: KeyTable<ContentTable.Place>? = nil) -> Self { Self(string: .byRole, fields: fields) }

    /// No text, but an object with these fields.
    static func object(_ fields: KeyTable<ContentTable.Place>) -> Self { Self(fields: fields) }

    /// A text, or an object in which every string is one.
    static func all(_ kind: ContentSpan.Kind) -> Self { Self(string: .kind(kind), leaves: .kind(kind)) }

    static func media(_ kind: Media.Kind?) -> Self { Self(media: ContentTable.MediaPlace(kind: kind)) }

    /// What blocks inside of a document are.
    var inside: Self { .words(["text": .words()]) }
}
