// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Where the answers of a format have the ids by which clients tell answers and tool calls apart.
package struct AnswerIDs: Sendable {
    /// An id in an answer, or in an event of one.
    package struct Found: Sendable {
        package enum Kind: Sendable, Hashable {
            /// Of the answer.
            case answer
            /// Of an item of the answer, where that has one of its own.
            case item
            /// Of a tool call.
            case call
            /// Of a tool call of this answer, in what comes of it.
            case reference
        }

        package var kind: Kind
        /// What stands between its quotes, by indices into the data.
        package var range: Range<Int>
        /// Of the several answers to one request, which it belongs to.
        package var candidate = 0
        /// The place of the call or item in the answer; nil where the event does not say.
        package var place: Int?
        /// Whether a call begins here, where it has no place to tell.
        package var begins = false

        package init(_ kind: Kind, _ range: Range<Int>) {
            self.kind = kind
            self.range = range
        }
    }

    /// Texts of which each event behind the first one has one if it brings an id for the first time.
    package var marks: [StaticString]
    /// The kinds of ids that other events have too.
    package var repeated: Set<Found.Kind>
    /// Finds the ids in the data of an event, or in a whole answer, in order of position.
    package var find: @Sendable (_ data: UnsafeRawBufferPointer, _ isEvent: Bool) -> [Found]

    package init(
        marks: [StaticString],
        repeated: Set<Found.Kind> = [],
        find: @escaping @Sendable (_ data: UnsafeRawBufferPointer, _ isEvent: Bool) -> [Found]
    ) {
        self.marks = marks
        self.repeated = repeated
        self.find = find
    }
}
