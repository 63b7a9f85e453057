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
        let index: Int
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

    /// The calls that are not over; the first is the open one if ``isOpen``.
    private var calls: [Call] = []
    private(set) var isOpen = false
    /// The ids of the calls that are over, by their index.
    private var ended: [Int: JSONString?] = [:]
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
        if let position = position(of: fragment) {
            calls[position].id = calls[position].id ?? fragment.id
            calls[position].name = calls[position].name ?? fragment.name
            calls[position].signature = calls[position].signature ?? fragment.signature
            if fragment.isCustom { calls[position].isCustom = true }
            return try wait(text, at: position)
        }
        var index = fragment.index.map { aliases[$0] ?? $0 } ?? highest + 1
        if let id = ended[index], fragment.id == nil || fragment.id == id || fragment.name == nil {
            // Nothing can be added to what is over.
            guard text.isEmpty else { throw .unreadable(cause: "the fragments of tool calls are interleaved") }
            return
        }
        if ended[index] != nil || calls.contains(where: { $0.index == index }) {
            index = highest + 1
            if let written = fragment.index { aliases[written] = index }
        }
        guard calls.count + ended.count < Self.maximumCalls else {
            throw .unreadable(cause: "the answer has too many tool calls")
        }
        highest = max(highest, index)
        calls.append(
            Call(
                index: index,
                id: fragment.id,
                name: fragment.name,
                isCustom: fragment.isCustom,
                signature: fragment.signature
            )
        )
        try wait(text, at: calls.count - 1)
    }

    /// The call that a fragment belongs to; nil for a new one.
    private func position(of fragment: ChatCall) -> Int? {
        let index = fragment.index.map { aliases[$0] ?? $0 }
        if let id = fragment.id {
            if let position = calls.firstIndex(where: { $0.id == id }) { return position }
            // An id that is new names a new call, unless its call was still without one.
            return calls.firstIndex { $0.index == index && $0.id == nil }
        }
        guard let index else {
            // Without either, a second name begins a second call.
            return fragment.name != nil && calls.last?.name != nil ? nil : calls.indices.last
        }
        return calls.firstIndex { $0.index == index }
    }

    private mutating func wait(_ text: JSONString, at position: Int) throws(StreamFailure) {
        guard !text.isEmpty else { return }
        calls[position].fragments.append(text)
        waiting += text.utf8Count
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
        while !calls.isEmpty {
            if !isOpen {
                guard begin(candidate: candidate, origin: origin, &ids, into: &events) else { return }
            }
            passOn(candidate: candidate, into: &events)
            guard calls.count > 1, calls[0].isCustom || calls[0].arguments.isReached else { return }
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
        while !calls.isEmpty {
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
        guard let name = calls[0].name else { return false }
        isOpen = true
        let id = ids?.next(calls[0].id) ?? ""
        let call = Message.ToolCall(id: id, name: name, arguments: .text(""), isCustom: calls[0].isCustom)
        let state = calls[0].signature.map { OpaqueState(.thought, $0, from: origin) }
        events.append(.partStart(candidate: candidate, .toolCall(call, state: state)))
        return true
    }

    private mutating func passOn(candidate: Int, into events: inout [ModelEvent]) {
        for text in calls[0].fragments {
            if !calls[0].isCustom { calls[0].arguments.consume(text) }
            waiting -= text.utf8Count
            events.append(.toolArguments(candidate: candidate, text))
        }
        calls[0].fragments.removeAll(keepingCapacity: true)
    }

    private mutating func endFirst(candidate: Int, into events: inout [ModelEvent]) {
        let call = calls.removeFirst()
        ended[call.index] = .some(call.id)
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
