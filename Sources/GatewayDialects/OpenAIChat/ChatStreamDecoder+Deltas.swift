// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

extension ChatStreamDecoder {
    private enum Member {
        case content, refusal, reasoningContent, reasoning, details, toolCalls, functionCall, audio, images, annotations
        case extraContent
    }

    private static let members = KeyTable<Member>([
        "content": .content, "refusal": .refusal, "reasoning_content": .reasoningContent, "reasoning": .reasoning,
        "reasoning_details": .details, "tool_calls": .toolCalls, "function_call": .functionCall, "audio": .audio,
        "images": .images, "annotations": .annotations, "extra_content": .extraContent,
    ])

    /// Reads the delta of a choice, or the message of a complete answer.
    mutating func delta(
        _ delta: JSONValue,
        of index: Int,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        guard let object = delta.object else { return }
        var content: JSONValue?
        var refusal: JSONString?
        var reasoning: JSONString?
        var details: JSONValue?
        var calls: JSONValue?
        var functionCall: JSONValue?
        var hasMore = false
        for (key, value) in object where !value.isNull {
            switch Self.members[key] {
            case .content: content = value
            case .refusal: refusal = value.text
            // The same under two names; some servers write both.
            case .reasoningContent: if let text = value.text, !text.isEmpty { reasoning = text }
            case .reasoning: reasoning = reasoning ?? value.text
            case .details: details = value
            case .toolCalls: calls = value
            case .functionCall: functionCall = value
            case .audio, .images, .annotations, .extraContent: hasMore = true
            case nil: break
            }
        }
        let isTold = details?.elements.contains { ChatAnswerParts.text(of: $0).0 != nil } ?? false
        if let reasoning, !isTold { try add(reasoning, .reasoning, of: index, into: &events) }
        if let details { try self.details(details, of: index, into: &events) }
        if let text = content?.text {
            try add(text, .text, of: index, into: &events)
        } else if let content {
            for part in ChatAnswerParts.content(content, from: answer.origin) {
                try self.part(part, of: index, into: &events)
            }
        }
        if hasMore { try self.notes(delta, of: index, into: &events) }
        if let refusal { try add(refusal, .refusal, of: index, into: &events) }
        if hasMore {
            for part in ChatAnswerParts.audio(of: delta) + ChatAnswerParts.images(of: delta) {
                try self.part(part, of: index, into: &events)
            }
        }
        let fragments = calls?.elements ?? []
        for (number, value) in fragments.enumerated() {
            guard var call = ChatCall(value) else { continue }
            if isComplete { call.index = number }
            try append(call, of: index, into: &events)
        }
        if let functionCall, var call = ChatCall(JSONValue { $0.object { $0.member("function", functionCall) } }) {
            // The older form has one call, without an id.
            call.index = isComplete ? fragments.count : 0
            try append(call, of: index, into: &events)
        }
    }

    /// What is said about a text: sources, and Google's signature.
    private mutating func notes(
        _ delta: JSONValue,
        of index: Int,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        for citation in ChatAnswerParts.citations(of: delta) {
            try add(.citation(candidate: index, citation), .text, of: index, into: &events)
        }
        if let signature = OpenAIChat.signature(in: delta) {
            try end(.text, OpaqueState(.thought, signature, from: answer.origin), of: index, into: &events)
        }
    }

    /// A complete part or a piece of one, from an array in place of a text.
    private mutating func part(
        _ part: Message.Part,
        of index: Int,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        switch part.content {
        case .text(let text):
            if isComplete { try end(.text, of: index, into: &events) }
            try add(text, .text, of: index, into: &events)
            if let state = part.state { try end(.text, state, of: index, into: &events) }
        case .refusal(let text): try add(text, .refusal, of: index, into: &events)
        case .reasoning(let thoughts):
            // A redacted thought is a part of its own.
            if isComplete || thoughts.texts.isEmpty { try end(.reasoning, of: index, into: &events) }
            for (number, text) in thoughts.texts.enumerated() {
                if isComplete, number > 0 {
                    try add(.reasoningBreak(candidate: index), .reasoning, of: index, into: &events)
                }
                try add(text, .reasoning, of: index, into: &events)
            }
            if let state = part.state { try end(.reasoning, state, of: index, into: &events) }
        case .media(let media):
            try add(.partStart(candidate: index, .media(media)), .media, of: index, into: &events)
            try end(.media, of: index, into: &events)
        case .toolCall, .toolResult: break
        }
    }

    /// OpenRouter's details: their text, and what is attached to it or to the text beside them.
    private mutating func details(
        _ details: JSONValue,
        of index: Int,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        for detail in details.elements {
            let (text, isSummary) = ChatAnswerParts.text(of: detail)
            let kind: ChatPart.Kind = isSummary ? .summary : .reasoning
            if isComplete, text != nil { try end(kind, of: index, into: &events) }
            if let text { try add(text, kind, of: index, into: &events) }
            guard let state = ChatReasoningDetail.state(of: detail, from: answer.origin) else { continue }
            if detail["data"] != nil { try end(kind, of: index, into: &events) }
            try end(kind, state, of: index, into: &events)
        }
    }

    private mutating func append(
        _ call: ChatCall,
        of index: Int,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        guard let place = try candidates[index].place(of: call) else { return }
        let id = place.isNamed ? ids?.next(place.id, candidate: index) : nil
        if place.isNew {
            let part = ChatPart(.call, candidate: index, origin: answer.origin)
            try candidates[index].parts.begin(part, key: place.key, into: &events)
        }
        try candidates[index].parts.read(place.key, into: &events) { part, events throws(StreamFailure) in
            try part.add(call, id: id, into: &events)
        }
        if isComplete { try candidates[index].parts.end(place.key, into: &events) }
    }

    // MARK: Parts

    private mutating func add(
        _ text: JSONString,
        _ kind: ChatPart.Kind,
        of index: Int,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        guard !text.isEmpty else { return }
        let isReasoning = kind == .reasoning || kind == .summary
        let event: ModelEvent = isReasoning ? .reasoning(candidate: index, text) : .text(candidate: index, text)
        try add(event, kind, of: index, into: &events)
    }

    /// Adds an event to a part of this kind, which begins with it if none is open.
    private mutating func add(
        _ event: ModelEvent,
        _ kind: ChatPart.Kind,
        of index: Int,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        if !candidates[index].parts.isOpen(kind.key) {
            let part = ChatPart(kind, candidate: index, origin: answer.origin)
            try candidates[index].parts.begin(part, key: kind.key, into: &events)
            try candidates[index].parts.read(kind.key, into: &events) { part, events in part.begin(into: &events) }
        }
        try candidates[index].parts.read(kind.key, into: &events) { _, events in events.append(event) }
    }

    /// Ends the open part of a kind.
    private mutating func end(
        _ kind: ChatPart.Kind,
        of index: Int,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        try candidates[index].parts.end(kind.key, into: &events)
    }

    /// Ends a part of a kind with what is attached to it; without an open one it is all that there is of the part.
    private mutating func end(
        _ kind: ChatPart.Kind,
        _ state: OpaqueState,
        of index: Int,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        try add(.state(candidate: index, state), kind, of: index, into: &events)
        try end(kind, of: index, into: &events)
    }
}
