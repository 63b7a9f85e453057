// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayJSON
package import NIOCore

/// Finds the pieces of one answer in a client's dialect: of each event of a stream, or of the body of a non-streaming answer.
///
/// It says where content stands and how it can be left out; what passes is decided elsewhere. It remembers what it must know of earlier events.
package protocol AnswerOutline: Sendable {
    /// Finds the pieces of an event's data, or of a body.
    mutating func read(_ value: JSONValue) -> OutlinedEvent.Outline

    /// Notes that a piece goes to the client.
    ///
    /// - Parameters:
    ///   - piece: One that an earlier call found.
    ///   - text: The text that it has now.
    ///   - position: The number that its part has in the client's answer, where parts are numbered.
    mutating func wrote(_ piece: AnswerPiece, text: JSONString?, position: Int?)

    /// Notes the data of an event as it goes to the client, of one that is ``OutlinedEvent/Outline/isTracked``.
    mutating func wrote(_ data: ByteBuffer)

    /// The text that the client has got in place of one that an event repeats; nil where it is the same.
    func repeated(_ echo: OutlinedEvent.Echo) -> JSONString?

    /// How the dialect spells that a model was done where it had ended with calls; nil where it does not tell calls.
    func reasonWithoutCalls(_ reason: JSONString) -> StaticString?

    /// What changes in a body so that it says that it ended for this reason.
    func edits(ending body: JSONValue, _ event: OutlinedEvent.Outline, _ reason: FinishReason) -> [JSONSplice.Edit]

    /// Writes the events that end a stream before its time; each is the data of one, with the name that it has.
    mutating func ending(_ reason: FinishReason) -> [(name: StaticString?, data: ByteBuffer)]
}

extension AnswerOutline {
    package mutating func wrote(_ piece: AnswerPiece, text: JSONString?, position: Int?) {}
    package mutating func wrote(_ data: ByteBuffer) {}
    package func repeated(_ echo: OutlinedEvent.Echo) -> JSONString? { nil }
    package func reasonWithoutCalls(_ reason: JSONString) -> StaticString? { nil }
    package func edits(
        ending body: JSONValue,
        _ event: OutlinedEvent.Outline,
        _ reason: FinishReason
    ) -> [JSONSplice.Edit] { [] }
    package mutating func ending(_ reason: FinishReason) -> [(name: StaticString?, data: ByteBuffer)] { [] }
}

/// The outline of an answer in which nothing is known.
struct OpaqueOutline: AnswerOutline {
    mutating func read(_ value: JSONValue) -> OutlinedEvent.Outline { OutlinedEvent.Outline() }
}

/// A piece of an event or a body: what one ``AnswerStep`` shows.
package struct AnswerPiece: Sendable {
    package var kind: AnswerStep.Kind
    package var candidate = 0
    package var part: Int?
    /// Whether its part begins with it.
    package var opensPart = false
    /// Where its text stands: a string, or an object for arguments that are one.
    package var value: JSONValue?
    package var toolName: JSONString?
    /// The number of its part, which changes when an earlier part is left out.
    package var place: JSONValue?
    /// What tells the text a second time, such as log probabilities; it goes where the text changes or goes.
    package var traces: [Blank] = []
    /// What stands in its place if it is left out of an event that goes on for the sake of another piece.
    package var blanks: [Blank] = []
    /// The element that goes with its last piece.
    package var element: Element?
    /// What later events may repeat its text as.
    package var key: Int?

    package struct Blank: Sendable {
        package let range: Range<Int>
        package let text: StaticString
    }

    package struct Element: Sendable, Equatable {
        /// Which of the event's lists.
        package let list: Int
        /// Which of the list's elements.
        package let index: Int
    }

    package init(_ kind: AnswerStep.Kind, candidate: Int = 0, part: Int? = nil, value: JSONValue? = nil) {
        self.kind = kind
        self.candidate = candidate
        self.part = part
        self.value = value
    }

    /// Names what tells the text a second time.
    package mutating func trace(_ value: JSONValue?, _ blank: StaticString) {
        if let value, !value.isNull { traces.append(Blank(range: value.range, text: blank)) }
    }

    /// The text as the client would read it.
    package var text: JSONString? {
        guard let value else { return nil }
        if let text = value.text { return text }
        return value.object == nil ? nil : JSONString(String(buffer: value.bytes))
    }

    /// What takes the place of the text in the event: a string, or an object where one was.
    package func edit(_ text: JSONString) -> JSONSplice.Edit? {
        guard let value else { return nil }
        if value.kind == .string { return JSONSplice.Edit(value.range, with: JSONValue { $0.string(text) }.bytes) }
        let object = try? JSONValue(answer: ByteBuffer(string: text.string))
        guard let object, object.object != nil else {
            return JSONSplice.Edit(value.range, with: ByteBuffer(staticString: "{}"))
        }
        return JSONSplice.Edit(value.range, with: object.onOneLine.bytes)
    }
}

