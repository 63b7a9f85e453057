// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Reads the events of a Responses stream.
///
/// Parts begin with their first word, since servers differ in the events around it, and what only an item's last event tells is read from there.
struct ResponsesStreamDecoder: StreamDecoder {
    /// The part that is open.
    private enum Part: Equatable {
        /// A text or a refusal, by its index in the item.
        case content(Int, isRefusal: Bool)
        /// A thought, by the index of its latest text.
        case reasoning(Int)
        case call
    }

    /// The item that is open.
    private struct Item {
        let index: Int
        var part: Part?
        /// Whether any of its parts has begun.
        var hasBegun = false
        var hasArguments = false
        /// Parts whose text has come.
        var contentCount = 0
        /// Annotations of the open text that have come.
        var citationCount = 0
    }

    private let answer: AnswerContext
    private var ids: CallIDs?
    private var item: Item?
    /// The highest index of an item that is over.
    private var lastIndex = -1
    private var hasCalls = false
    private(set) var serviceTier: String?

    init(_ answer: AnswerContext) {
        self.answer = answer
    }

    mutating func finish(into events: inout [ModelEvent]) {}

    mutating func decode(_ data: ByteBuffer, into events: inout [ModelEvent]) throws(StreamFailure) {
        if data.withUnsafeReadableBytes({ $0.equals("[DONE]") }) { return }
        let event: JSONValue
        do throws(JSONError) {
            event = try JSONValue(validating: data)
        } catch {
            throw .unreadable(cause: "an event is not JSON: \(error)")
        }
        guard let type = event["type"]?.text else {
            if let error = event["error"], !error.isNull { throw .reported(OpenAIResponses.failure(event)) }
            throw .unreadable(cause: "an event has no type")
        }
        if type == "error" { throw .reported(OpenAIResponses.failure(event)) }
        if let response = event["response"], response.object != nil {
            return try lifecycle(type, response, into: &events)
        }
        guard let index = event["output_index"]?.int else { return }
        start(nil, into: &events)
        if type == "response.output_item.added" {
            if let value = event["item"] { try begin(value, index, into: &events) }
        } else if type == "response.output_item.done" {
            if let value = event["item"] { try end(value, index, into: &events) }
        } else {
            try piece(type, event, index, into: &events)
        }
    }

    // MARK: The answer

    private mutating func lifecycle(
        _ type: JSONString,
        _ response: JSONValue,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        if type == "response.failed" { throw .reported(OpenAIResponses.failure(response)) }
        start(response, into: &events)
        guard type == "response.completed" || type == "response.incomplete" else { return }
        closePart(into: &events)
        serviceTier = response["service_tier"]?.string
        if let usage = response["usage"], usage.object != nil { events.append(.usage(OpenAIResponses.usage(usage))) }
        // The event's name is what the vendor promises; the status may be missing.
        var reason = OpenAIResponses.finishReason(of: response, hasCalls: hasCalls)
        if type == "response.incomplete", reason == .stop || reason == .toolCalls { reason = .other("incomplete") }
        events.append(.finish(candidate: 0, reason))
        events.append(.end)
    }

    private mutating func start(_ response: JSONValue?, into events: inout [ModelEvent]) {
        guard ids == nil else { return }
        let id = response?["id"]?.text
        ids = CallIDs(responseID: id, answer)
        events.append(.start(id: id, model: response?["model"]?.text))
    }

    // MARK: Items

    private mutating func begin(_ value: JSONValue, _ index: Int, into events: inout [ModelEvent]) throws(StreamFailure)
    {
        try open(index, into: &events)
        guard value["type"]?.text.map({ ClientRunTool.call($0) == nil }) ?? false,
            let call = ids.flatMap({ ids in
                var ids = ids
                defer { self.ids = ids }
                return OpenAIResponses.call(value, ids: &ids)
            })
        else { return }
        start(call, into: &events)
        if let arguments = (value["arguments"] ?? value["input"])?.text { add(arguments: arguments, into: &events) }
    }

