// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

extension OpenAIChat {
    package func makeOutline() -> any AnswerOutline { ChatOutline() }
}

extension OpenAICompletions {
    package func makeOutline() -> any AnswerOutline { ChatOutline() }
}

/// The pieces of chat answers and of completions: of a chunk's deltas, or of the messages of a non-streaming answer, which have the same fields.
struct ChatOutline: AnswerOutline {
    /// What a part is, as the answer tells parts apart.
    private struct Place: Hashable {
        enum Kind { case text, refusal, reasoning, reasoningContent, detail, call, functionCall, media }

        let candidate: Int
        let kind: Kind
        var index = 0
        /// Which of several calls with the same index.
        var ordinal = 0
    }

    /// A call that is open at an index.
    private struct Call {
        var ordinal = 0
        var id: JSONString?
    }

    private var parts = Numbering<Place>()
    private var calls: [Place: Call] = [:]
    /// The candidates that have begun and not ended.
    private var open: Set<Int> = []
    /// The latest chunk, for the fields that all have.
    private var latest: JSONValue?
    private var isCompletion = false

    mutating func read(_ value: JSONValue) -> OutlinedEvent.Outline {
        var found = OutlinedEvent.Outline()
        if let error = value["error"], !error.isNull {
            found.pieces.append(AnswerPiece(.error))
            return found
        }
        let choices = value["choices"]?.array.map(Array.init) ?? []
        if !choices.isEmpty { latest = value }
        for (index, choice) in choices.enumerated() { read(choice, choice["index"]?.int ?? index, into: &found) }
        let isLast = choices.isEmpty || found.pieces.contains { $0.kind == .finish }
        if isLast, value["usage"]?.object != nil { found.pieces.append(AnswerPiece(.usage)) }
        return found
    }

    private mutating func read(_ choice: JSONValue, _ candidate: Int, into found: inout OutlinedEvent.Outline) {
        open.insert(candidate)
        let first = found.pieces.count
        if let text = choice["text"] {
            isCompletion = true
            add(.text, text, Place(candidate: candidate, kind: .text), into: &found)
        }
        if let message = choice["delta"] ?? choice["message"], message.object != nil {
            if choice["delta"] != nil { addRole(message, candidate, into: &found) }
            read(message: message, candidate, into: &found)
        }
        // Looked for once: that goes through all of the choice.
        let logprobs = choice["logprobs"]
        for index in found.pieces.indices.dropFirst(first) where found.pieces[index].kind == .text {
            found.pieces[index].trace(logprobs, "null")
        }
        if let reason = choice["finish_reason"], reason.text?.isEmpty == false {
            var piece = AnswerPiece(.finish, candidate: candidate, value: reason)
            piece.blanks = [AnswerPiece.Blank(range: reason.range, text: "null")]
            found.pieces.append(piece)
        }
    }

    /// A role is told once, so it stays with one of the events that a chunk becomes.
    private func addRole(_ delta: JSONValue, _ candidate: Int, into found: inout OutlinedEvent.Outline) {
        guard let role = delta["role"], role.text != nil else { return }
        var piece = AnswerPiece(.other, candidate: candidate)
        piece.blanks = [AnswerPiece.Blank(range: role.range, text: "null")]
        found.pieces.append(piece)
    }

    private mutating func read(message: JSONValue, _ candidate: Int, into found: inout OutlinedEvent.Outline) {
        guard let object = message.object else { return }
        for (key, value) in object {
            switch Self.fields[key] {
            case .content: read(content: value, candidate, into: &found)
            case .refusal: add(.refusal, value, Place(candidate: candidate, kind: .refusal), into: &found)
            case .reasoningContent:
                add(.reasoning, value, Place(candidate: candidate, kind: .reasoningContent), into: &found)
            case .reasoning: add(.reasoning, value, Place(candidate: candidate, kind: .reasoning), into: &found)
            case .details:
                guard let details = value.array else { continue }
                for (index, detail) in details.enumerated() {
                    let place = Place(candidate: candidate, kind: .detail, index: detail["index"]?.int ?? index)
                    if let text = detail["text"] ?? detail["summary"] { add(.reasoning, text, place, into: &found) }
                }
            case .calls: read(calls: value, candidate, into: &found)
            case .functionCall:
                let place = Place(candidate: candidate, kind: .functionCall)
                read(value, place, element: nil, at: nil, id: nil, into: &found)
            case .audio:
                if let text = value["transcript"] {
                    add(.text, text, Place(candidate: candidate, kind: .text, index: 1), into: &found)
                }
                if value["data"] != nil { addMedia(value, candidate, into: &found) }
            case .images: if value.array?.isEmpty == false { addMedia(value, candidate, into: &found) }
            case nil: break
            }
        }
    }

    private enum Field {
        case content, refusal, reasoningContent, reasoning, details, calls, functionCall, audio, images
    }

    private static let fields: KeyTable<Field> = [
        "content": .content, "refusal": .refusal, "reasoning_content": .reasoningContent, "reasoning": .reasoning,
        "reasoning_details": .details, "tool_calls": .calls, "function_call": .functionCall, "audio": .audio,
        "images": .images,
    ]