/// An event of a stream or a body, with its pieces.
package final class OutlinedEvent: AnswerStep.Source {
    /// What an outline found in it.
    package struct Outline: Sendable {
        /// In order; none where nothing is known of it.
        package var pieces: [AnswerPiece] = []
        /// The arrays that pieces can be taken out of.
        package var lists: [List] = []
        /// Texts of earlier events that it repeats.
        package var echoes: [Echo] = []
        /// Whether the outline wants to see it as it is written.
        package var isTracked = false

        package init(pieces: [AnswerPiece] = []) { self.pieces = pieces }
    }

    package struct List: Sendable {
        package let value: JSONValue
        /// Where its elements stand.
        package let elements: [Range<Int>]
        /// The parts that elements repeat which earlier events have shown, by their places.
        package var parts: [Int: Int] = [:]
        /// What it is once no element is left.
        package let whenEmpty: StaticString

        package init(_ value: JSONValue, whenEmpty: StaticString) {
            self.value = value
            self.whenEmpty = whenEmpty
            elements = value.array.map { $0.map(\.range) } ?? []
        }
    }

    package struct Echo: Sendable {
        /// As the pieces that it repeats have it.
        package let key: Int
        package let value: JSONValue
        /// As ``AnswerPiece/traces``.
        package var traces: [AnswerPiece.Blank] = []
    }

    /// All of its bytes as they came.
    let raw: ByteBuffer
    /// Where its data stand in them, by indices into the readable bytes; nil if they had to be put together.
    let dataRange: Range<Int>?
    let data: ByteBuffer
    let name: ByteBuffer
    let outline: Outline

    init(raw: ByteBuffer, dataRange: Range<Int>?, data: ByteBuffer, name: ByteBuffer, outline: Outline) {
        self.raw = raw
        self.dataRange = dataRange
        self.data = data
        self.name = name
        self.outline = outline
    }

    /// Its steps: at least one, so that it can pass.
    var steps: [AnswerStep] {
        guard !outline.pieces.isEmpty else { return [AnswerStep(.other, source: self, index: 0)] }
        return outline.pieces.indices.map { index in
            let piece = outline.pieces[index]
            return AnswerStep(
                piece.kind,
                candidate: piece.candidate,
                part: piece.part,
                text: piece.text,
                toolName: piece.toolName,
                source: self,
                index: index
            )
        }
    }
}

/// Numbers for what events name by several values.
struct Numbering<Key: Hashable & Sendable>: Sendable {
    private var numbers: [Key: Int] = [:]

    /// The number of a key, the same each time.
    mutating func number(of key: Key) -> Int {
        if let number = numbers[key] { return number }
        let number = numbers.count
        numbers[key] = number
        return number
    }

    /// Whether the key has a number, before it gets one.
    func contains(_ key: Key) -> Bool { numbers[key] != nil }
}
