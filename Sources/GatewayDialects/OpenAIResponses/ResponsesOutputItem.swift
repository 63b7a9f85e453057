// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// An output item that is being read.
struct ResponsesOutputItem: OrderedPart {
    /// What an event between the first and the last of an item tells.
    enum Piece {
        case text, refusal, summary, reasoning, arguments, textDone, refusalDone, summaryDone, reasoningDone
        case argumentsDone, partDone, annotation

        /// Whether it says something that no other event repeats.
        var isDelta: Bool {
            switch self {
            case .text, .refusal, .summary, .reasoning, .arguments: true
            default: false
            }
        }
    }

    static let pieces = KeyTable<Piece>([
        "response.output_text.delta": .text, "response.refusal.delta": .refusal,
        "response.reasoning_summary_text.delta": .summary, "response.reasoning_text.delta": .reasoning,
        "response.function_call_arguments.delta": .arguments, "response.custom_tool_call_input.delta": .arguments,
        "response.output_text.done": .textDone, "response.refusal.done": .refusalDone,
        "response.reasoning_summary_text.done": .summaryDone, "response.reasoning_text.done": .reasoningDone,
        "response.function_call_arguments.done": .argumentsDone,
        "response.custom_tool_call_input.done": .argumentsDone, "response.content_part.done": .partDone,
        "response.output_text.annotation.added": .annotation,
    ])

    /// A text of the content, or of a thought.
    private struct Text: OrderedPart {
        let isThought: Bool
        /// Annotations that have come.
        var citationCount = 0

        var isWhole: Bool { false }

        mutating func end(into events: inout [ModelEvent]) {
            if !isThought { events.append(.partEnd(candidate: 0)) }
        }

        /// Adds the annotations that no event of their own has told.
        mutating func cite(_ part: JSONValue, into events: inout [ModelEvent]) {
            for annotation in (part["annotations"]?.elements ?? []).dropFirst(citationCount) {
                citationCount += 1
                if let citation = ResponsesContent.citation(annotation) {
                    events.append(.citation(candidate: 0, citation))
                }
            }
        }
    }

    /// Which kind of text, and where in the item.
    private enum Place: Int {
        case text, refusal, summary, reasoning

        func key(_ index: Int?) -> Int { min(max(0, index ?? 0), 1 << 32) * 4 + rawValue }
    }

    /// The most texts of an item that are open at once.
    private static let maximumTexts = 64

    private let origin: StateOrigin
    private var texts = PartOrder<Text>()
    /// The texts that have begun.
    private var told: Set<Int> = []
    private var isThinking = false
    private(set) var isCall = false
    private var hasArguments = false

    var isWhole: Bool { false }

    init(origin: StateOrigin) {
        self.origin = origin
    }

    /// Reads the first event of the item.
    mutating func begin(_ item: JSONValue, _ ids: inout CallIDs, into events: inout [ModelEvent]) {
        guard item["type"]?.text.map({ ClientRunTool.call($0) == nil }) ?? false,
            let call = OpenAIResponses.call(item, ids: &ids)
        else { return }
        begin(call, into: &events)
        add(arguments: (item["arguments"] ?? item["input"])?.text, into: &events)
    }

    mutating func read(
        _ piece: Piece,
        _ event: JSONValue,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        let (index, summary) = (event["content_index"]?.int, event["summary_index"]?.int)
        switch piece {
        case .text: try add(event["delta"], .text, index, event["logprobs"], into: &events)
        case .refusal: try add(event["delta"], .refusal, index, into: &events)
        case .summary: try add(event["delta"], .summary, summary, into: &events)
        case .reasoning: try add(event["delta"], .reasoning, index, into: &events)
        // Servers that do not stream words tell them all at once.
        case .textDone: try addRest(event["text"], .text, index, event["logprobs"], into: &events)
        case .refusalDone: try addRest(event["refusal"], .refusal, index, into: &events)
        case .summaryDone:
            try addRest(event["text"], .summary, summary, into: &events)
            try texts.end(Place.summary.key(summary), into: &events)
        case .reasoningDone:
            try addRest(event["text"], .reasoning, index, into: &events)
            try texts.end(Place.reasoning.key(index), into: &events)
        case .partDone:
            if let part = event["part"] { try cite(part, index, into: &events) }
            try end(index, into: &events)
        case .annotation:
            guard let citation = event["annotation"].flatMap(ResponsesContent.citation) else { return }
            try texts.read(Place.text.key(index), into: &events) { text, events in
                text.citationCount += 1
                events.append(.citation(candidate: 0, citation))
            }
        case .arguments:
            guard isCall else { throw .unreadable(cause: "arguments have no call") }
            add(arguments: event["delta"]?.text, into: &events)
        case .argumentsDone:
            guard isCall, !hasArguments else { return }
            add(arguments: (event["arguments"] ?? event["input"])?.text, into: &events)
        }
    }

