// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

extension OpenAIResponses {
    package func makeOutline() -> any AnswerOutline { ResponsesOutline() }
}

/// The pieces of an answer of the Responses API.
///
/// A stream says each text up to five times: in pieces, at the end of the text, of its part, of its item and of the answer. The first is a piece, the others are
/// echoes, which repeat what the client got of it. A text that no event has shown in pieces is one where it first stands.
struct ResponsesOutline: AnswerOutline {
    /// A text by the item that it stands in.
    struct Place: Hashable {
        enum Field { case content, summary, arguments }

        let item: Int
        let field: Field
        var index = 0
    }

    /// An item that is open in the client's stream.
    struct OpenItem {
        var item: JSONValue
        var position: Int
        var contentIndex: Int?
        var text = ""
    }

    private var items = Numbering<Int>()
    private var hasBegun: Set<Int> = []
    private var texts = Numbering<Place>()
    /// What the client got of each text.
    private var written: [Int: String] = [:]
    /// The answer as its first event shows it.
    private(set) var created: JSONValue?
    /// The items that the client has got whole.
    private(set) var done: [ByteBuffer] = []
    private(set) var open: OpenItem?
    private(set) var sequence = 0

    mutating func read(_ value: JSONValue) -> OutlinedEvent.Outline {
        var found = OutlinedEvent.Outline()
        guard let type = value["type"]?.text else {
            if value["output"] != nil { read(response: value, into: &found) }
            return found
        }
        if let number = value["sequence_number"]?.int { sequence = number }
        if let delta = Self.deltas[type] {
            read(delta, of: value, into: &found)
        } else if let text = Self.ends[type] {
            read(text, endOf: value, into: &found)
        } else if let event = Self.events[type] {
            read(event, value, into: &found)
        } else if let index = value["output_index"]?.int {
            var piece = AnswerPiece(.other, part: items.number(of: index))
            piece.place = value["output_index"]
            found.pieces.append(piece)
        }
        return found
    }

    // MARK: Events

    private enum Event { case created, itemAdded, itemDone, partAdded, partDone, response, error }

    private static let events: KeyTable<Event> = [
        "response.created": .created, "response.output_item.added": .itemAdded,
        "response.output_item.done": .itemDone, "response.content_part.added": .partAdded,
        "response.content_part.done": .partDone, "response.reasoning_summary_part.done": .partDone,
        "response.completed": .response, "response.incomplete": .response, "response.failed": .response,
        "error": .error,
    ]

    /// A text that comes in pieces: its kind, and what tells its place in the item.
    private typealias Text = (kind: AnswerStep.Kind, field: Place.Field, index: StaticString, value: StaticString)

    private static let deltas: KeyTable<Text> = [
        "response.output_text.delta": (.text, .content, "content_index", "delta"),
        "response.refusal.delta": (.refusal, .content, "content_index", "delta"),
        "response.reasoning_summary_text.delta": (.reasoning, .summary, "summary_index", "delta"),
        "response.reasoning_text.delta": (.reasoning, .content, "content_index", "delta"),
        "response.function_call_arguments.delta": (.toolArguments, .arguments, "", "delta"),
        "response.mcp_call_arguments.delta": (.toolArguments, .arguments, "", "delta"),
        "response.custom_tool_call_input.delta": (.toolArguments, .arguments, "", "delta"),
        "response.code_interpreter_call_code.delta": (.toolArguments, .arguments, "", "delta"),
    ]

    private static let ends: KeyTable<Text> = [
        "response.output_text.done": (.text, .content, "content_index", "text"),
        "response.refusal.done": (.refusal, .content, "content_index", "refusal"),
        "response.reasoning_summary_text.done": (.reasoning, .summary, "summary_index", "text"),
        "response.reasoning_text.done": (.reasoning, .content, "content_index", "text"),
        "response.function_call_arguments.done": (.toolArguments, .arguments, "", "arguments"),
        "response.mcp_call_arguments.done": (.toolArguments, .arguments, "", "arguments"),
        "response.custom_tool_call_input.done": (.toolArguments, .arguments, "", "input"),
        "response.code_interpreter_call_code.done": (.toolArguments, .arguments, "", "code"),
    ]

    private mutating func read(_ text: Text, of value: JSONValue, into found: inout OutlinedEvent.Outline) {
        guard let item = value["output_index"]?.int else { return }
        let place = Place(item: item, field: text.field, index: value[text.index]?.int ?? 0)
        var piece = AnswerPiece(text.kind, part: items.number(of: item), value: value[text.value])
        piece.key = texts.number(of: place)
        piece.place = value["output_index"]
        piece.trace(value["logprobs"], "[]")
        found.pieces.append(piece)
    }

    private mutating func read(_ text: Text, endOf value: JSONValue, into found: inout OutlinedEvent.Outline) {
        guard let item = value["output_index"]?.int else { return }
        let place = Place(item: item, field: text.field, index: value[text.index]?.int ?? 0)
        add(text.kind, value[text.value], place, logprobs: value["logprobs"], at: value["output_index"], into: &found)
        addOther(item, at: value["output_index"], into: &found)
    }

    /// An event that passes with its part, where it holds nothing new.
    private mutating func addOther(_ item: Int, at place: JSONValue?, into found: inout OutlinedEvent.Outline) {
        guard found.pieces.isEmpty else { return }
        var piece = AnswerPiece(.other, part: items.number(of: item))
        piece.place = place
        found.pieces.append(piece)
    }

