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
    enum Part: Equatable {
        /// A text or a refusal, by its index in the item.
        case content(Int, isRefusal: Bool)
        /// A thought, by the index of its latest text.
        case reasoning(Int)
        case call
    }

    /// The item that is open.
    struct Item {
        let index: Int
        var part: Part?
        /// Whether any of its parts has begun.
        var hasBegun = false
        var hasArguments = false
        /// Parts whose text has come, or texts of a thought.
        var contentCount = 0
        /// Whether the texts of a thought are those of its summary.
        var hasSummary = false
        /// Annotations of the open text that have come.
        var citationCount = 0
    }

    let answer: AnswerContext
    var ids: CallIDs?
    var item: Item?
    /// The highest index of an item that is over.
    var lastIndex = -1
    var hasCalls = false
    /// The ids of items that have begun.
    private var seen: Set<String> = []
    private(set) var serviceTier: String?

    init(_ answer: AnswerContext) {
        self.answer = answer
    }

    mutating func finish(into events: inout [ModelEvent]) {}

    mutating func decode(_ data: ByteBuffer, into events: inout [ModelEvent]) throws(StreamFailure) {
        if data.withUnsafeReadableBytes({ $0.equals("[DONE]") }) { return }
        let event: JSONValue
        do throws(JSONError) {
            event = try JSONValue(answer: data)
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
        try addRest(of: response, into: &events)
        closePart(into: &events)
        serviceTier = response["service_tier"]?.string
        if let usage = response["usage"], usage.object != nil { events.append(.usage(OpenAIResponses.usage(usage))) }
        // The event's name is what the vendor promises; the status may be missing.
        var reason = OpenAIResponses.finishReason(of: response, hasCalls: hasCalls)
        if type == "response.incomplete", reason == .stop || reason == .toolCalls { reason = .other("incomplete") }
        events.append(.finish(candidate: 0, reason))
        events.append(.end)
    }

    /// Reads what only the answer's last event tells: the end of the open item, and items that had no event of their own.
    private mutating func addRest(
        of response: JSONValue,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        for (index, value) in (response["output"]?.array.map(Array.init) ?? []).enumerated() {
            // A server may count its items otherwise than it lists them; an id tells what came already.
            let isOpen = item?.index == index
            guard isOpen || index > max(lastIndex, item?.index ?? -1), isOpen || !isSeen(value) else { continue }
            try end(value, index, into: &events)
        }
    }

    private func isSeen(_ value: JSONValue) -> Bool { value["id"]?.string.map(seen.contains) ?? false }

    mutating func noteSeen(_ value: JSONValue) {
        if seen.count < Self.maximumItems, let id = value["id"]?.string { seen.insert(id) }
    }

    /// A bound for what an upstream may make the gateway keep.
    private static let maximumItems = 1 << 12

    private mutating func start(_ response: JSONValue?, into events: inout [ModelEvent]) {
        guard ids == nil else { return }
        let id = response?["id"]?.text
        ids = CallIDs(responseID: id, answer)
        events.append(.start(id: id, model: response?["model"]?.text))
    }

    mutating func begin(_ part: Part, _ kind: ModelEvent.PartKind, into events: inout [ModelEvent]) {
        closePart(into: &events)
        item?.part = part
        item?.hasBegun = true
        item?.citationCount = 0
        events.append(.partStart(candidate: 0, kind))
    }

    mutating func closePart(into events: inout [ModelEvent]) {
        guard item?.part != nil else { return }
        item?.part = nil
        events.append(.partEnd(candidate: 0))
    }
}