    /// Reads a content: a text, or Databricks' blocks.
    private mutating func read(content: JSONValue, _ candidate: Int, into found: inout OutlinedEvent.Outline) {
        guard let blocks = content.array else {
            return add(.text, content, Place(candidate: candidate, kind: .text), into: &found)
        }
        for block in blocks {
            if let text = block["text"] {
                add(.text, text, Place(candidate: candidate, kind: .text), into: &found)
            } else if let summary = block["summary"]?.array {
                for text in summary {
                    guard let text = text["text"] else { continue }
                    add(.reasoning, text, Place(candidate: candidate, kind: .reasoning), into: &found)
                }
            } else if let thinking = block["thinking"] {
                let texts = thinking.array?.compactMap { $0["text"] } ?? [thinking]
                for text in texts {
                    add(.reasoning, text, Place(candidate: candidate, kind: .reasoning), into: &found)
                }
            } else if let image = block["image_url"] {
                addMedia(image, candidate, into: &found)
            }
        }
    }

    private mutating func add(
        _ kind: AnswerStep.Kind,
        _ value: JSONValue,
        _ place: Place,
        into found: inout OutlinedEvent.Outline
    ) {
        guard let text = value.text, !text.isEmpty else { return }
        var piece = AnswerPiece(kind, candidate: place.candidate, part: parts.number(of: place), value: value)
        piece.blanks = [AnswerPiece.Blank(range: value.range, text: "\"\"")]
        found.pieces.append(piece)
    }

    private mutating func addMedia(_ value: JSONValue, _ candidate: Int, into found: inout OutlinedEvent.Outline) {
        let part = parts.number(of: Place(candidate: candidate, kind: .media))
        var piece = AnswerPiece(.media, candidate: candidate, part: part)
        piece.blanks = [AnswerPiece.Blank(range: value.range, text: "null")]
        found.pieces.append(piece)
    }

    // MARK: Calls

    private mutating func read(calls value: JSONValue, _ candidate: Int, into found: inout OutlinedEvent.Outline) {
        guard let calls = value.array else { return }
        let list = found.lists.count
        found.lists.append(OutlinedEvent.List(value, whenEmpty: "[]"))
        for (index, call) in calls.enumerated() {
            let place = Place(candidate: candidate, kind: .call, index: call["index"]?.int ?? index)
            let element = AnswerPiece.Element(list: list, index: index)
            guard let inside = call["function"] ?? call["custom"] else { continue }
            read(inside, place, element: element, at: call["index"], id: call["id"], into: &found)
        }
    }

    /// Reads a function or a custom tool, or a piece of one.
    private mutating func read(
        _ inside: JSONValue,
        _ place: Place,
        element: AnswerPiece.Element?,
        at index: JSONValue?,
        id: JSONValue?,
        into found: inout OutlinedEvent.Outline
    ) {
        var own = place
        let name = inside["name"]
        var begins = false
        if let name, name.text?.isEmpty == false {
            let known = calls[place]
            // Some servers give all calls one index, and some repeat the name with each piece.
            let isAnother = known != nil && id?.text?.isEmpty == false && known?.id != id?.text
            begins = known == nil || isAnother
            if begins { calls[place] = Call(ordinal: (known?.ordinal ?? -1) + 1, id: id?.text) }
        }
        own.ordinal = calls[place]?.ordinal ?? 0
        let part = parts.number(of: own)
        if begins, let name {
            var piece = AnswerPiece(.toolCall, candidate: place.candidate, part: part)
            piece.opensPart = true
            piece.toolName = name.text
            (piece.element, piece.place) = (element, index)
            piece.blanks = [name, id].compactMap { $0.map { AnswerPiece.Blank(range: $0.range, text: "null") } }
            found.pieces.append(piece)
        }
        let arguments = inside["arguments"] ?? inside["input"]
        guard let arguments, arguments.text?.isEmpty == false else { return }
        var piece = AnswerPiece(.toolArguments, candidate: place.candidate, part: part, value: arguments)
        (piece.element, piece.place) = (element, index)
        piece.blanks = [AnswerPiece.Blank(range: arguments.range, text: "\"\"")]
        found.pieces.append(piece)
    }

    // MARK: The end

    func reasonWithoutCalls(_ reason: JSONString) -> StaticString? {
        reason == "tool_calls" || reason == "function_call" ? "stop" : nil
    }

    mutating func wrote(_ piece: AnswerPiece, text: JSONString?, position: Int?) {
        if piece.kind == .finish { open.remove(piece.candidate) }
    }

    func edits(
        ending body: JSONValue,
        _ event: OutlinedEvent.Outline,
        _ reason: FinishReason
    ) -> [JSONSplice.Edit] {
        let name = JSONString(OpenAICompletions.name(of: reason))
        return event.pieces.compactMap { $0.kind == .finish ? $0.edit(name) : nil }
    }

    mutating func ending(_ reason: FinishReason) -> [(name: StaticString?, data: ByteBuffer)] {
        var events: [(name: StaticString?, data: ByteBuffer)] = []
        for candidate in (open.isEmpty && latest == nil ? [0] : open).sorted() {
            let chunk = JSONValue { writer in
                writer.beginObject()
                if let object = latest?.object {
                    for (key, value) in object where !(key == "choices" || key == "usage") {
                        writer.key(key)
                        writer.value(value.onOneLine)
                    }
                }
                writer.key("choices")
                writer.beginArray()
                writer.beginObject()
                writer.member("index", candidate)
                if isCompletion {
                    writer.member("text", "")
                } else {
                    writer.key("delta")
                    writer.raw("{}")
                }
                writer.key("logprobs")
                writer.null()
                writer.member("finish_reason", OpenAICompletions.name(of: reason))
                writer.endObject()
                writer.endArray()
                writer.endObject()
            }
            events.append((nil, chunk.bytes))
        }
        return events + [(nil, ByteBuffer(staticString: "[DONE]"))]
    }
}