    private mutating func read(_ event: Event, _ value: JSONValue, into found: inout OutlinedEvent.Outline) {
        let index = value["output_index"]
        switch event {
        case .created: found.isTracked = true
        case .itemAdded, .itemDone:
            guard let item = value["item"], let number = index?.int else { return }
            found.isTracked = true
            read(item: item, number, at: index, element: nil, into: &found)
            guard event == .itemDone else { return }
            var piece = AnswerPiece(.partEnd, part: items.number(of: number))
            piece.place = index
            found.pieces.append(piece)
        case .partAdded, .partDone:
            guard let part = value["part"], let number = index?.int else { return }
            found.isTracked = event == .partAdded
            if event == .partDone {
                let isSummary = value["summary_index"] != nil
                let place = Place(
                    item: number,
                    field: isSummary ? .summary : .content,
                    index: (value["summary_index"] ?? value["content_index"])?.int ?? 0
                )
                read(part: part, place, isReasoning: isSummary, at: index, element: nil, into: &found)
            }
            addOther(number, at: index, into: &found)
        case .response:
            if let response = value["response"] { read(response: response, into: &found) }
            found.pieces.append(AnswerPiece(.end))
        case .error: found.pieces.append(AnswerPiece(.error))
        }
    }

    // MARK: Items

    /// Reads an answer: a non-streaming one, or the copy at the end of a stream.
    private mutating func read(response: JSONValue, into found: inout OutlinedEvent.Outline) {
        if let output = response["output"], let array = output.array {
            var list = OutlinedEvent.List(output, whenEmpty: "[]")
            for (index, item) in array.enumerated() {
                let element = AnswerPiece.Element(list: 0, index: index)
                if hasBegun.contains(index) { list.parts[index] = items.number(of: index) }
                read(item: item, index, at: nil, element: element, into: &found)
            }
            found.lists.append(list)
        }
        if response["usage"]?.object != nil { found.pieces.append(AnswerPiece(.usage)) }
    }

    private mutating func read(
        item: JSONValue,
        _ number: Int,
        at place: JSONValue?,
        element: AnswerPiece.Element?,
        into found: inout OutlinedEvent.Outline
    ) {
        let type = item["type"]?.text ?? "message"
        if hasBegun.insert(number).inserted {
            let isCall = type.string.hasSuffix("_call")
            var opening = AnswerPiece(isCall ? .toolCall : .other, part: items.number(of: number))
            opening.opensPart = true
            opening.toolName = isCall ? item["name"]?.text ?? type : nil
            (opening.place, opening.element) = (place, element)
            found.pieces.append(opening)
        }
        // An element that an earlier event has shown goes with its part.
        let own = found.pieces.last?.opensPart == true ? element : nil
        if let content = item["content"]?.array {
            for (index, part) in content.enumerated() {
                let text = Place(item: number, field: .content, index: index)
                read(part: part, text, isReasoning: type == "reasoning", at: place, element: own, into: &found)
            }
        }
        if let summary = item["summary"]?.array {
            for (index, part) in summary.enumerated() {
                let text = Place(item: number, field: .summary, index: index)
                read(part: part, text, isReasoning: true, at: place, element: own, into: &found)
            }
        }
        if let arguments = item["arguments"] ?? item["input"] ?? item["code"] {
            let text = Place(item: number, field: .arguments)
            add(.toolArguments, arguments, text, logprobs: nil, at: place, element: own, into: &found)
        }
    }

    private mutating func read(
        part: JSONValue,
        _ place: Place,
        isReasoning: Bool,
        at index: JSONValue?,
        element: AnswerPiece.Element?,
        into found: inout OutlinedEvent.Outline
    ) {
        let refusal = part["refusal"]
        let kind: AnswerStep.Kind = isReasoning ? .reasoning : refusal != nil ? .refusal : .text
        add(
            kind,
            refusal ?? part["text"],
            place,
            logprobs: part["logprobs"],
            at: index,
            element: element,
            into: &found
        )
    }

    /// Adds a text: a piece where it is new, else an echo.
    private mutating func add(
        _ kind: AnswerStep.Kind,
        _ value: JSONValue?,
        _ place: Place,
        logprobs: JSONValue?,
        at index: JSONValue?,
        element: AnswerPiece.Element? = nil,
        into found: inout OutlinedEvent.Outline
    ) {
        guard let value, let text = value.text else { return }
        var piece = AnswerPiece(kind, part: items.number(of: place.item), value: value)
        piece.trace(logprobs, "[]")
        guard !texts.contains(place) else {
            let key = texts.number(of: place)
            found.echoes.append(OutlinedEvent.Echo(key: key, value: value, traces: piece.traces))
            return
        }
        guard !text.isEmpty else { return }
        piece.key = texts.number(of: place)
        (piece.place, piece.element) = (index, element)
        piece.blanks = [AnswerPiece.Blank(range: value.range, text: "\"\"")]
        found.pieces.append(piece)
    }

    // MARK: What the client has got

    mutating func wrote(_ piece: AnswerPiece, text: JSONString?, position: Int?) {
        guard let text = text?.string else { return }
        if let key = piece.key { written[key, default: ""] += text }
        if piece.kind == .text { open?.text += text }
    }

    func repeated(_ echo: OutlinedEvent.Echo) -> JSONString? {
        let text = written[echo.key] ?? ""
        return echo.value.text.map { $0 == text } == true ? nil : JSONString(text)
    }

    mutating func wrote(_ data: ByteBuffer) {
        guard let value = try? JSONValue(answer: data), let type = value["type"]?.text else { return }
        switch Self.events[type] {
        case .created: created = value["response"]
        case .itemAdded:
            open = value["item"].map { OpenItem(item: $0, position: value["output_index"]?.int ?? done.count) }
        case .partAdded:
            open?.contentIndex = value["content_index"]?.int
            open?.text = ""
        case .itemDone:
            open = nil
            if let item = value["item"] { done.append(item.onOneLine.bytes) }
        case .partDone, .response, .error, nil: break
        }
    }
}
