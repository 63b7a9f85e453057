// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// The events between the first and the last of an item.
extension ResponsesStreamDecoder {
    mutating func piece(
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
            guard item?.part == .call else { throw .unreadable(cause: "arguments have no call") }
            if let text = event["delta"]?.text { add(arguments: text, into: &events) }
        } else if type == "response.function_call_arguments.done" || type == "response.custom_tool_call_input.done" {
            guard item?.index == index, item?.part == .call, item?.hasArguments == false else { return }
            if let text = (event["arguments"] ?? event["input"])?.text { add(arguments: text, into: &events) }
        }
    }

    mutating func add(
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

    func add(logprobs: JSONValue, into events: inout [ModelEvent]) {
        if logprobs.array?.isEmpty == false { events.append(.logprobs(candidate: 0, logprobs)) }
    }

    /// Adds the annotations that no event of their own has told.
    mutating func addCitations(of part: JSONValue, into events: inout [ModelEvent]) {
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
            item?.hasSummary = isSummary
        }
        if place < .max, place >= (item?.contentCount ?? 0) { item?.contentCount = place + 1 }
        events.append(.reasoning(candidate: 0, text))
    }

    mutating func add(arguments text: JSONString, into events: inout [ModelEvent]) {
        guard !text.isEmpty else { return }
        item?.hasArguments = true
        events.append(.toolArguments(candidate: 0, text))
    }
}
