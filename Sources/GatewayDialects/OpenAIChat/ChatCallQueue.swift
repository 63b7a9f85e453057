// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// The tool calls of one streamed candidate, brought into an order in which they do not overlap.
///
/// Fragments of parallel calls may come interleaved. The first call is passed on as it comes; what belongs to later ones waits until its arguments are a whole
/// object or the answer goes on with something else.
struct ChatCallQueue {
    private struct Call {
        var id: JSONString?
        var name: JSONString?
        var isCustom: Bool
        var signature: JSONString?
        /// What could not be passed on yet.
        var fragments: [JSONString] = []
        var arguments = ObjectEnd()
    }

    private static let maximumCalls = 1024
    /// Bytes that wait.
    private static let maximumBytes = 16 << 20
    /// What a fragment counts as at least: it takes memory besides its text.
    private static let leastBytes = 64

    /// All calls in order of their beginning; those before ``first`` are over.
    private var calls: [Call] = []
    /// The place of the first call that is not over: the open one if ``isOpen``.
    private var first = 0
    private(set) var isOpen = false
    /// The places of all calls by their index, which no two have in common.
    private var places: [Int: Int] = [:]
    /// The places of the latest calls by their ids.
    private var placesByID: [JSONString: Int] = [:]
    private var highest = -1
    /// Some servers give every call the same index: what it stands for now.
    private var aliases: [Int: Int] = [:]
    private var waiting = 0

    /// Whether there was any call.
    var hasBegun: Bool { highest >= 0 }

    /// Takes a fragment.
    mutating func append(_ fragment: ChatCall) throws(StreamFailure) {
        let text = fragment.arguments.written
        if fragment.id == nil, fragment.name == nil, text.isEmpty { return }
        if let place = place(of: fragment) {
            if calls[place].id == nil, let id = fragment.id {
                calls[place].id = id
                placesByID[id] = place
            }
            calls[place].name = calls[place].name ?? fragment.name
            calls[place].signature = calls[place].signature ?? fragment.signature
            if fragment.isCustom { calls[place].isCustom = true }
            return try wait(text, at: place)
        }
        var index = fragment.index.map { aliases[$0] ?? $0 } ?? highest + 1
        if let place = places[index] {
            if place < first,
                fragment.id == nil || fragment.id == calls[place].id || fragment.name == nil
            {
                // Nothing can be added to what is over.
                guard text.isEmpty else { throw .unreadable(cause: "the fragments of tool calls are interleaved") }
                return
            }
            index = highest + 1
            if let written = fragment.index { aliases[written] = index }
        }
        guard calls.count < Self.maximumCalls else { throw .unreadable(cause: "the response has too many tool calls") }
        highest = max(highest, index)
        places[index] = calls.count
        if let id = fragment.id { placesByID[id] = calls.count }
        calls.append(
            Call(id: fragment.id, name: fragment.name, isCustom: fragment.isCustom, signature: fragment.signature)
        )
        try wait(text, at: calls.count - 1)
    }

    /// The place of the call that a fragment belongs to; nil for a new one.
    private func place(of fragment: ChatCall) -> Int? {
        let place = fragment.index.flatMap { places[aliases[$0] ?? $0] }.flatMap { $0 < first ? nil : $0 }
        if let id = fragment.id {
            if let known = placesByID[id], known >= first { return known }
            // An id that is new names a new call, unless its call was still without one.
            return place.flatMap { calls[$0].id == nil ? $0 : nil }
        }
        guard fragment.index == nil else { return place }
        // Without either, a second name begins a second call.
        guard first < calls.count else { return nil }
        let last = calls.count - 1
        return fragment.name != nil && calls[last].name != nil ? nil : last
    }

    private mutating func wait(_ text: JSONString, at place: Int) throws(StreamFailure) {
        guard !text.isEmpty else { return }
        calls[place].fragments.append(text)
        waiting += max(Self.leastBytes, text.utf8Count)
        guard waiting <= Self.maximumBytes else {
            throw .unreadable(cause: "the fragments of tool calls that wait are too large")
        }
    }

    /// Passes on what can be.
    mutating func advance(
        candidate: Int,
        origin: StateOrigin,
        _ ids: inout CallIDs?,
        into events: inout [ModelEvent]
    ) {
        while first < calls.count {
            if !isOpen {
                guard begin(candidate: candidate, origin: origin, &ids, into: &events) else { return }
            }
            passOn(candidate: candidate, into: &events)
            guard calls.count - first > 1, calls[first].isCustom || calls[first].arguments.isReached else { return }
            endFirst(candidate: candidate, into: &events)
        }
    }

    /// Ends all calls.
    mutating func end(
        candidate: Int,
        origin: StateOrigin,
        _ ids: inout CallIDs?,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        while first < calls.count {
            if !isOpen {
                guard begin(candidate: candidate, origin: origin, &ids, into: &events) else {
                    throw .unreadable(cause: "a tool call has no name")
                }
            }
            passOn(candidate: candidate, into: &events)
            endFirst(candidate: candidate, into: &events)
        }
    }

    /// Opens the first call, if its name has come.
    private mutating func begin(
        candidate: Int,
        origin: StateOrigin,
        _ ids: inout CallIDs?,
        into events: inout [ModelEvent]
    ) -> Bool {
        guard let name = calls[first].name else { return false }
        isOpen = true
        let id = ids?.next(calls[first].id) ?? ""
        let call = Message.ToolCall(id: id, name: name, arguments: .text(""), isCustom: calls[first].isCustom)
        let state = calls[first].signature.map { OpaqueState(.thought, $0, from: origin) }
        events.append(.partStart(candidate: candidate, .toolCall(call, state: state)))
        return true
    }

    private mutating func passOn(candidate: Int, into events: inout [ModelEvent]) {
        for text in calls[first].fragments {
            if !calls[first].isCustom { calls[first].arguments.consume(text) }
            waiting -= max(Self.leastBytes, text.utf8Count)
            events.append(.toolArguments(candidate: candidate, text))
        }
        calls[first].fragments.removeAll(keepingCapacity: true)
    }

    private mutating func endFirst(candidate: Int, into events: inout [ModelEvent]) {
        calls[first].fragments = []
        first += 1
        isOpen = false
        events.append(.partEnd(candidate: candidate))
    }
}

/// Finds the end of a JSON object that comes in pieces; it does not check the object.
struct ObjectEnd {
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    /// Whether the object is whole.
    private(set) var isReached = false

    mutating func consume(_ text: JSONString) {
        var state = self
        text.forEachDecodedPiece { piece in for byte in piece { state.consume(byte) } }
        self = state
    }

    private mutating func consume(_ byte: UInt8) {
        if isInString {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isInString = false
            }
            return
        }
        switch byte {
        case UInt8(ascii: "\""): isInString = true
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            depth -= 1
            if depth <= 0 { isReached = true }
        default: break
        }
    }
}
