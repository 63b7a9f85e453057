// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Reads the answers of the Responses API: the events of a stream, and a complete response as the events that it would be.
///
/// Items and their parts begin with their first word, since servers differ in the events around it, and what only an item's last event tells is read from there.
struct ResponsesStreamDecoder: StreamDecoder {
    private let answer: AnswerContext
    private var ids: CallIDs?
    private var items = PartOrder<ResponsesOutputItem>()
    private var ended: Set<Int> = []
    private var count = 0
    /// The highest key of an item that has begun.
    private var highest = -1
    /// The keys of items by their ids.
    private var keys: [String: Int] = [:]
    /// What an index stands for where a server gave it to another item before.
    private var aliases: [Int: Int] = [:]
    private var hasCalls = false
    private(set) var serviceTier: String?

    /// A bound for what an upstream may make the gateway keep.
    private static let maximumItems = 1 << 16

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
        start(nil, into: &events)
        if type == "response.output_item.added" {
            if let value = event["item"] { try begin(value, event["output_index"]?.int, into: &events) }
        } else if type == "response.output_item.done" {
            guard let value = event["item"] else { return }
            let key = key(value["id"]?.text, event["output_index"]?.int) ?? highest + 1
            try end(value, key, into: &events)
        } else if let piece = ResponsesOutputItem.pieces[type] {
            try self.piece(piece, event, into: &events)
        }
    }

    mutating func decode(answer response: JSONValue, into events: inout [ModelEvent]) throws(StreamFailure) {
        let status = response["status"]?.text
        if let error = response["error"], error.object != nil || status.map({ $0 == "failed" }) ?? false {
            throw .reported(OpenAIResponses.failure(response))
        }
        guard response["output"]?.array != nil else { throw .unreadable(cause: "the response has no output") }
        if let status, status != "completed", status != "incomplete" {
            throw .unreadable(cause: "the response has the status '\(status.string.prefix(32))'")
        }
        try lifecycle("response.completed", response, into: &events)
    }

    // MARK: The answer

    private mutating func lifecycle(
        _ type: JSONString,
        _ response: JSONValue,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        // Servers that know one last event say what happened in its response.
        let isEnd = type == "response.completed" || type == "response.incomplete"
        let hasFailed = isEnd && response["status"]?.text.map { $0 == "failed" } ?? false
        if type == "response.failed" || hasFailed { throw .reported(OpenAIResponses.failure(response)) }
        start(response, into: &events)
        guard isEnd else { return }
        try addRest(of: response, into: &events)
        try items.endAll(into: &events)
        serviceTier = response["service_tier"]?.string
        if let usage = response["usage"], usage.object != nil { events.append(.usage(OpenAIResponses.usage(usage))) }
        // The event's name is what the vendor promises; the status may be missing.
        var reason = OpenAIResponses.finishReason(of: response, hasCalls: hasCalls)
        if type == "response.incomplete", reason == .stop || reason == .toolCalls { reason = .other("incomplete") }
        events.append(.finish(candidate: 0, reason))
        events.append(.end)
    }

    /// Reads what only the answer's last event tells: the ends of open items, and items that had no event of their own.
    private mutating func addRest(
        of response: JSONValue,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        let (keys, latest) = (keys, highest)
        for (index, value) in (response["output"]?.elements ?? []).enumerated() {
            // A server may count its items otherwise than it lists them; an id tells what came already.
            let key = value["id"]?.string.flatMap { keys[$0] } ?? index
            if items.isOpen(key) || key > latest { try end(value, key, into: &events) }
        }
    }

    private mutating func start(_ response: JSONValue?, into events: inout [ModelEvent]) {
        guard ids == nil else { return }
        let id = response?["id"]?.text
        ids = CallIDs(responseID: id, answer)
        events.append(.start(id: id, model: response?["model"]?.text))
    }

    // MARK: Items

    /// The key of the item that an event names: by its index, unless several items have that one.
    private func key(_ id: JSONString?, _ index: Int?) -> Int? {
        if let index, aliases[index] == nil { return index }
        return id.flatMap { keys[$0.string] } ?? index.flatMap { aliases[$0] }
    }

    private mutating func begin(
        _ value: JSONValue,
        _ index: Int?,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        let id = value["id"]?.text
        let known = id.flatMap { keys[$0.string] }
        var key = index ?? known ?? highest + 1
        if items.isOpen(key) || ended.contains(key) {
            if key == known { return }
            key = highest + 1
            if let index { aliases[index] = key }
        }
        try open(key, id, into: &events)
        try read(key, into: &events) { item, ids, events in item.begin(value, &ids, into: &events) }
    }

    private mutating func open(
        _ key: Int,
        _ id: JSONString?,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        // As many ids and aliases are kept as items have begun.
        count += 1
        guard count <= Self.maximumItems, key < .max else {
            throw .unreadable(cause: "the response has too many items")
        }
        highest = max(highest, key)
        if let id, !id.isEmpty { keys[id.string] = key }
        try items.begin(ResponsesOutputItem(origin: answer.origin), key: key, into: &events)
    }

    private mutating func piece(
        _ piece: ResponsesOutputItem.Piece,
        _ event: JSONValue,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        guard let key = key(event["item_id"]?.text, event["output_index"]?.int) ?? items.latest else { return }
        if !items.isOpen(key) {
            guard piece.isDelta else { return }
            guard !ended.contains(key) else { throw .unreadable(cause: "an event refers to an item that has ended") }
            try open(key, event["item_id"]?.text, into: &events)
        }
        try items.read(key, into: &events) { item, events throws(StreamFailure) in
            try item.read(piece, event, into: &events)
        }
    }

    /// Reads the last event of an item: what of it was not told piece by piece.
    private mutating func end(
        _ value: JSONValue,
        _ key: Int,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        if ended.contains(key) { return }
        if !items.isOpen(key) { try open(key, value["id"]?.text, into: &events) }
        try read(key, into: &events) { item, ids, events throws(StreamFailure) in
            try item.finish(value, &ids, into: &events)
        }
        try items.end(key, into: &events)
        ended.insert(key)
    }

    /// Reads something of an item that may begin calls.
    private mutating func read(
        _ key: Int,
        into events: inout [ModelEvent],
        _ body: (inout ResponsesOutputItem, inout CallIDs, inout [ModelEvent]) throws(StreamFailure) -> Void
    ) throws(StreamFailure) {
        var ids = self.ids ?? CallIDs(responseID: nil, answer)
        // Given up meanwhile, so that it is changed in place.
        self.ids = nil
        defer { self.ids = ids }
        var isCall = false
        try items.read(key, into: &events) { item, events throws(StreamFailure) in
            try body(&item, &ids, &events)
            isCall = item.isCall
        }
        if isCall { hasCalls = true }
    }
}
