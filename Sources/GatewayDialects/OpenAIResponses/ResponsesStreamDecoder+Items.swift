// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// The first and the last event of an item, and what only the last tells.
extension ResponsesStreamDecoder {
    mutating func begin(_ value: JSONValue, _ index: Int, into events: inout [ModelEvent]) throws(StreamFailure) {
        try open(index, into: &events)
        noteSeen(value)
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
    mutating func open(_ index: Int, into events: inout [ModelEvent]) throws(StreamFailure) {
        if item?.index == index { return }
        guard index > lastIndex else { throw .unreadable(cause: "an event refers to an item that has ended") }
        closePart(into: &events)
        lastIndex = max(lastIndex, (item?.index ?? -1))
        guard index > lastIndex else { throw .unreadable(cause: "the items of the response are interleaved") }
        item = Item(index: index)
    }

    /// Reads the last event of an item: what of it was not told piece by piece.
    mutating func end(_ value: JSONValue, _ index: Int, into events: inout [ModelEvent]) throws(StreamFailure) {
        if index <= lastIndex, item?.index != index { return }
        try open(index, into: &events)
        noteSeen(value)
        if item?.hasBegun != true {
            try addWhole(value, into: &events)
        } else {
            addRest(of: value, into: &events)
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
        for (place, (part, logprobs)) in parts.enumerated() { add(part, logprobs, at: place, into: &events) }
    }

    /// Adds what of an item no piece has told: later parts, a call's arguments, sources.
    private mutating func addRest(of value: JSONValue, into events: inout [ModelEvent]) {
        let told = item?.contentCount ?? 0
        switch item?.part {
        case .call:
            if let arguments = (value["arguments"] ?? value["input"])?.text, item?.hasArguments == false {
                add(arguments: arguments, into: &events)
            }
        case .content(let open, _):
            let content = value["content"]?.array.map(Array.init) ?? []
            if content.indices.contains(open) { addCitations(of: content[open], into: &events) }
            for (place, part) in content.enumerated().dropFirst(told) {
                guard let (part, logprobs) = OpenAIResponses.content(part) else { continue }
                add(part, logprobs, at: place, into: &events)
            }
        case .reasoning:
            let texts = value[item?.hasSummary == true ? "summary" : "content"]?.array.map(Array.init) ?? []
            for text in texts.dropFirst(told) {
                guard let text = text["text"]?.text, !text.isEmpty else { continue }
                events.append(.reasoningBreak(candidate: 0))
                events.append(.reasoning(candidate: 0, text))
            }
        case nil: break
        }
    }

    /// Adds a whole part.
    private mutating func add(
        _ part: Message.Part,
        _ logprobs: JSONValue?,
        at place: Int,
        into events: inout [ModelEvent]
    ) {
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