    private mutating func start(_ call: Message.ToolCall, into events: inout [ModelEvent]) {
        hasCalls = true
        var call = call
        call.arguments = .text("")
        begin(.call, .toolCall(call, state: nil), into: &events)
    }

    /// Makes an item the open one.
    private mutating func open(_ index: Int, into events: inout [ModelEvent]) throws(StreamFailure) {
        if item?.index == index { return }
        guard index > lastIndex else { throw .unreadable(cause: "an event belongs to an item that is over") }
        closePart(into: &events)
        lastIndex = max(lastIndex, (item?.index ?? -1))
        guard index > lastIndex else { throw .unreadable(cause: "the items of the answer are interleaved") }
        item = Item(index: index)
    }

    /// Reads the last event of an item: what of it was not told piece by piece.
    private mutating func end(_ value: JSONValue, _ index: Int, into events: inout [ModelEvent]) throws(StreamFailure) {
        if index <= lastIndex, item?.index != index { return }
        try open(index, into: &events)
        if item?.hasBegun != true {
            try addWhole(value, into: &events)
        } else if item?.part == .call {
            if let arguments = (value["arguments"] ?? value["input"])?.text, item?.hasArguments == false {
                add(arguments: arguments, into: &events)
            }
        } else if case .content(let place, _) = item?.part {
            let content = value["content"]?.array.map(Array.init) ?? []
            if content.indices.contains(place) { addCitations(of: content[place], into: &events) }
        }
        if let state = OpenAIResponses.state(of: value, answer.origin), item?.hasBegun == true,
            case .reasoning = item?.part
        {
            events.append(.state(candidate: 0, state))
        }
        closePart(into: &events)
        lastIndex = index
        item = nil
    }

    /// Adds an item of which no piece has come.
    private mutating func addWhole(_ value: JSONValue, into events: inout [ModelEvent]) throws(StreamFailure) {
        guard var ids else { return }
        let parts = OpenAIResponses.parts(of: value, answer.origin, ids: &ids)
        self.ids = ids
        for (place, (part, logprobs)) in parts.enumerated() {
            switch part.content {
            case .text(let text):
                begin(.content(place, isRefusal: false), .text, into: &events)
                events.append(.text(candidate: 0, text))
                if let logprobs { add(logprobs: logprobs, into: &events) }
                for citation in part.citations { events.append(.citation(candidate: 0, citation)) }
            case .refusal(let text):
                begin(.content(place, isRefusal: true), .refusal, into: &events)
                events.append(.text(candidate: 0, text))
            case .reasoning(let reasoning):
                begin(.reasoning(0), .reasoning(isSummary: reasoning.isSummary), into: &events)
                for (index, text) in reasoning.texts.enumerated() {
                    if index > 0 { events.append(.reasoningBreak(candidate: 0)) }
                    events.append(.reasoning(candidate: 0, text))
                }
            case .media(let media):
                closePart(into: &events)
                events.append(.partStart(candidate: 0, .media(media)))
                events.append(.partEnd(candidate: 0))
            case .toolCall(let call):
                start(call, into: &events)
                switch call.arguments {
                case .text(let text): add(arguments: text, into: &events)
                case .object(let object): add(arguments: JSONString(String(buffer: object.bytes)), into: &events)
                }
            case .toolResult: break
            }
        }
    }

    // MARK: Pieces

