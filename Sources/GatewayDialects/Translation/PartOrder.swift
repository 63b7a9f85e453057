// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// What an upstream tells of one part of an answer, be it a block, an item or a call.
protocol OrderedPart: Sendable {
    /// Whether it may end where another part waits, though its own end has not come.
    var isWhole: Bool { get }

    /// Ends it: appends what was held back, and the ends of the hub's parts.
    mutating func end(into events: inout [ModelEvent]) throws(StreamFailure)
}

/// Brings the parts of one candidate into an order in which they do not overlap.
///
/// Upstreams may stream several parts at once, told apart by their keys (stream-23). The one that began first is passed on as it comes; what belongs to the others waits
/// until it is over.
struct PartOrder<Part: OrderedPart>: Sendable {
    private struct Slot: Sendable {
        let key: Int
        var part: Part
        /// What could not be passed on yet.
        var waiting: [ModelEvent] = []
        var waitingBytes = 0
        var isOver = false

        mutating func wait(_ body: (inout Part, inout [ModelEvent]) throws(StreamFailure) -> Void) throws(StreamFailure)
        {
            let count = waiting.count
            try body(&part, &waiting)
            for event in waiting[count...] { waitingBytes += event.heldBytes }
        }
    }

    /// The most parts that may be open.
    private static var maximumParts: Int { 2_048 }
    /// The most bytes that may wait.
    private static var maximumBytes: Int { 16 << 20 }

    /// The parts that are not over or not passed on, in order of their beginning; the first is passed on as it comes.
    private var slots: [Slot] = []
    private var waitingBytes = 0

    /// How many parts are not passed on yet.
    var count: Int { slots.count }

    /// Whether a part with this key is open.
    func isOpen(_ key: Int) -> Bool { place(of: key) != nil }

    /// Whether the part with this key may end; nil if there is none.
    func isWhole(_ key: Int) -> Bool? { place(of: key).map { slots[$0].part.isWhole } }

    /// The key of the open part that began last.
    var latest: Int? { slots.last { !$0.isOver }?.key }

    /// The key of the open part if there is exactly one.
    var only: Int? {
        guard let latest, slots.first(where: { !$0.isOver })?.key == latest else { return nil }
        return latest
    }

    /// Begins a part; an open one with the same key ends.
    mutating func begin(_ part: Part, key: Int, into events: inout [ModelEvent]) throws(StreamFailure) {
        try end(key, into: &events)
        guard slots.count < Self.maximumParts else { throw .unreadable(cause: "too many parts are open at once") }
        slots.append(Slot(key: key, part: part))
        try passOn(into: &events)
    }

    /// Runs `body` on the open part with this key and on what takes its events; does nothing if there is none.
    mutating func read(
        _ key: Int,
        into events: inout [ModelEvent],
        _ body: (inout Part, inout [ModelEvent]) throws(StreamFailure) -> Void
    ) throws(StreamFailure) {
        guard let place = place(of: key) else { return }
        if place == 0 {
            try body(&slots[0].part, &events)
            if slots.count > 1 { try passOn(into: &events) }
            return
        }
        let bytes = slots[place].waitingBytes
        try slots[place].wait(body)
        waitingBytes += slots[place].waitingBytes - bytes
        guard waitingBytes <= Self.maximumBytes else {
            throw .unreadable(cause: "the parts of the response that wait are too large")
        }
    }

    /// Ends the open part with this key, if there is one.
    mutating func end(_ key: Int, into events: inout [ModelEvent]) throws(StreamFailure) {
        guard let place = place(of: key) else { return }
        if place == 0 {
            try endFirst(into: &events)
        } else {
            try slots[place].wait { part, events throws(StreamFailure) in try part.end(into: &events) }
            slots[place].isOver = true
        }
    }

    /// Ends all parts.
    mutating func endAll(into events: inout [ModelEvent]) throws(StreamFailure) {
        while !slots.isEmpty { try endFirst(into: &events) }
    }

    private func place(of key: Int) -> Int? {
        // The first is the one that most events are about.
        if let first = slots.first, first.key == key { return 0 }
        return slots.lastIndex { $0.key == key && !$0.isOver }
    }

    /// Ends parts that are whole and that others wait for.
    private mutating func passOn(into events: inout [ModelEvent]) throws(StreamFailure) {
        while slots.count > 1, slots[0].part.isWhole { try endFirst(into: &events) }
    }

    /// Ends the first part, and passes on what has waited for that.
    mutating func endFirst(into events: inout [ModelEvent]) throws(StreamFailure) {
        try slots[0].part.end(into: &events)
        var over = 1
        while over < slots.count {
            events += slots[over].waiting
            waitingBytes -= slots[over].waitingBytes
            (slots[over].waiting, slots[over].waitingBytes) = ([], 0)
            guard slots[over].isOver else { break }
            over += 1
        }
        slots.removeFirst(over)
    }
}

extension ModelEvent {
    /// What it counts as while it waits: it takes memory besides its text.
    fileprivate var heldBytes: Int {
        switch self {
        case .text(_, let text), .toolArguments(_, let text), .reasoning(_, let text): max(64, text.writtenBytes)
        case .state(_, let state): max(64, state.data.writtenBytes)
        case .logprobs(_, let value): max(64, value.range.count)
        default: 64
        }
    }
}