    /// Reads the complete item: what of it no piece has told.
    mutating func finish(
        _ item: JSONValue,
        _ ids: inout CallIDs,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        guard let type = item["type"]?.text else { return }
        if type == "message" {
            for (index, part) in (item["content"]?.elements ?? []).enumerated() {
                if part["type"]?.text.map({ $0 == "refusal" }) ?? false {
                    try addRest(part["refusal"], .refusal, index, into: &events)
                } else {
                    try addRest(part["text"], .text, index, part["logprobs"], into: &events)
                    try cite(part, index, into: &events)
                }
                try end(index, into: &events)
            }
        } else if type == "reasoning" {
            try finish(reasoning: item, into: &events)
        } else if type == "image_generation_call" {
            guard let media = OpenAIResponses.image(item) else { return }
            events.append(.partStart(candidate: 0, .media(media)))
            events.append(.partEnd(candidate: 0))
        } else {
            if !isCall, let call = OpenAIResponses.call(item, ids: &ids) {
                begin(call, into: &events)
                if case .object(let action) = call.arguments {
                    add(arguments: JSONString(String(buffer: action.bytes)), into: &events)
                }
            }
            if isCall, !hasArguments { add(arguments: (item["arguments"] ?? item["input"])?.text, into: &events) }
        }
    }

    private mutating func finish(
        reasoning item: JSONValue,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        let hasSummary = item["summary"]?.elements.contains { $0["text"]?.text?.isEmpty == false } ?? false
        let hasTold = { [told] (place: Place) in told.contains { $0 % 4 == place.rawValue } }
        if hasTold(.summary) || hasSummary && !hasTold(.reasoning) {
            for (index, text) in (item["summary"]?.elements ?? []).enumerated() {
                try addRest(text["text"], .summary, index, into: &events)
                try texts.end(Place.summary.key(index), into: &events)
            }
        } else {
            for (index, text) in (item["content"]?.elements ?? []).enumerated() {
                try addRest(text["text"], .reasoning, index, into: &events)
                try texts.end(Place.reasoning.key(index), into: &events)
            }
        }
        guard let state = OpenAIResponses.state(of: item, origin) else { return }
        if !isThinking {
            isThinking = true
            events.append(.partStart(candidate: 0, .reasoning(isSummary: true)))
        }
        try texts.endAll(into: &events)
        events.append(.state(candidate: 0, state))
    }

    mutating func end(into events: inout [ModelEvent]) throws(StreamFailure) {
        try texts.endAll(into: &events)
        if isThinking || isCall { events.append(.partEnd(candidate: 0)) }
    }

    // MARK: Parts

    private mutating func begin(_ call: Message.ToolCall, into events: inout [ModelEvent]) {
        isCall = true
        var call = call
        call.arguments = .text("")
        events.append(.partStart(candidate: 0, .toolCall(call, state: nil)))
    }

    private mutating func add(arguments text: JSONString?, into events: inout [ModelEvent]) {
        guard let text, !text.isEmpty else { return }
        hasArguments = true
        events.append(.toolArguments(candidate: 0, text))
    }

    /// Adds a text of which no piece has come.
    private mutating func addRest(
        _ value: JSONValue?,
        _ place: Place,
        _ index: Int?,
        _ logprobs: JSONValue? = nil,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        guard !told.contains(place.key(index)) else { return }
        try add(value, place, index, logprobs, into: &events)
    }

    private mutating func add(
        _ value: JSONValue?,
        _ place: Place,
        _ index: Int?,
        _ logprobs: JSONValue? = nil,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        guard let text = value?.text, !text.isEmpty, !isCall else { return }
        let key = place.key(index)
        let isThought = place == .summary || place == .reasoning
        if !texts.isOpen(key) { try begin(place, key, isThought: isThought, into: &events) }
        try texts.read(key, into: &events) { _, events in
            events.append(isThought ? .reasoning(candidate: 0, text) : .text(candidate: 0, text))
            guard !isThought, let logprobs, logprobs.array?.isEmpty == false else { return }
            events.append(.logprobs(candidate: 0, logprobs))
        }
    }

    private mutating func begin(
        _ place: Place,
        _ key: Int,
        isThought: Bool,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        if isThinking != isThought {
            // Words of another kind than those before them.
            try texts.endAll(into: &events)
            if isThinking { events.append(.partEnd(candidate: 0)) }
        }
        // Servers leave the ends of texts out as well; what comes later for one that is over begins another.
        if texts.count == Self.maximumTexts { try texts.endFirst(into: &events) }
        let event: ModelEvent =
            if isThought {
                isThinking
                    ? .reasoningBreak(candidate: 0)
                    : .partStart(candidate: 0, .reasoning(isSummary: place == .summary))
            } else {
                .partStart(candidate: 0, place == .refusal ? .refusal : .text)
            }
        isThinking = isThought
        told.insert(key)
        try texts.begin(Text(isThought: isThought), key: key, into: &events)
        try texts.read(key, into: &events) { _, events in events.append(event) }
    }

    /// Ends the text or refusal at this place.
    private mutating func end(_ index: Int?, into events: inout [ModelEvent]) throws(StreamFailure) {
        for place in [Place.text, .refusal] { try texts.end(place.key(index), into: &events) }
    }

    private mutating func cite(
        _ part: JSONValue,
        _ index: Int?,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        try texts.read(Place.text.key(index), into: &events) { text, events in text.cite(part, into: &events) }
    }
}