    private mutating func piece(
        _ type: JSONString,
        _ event: JSONValue,
        _ index: Int,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        if type == "response.output_text.delta" || type == "response.refusal.delta" {
            try open(index, into: &events)
            add(content: event, "delta", isRefusal: type == "response.refusal.delta", into: &events)
        } else if type == "response.output_text.done" || type == "response.refusal.done" {
            // Servers that do not stream words tell them all at once.
            guard item?.index == index, (event["content_index"]?.int ?? 0) >= (item?.contentCount ?? 0) else { return }
            let isRefusal = type == "response.refusal.done"
            add(content: event, isRefusal ? "refusal" : "text", isRefusal: isRefusal, into: &events)
        } else if type == "response.output_text.annotation.added" {
            guard item?.index == index, case .content = item?.part,
                let citation = event["annotation"].flatMap(ResponsesContent.citation)
            else { return }
            item?.citationCount += 1
            events.append(.citation(candidate: 0, citation))
        } else if type == "response.content_part.done" {
            if item?.index == index, let part = event["part"] { addCitations(of: part, into: &events) }
        } else if type == "response.reasoning_summary_text.delta" {
            try open(index, into: &events)
            add(thought: event, event["summary_index"]?.int ?? 0, isSummary: true, into: &events)
        } else if type == "response.reasoning_text.delta" {
            try open(index, into: &events)
            add(thought: event, event["content_index"]?.int ?? 0, isSummary: false, into: &events)
        } else if type == "response.function_call_arguments.delta" || type == "response.custom_tool_call_input.delta" {
            try open(index, into: &events)
            guard item?.part == .call else { throw .unreadable(cause: "arguments belong to no call") }
            if let text = event["delta"]?.text { add(arguments: text, into: &events) }
        } else if type == "response.function_call_arguments.done" || type == "response.custom_tool_call_input.done" {
            guard item?.index == index, item?.part == .call, item?.hasArguments == false else { return }
            if let text = (event["arguments"] ?? event["input"])?.text { add(arguments: text, into: &events) }
        }
    }

    private mutating func add(
        content event: JSONValue,
        _ member: StaticString,
        isRefusal: Bool,
        into events: inout [ModelEvent]
    ) {
        guard let text = event[member]?.text, !text.isEmpty else { return }
        let place = event["content_index"]?.int ?? 0
        let part = Part.content(place, isRefusal: isRefusal)
        if item?.part != part { begin(part, isRefusal ? .refusal : .text, into: &events) }
        if place < .max, place >= (item?.contentCount ?? 0) { item?.contentCount = place + 1 }
        events.append(.text(candidate: 0, text))
        if !isRefusal, let logprobs = event["logprobs"] { add(logprobs: logprobs, into: &events) }
    }

    private func add(logprobs: JSONValue, into events: inout [ModelEvent]) {
        if logprobs.array?.isEmpty == false { events.append(.logprobs(candidate: 0, logprobs)) }
    }

    /// Adds the annotations that no event of their own has told.
    private mutating func addCitations(of part: JSONValue, into events: inout [ModelEvent]) {
        guard case .content(_, isRefusal: false) = item?.part else { return }
        for annotation in (part["annotations"]?.array.map(Array.init) ?? []).dropFirst(item?.citationCount ?? 0) {
            item?.citationCount += 1
            if let citation = ResponsesContent.citation(annotation) { events.append(.citation(candidate: 0, citation)) }
        }
    }

    private mutating func add(
        thought event: JSONValue,
        _ place: Int,
        isSummary: Bool,
        into events: inout [ModelEvent]
    ) {
        guard let text = event["delta"]?.text, !text.isEmpty else { return }
        if case .reasoning(let latest) = item?.part {
            if latest != place { events.append(.reasoningBreak(candidate: 0)) }
            item?.part = .reasoning(place)
        } else {
            begin(.reasoning(place), .reasoning(isSummary: isSummary), into: &events)
        }
        events.append(.reasoning(candidate: 0, text))
    }

    private mutating func add(arguments text: JSONString, into events: inout [ModelEvent]) {
        guard !text.isEmpty else { return }
        item?.hasArguments = true
        events.append(.toolArguments(candidate: 0, text))
    }

    private mutating func begin(_ part: Part, _ kind: ModelEvent.PartKind, into events: inout [ModelEvent]) {
        closePart(into: &events)
        item?.part = part
        item?.hasBegun = true
        item?.citationCount = 0
        events.append(.partStart(candidate: 0, kind))
    }

    private mutating func closePart(into events: inout [ModelEvent]) {
        guard item?.part != nil else { return }
        item?.part = nil
        events.append(.partEnd(candidate: 0))
    }
}
