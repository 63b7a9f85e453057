// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// Tells the tool calls of a streamed candidate apart, by index, id and name as far as a server gives them.
struct ChatCallPlaces {
    private struct Call {
        var id: JSONString?
        var hasName: Bool
    }

    /// Where a fragment belongs.
    struct Place {
        let key: Int
        let isNew: Bool
        /// Whether this fragment is the first with the name of the call.
        let isNamed: Bool
        /// The server's id of the call.
        let id: JSONString?
    }

    /// The most calls of a stream; of a complete answer its size bounds them.
    static let maximumCalls = 1_024

    private let maximumCalls: Int

    /// All calls in order of their beginning.
    private var calls: [Call] = []
    /// The places of all calls by their index, which no two have in common.
    private var places: [Int: Int] = [:]
    /// The places of the latest calls by their ids.
    private var placesByID: [JSONString: Int] = [:]
    private var highest = -1
    /// Some servers give every call the same index: what it stands for now.
    private var aliases: [Int: Int] = [:]

    init(maximumCalls: Int) {
        self.maximumCalls = maximumCalls
    }

    /// Whether there was any call.
    var hasBegun: Bool { !calls.isEmpty }

    /// Finds the place of a fragment; nil for one that adds nothing.
    ///
    /// A call is one of the open parts until it is over.
    mutating func place(
        of fragment: ChatCall,
        in parts: PartOrder<ChatPart>
    ) throws(StreamFailure) -> Place? {
        let text = fragment.arguments.written
        if fragment.id == nil, fragment.name == nil, text.isEmpty { return nil }
        if let place = known(fragment, parts) {
            let isWhole = parts.isWhole(place)
            // Whoever names a call again, with arguments behind those that are whole, means another one.
            let isOther = fragment.name != nil && calls[place].hasName && isWhole != false && !text.isBlank
            if !isOther {
                if isWhole != nil { return take(fragment, at: place) }
                // Nothing can be added to what is over.
                guard text.isBlank else { throw .unreadable(cause: "the fragments of tool calls are interleaved") }
                return nil
            }
        }
        guard calls.count < maximumCalls else { throw .unreadable(cause: "the response has too many tool calls") }
        var index = fragment.index.map { aliases[$0] ?? $0 } ?? highest + 1
        if places[index] != nil {
            index = highest + 1
            if let written = fragment.index { aliases[written] = index }
        }
        highest = max(highest, index)
        places[index] = calls.count
        calls.append(Call(id: nil, hasName: false))
        return take(fragment, at: calls.count - 1, isNew: true)
    }

    /// The place of the call that a fragment names; nil for a new one.
    private func known(_ fragment: ChatCall, _ parts: PartOrder<ChatPart>) -> Int? {
        let place = fragment.index.flatMap { places[aliases[$0] ?? $0] }
        if let id = fragment.id {
            if let named = placesByID[id], parts.isOpen(named) {
                // Servers repeat ids as well: another name under another index is another call.
                let isOther = fragment.name != nil && calls[named].hasName && fragment.index != nil && place != named
                if !isOther { return named }
            }
            guard let place else { return nil }
            // An id that is new names a new call, unless its call was still without one.
            return calls[place].id == nil || calls[place].id == id || fragment.name == nil ? place : nil
        }
        if fragment.index != nil { return place }
        // Without either, a second name begins a second call.
        guard let last = calls.indices.last, parts.isOpen(last) else { return nil }
        return fragment.name != nil && calls[last].hasName ? nil : last
    }

    private mutating func take(_ fragment: ChatCall, at place: Int, isNew: Bool = false) -> Place {
        if calls[place].id == nil, let id = fragment.id {
            calls[place].id = id
            placesByID[id] = place
        }
        let isNamed = fragment.name != nil && !calls[place].hasName
        if isNamed { calls[place].hasName = true }
        return Place(key: place, isNew: isNew, isNamed: isNamed, id: calls[place].id)
    }
}
