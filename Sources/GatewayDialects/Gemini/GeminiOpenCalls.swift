// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// The calls of a conversation that have no result yet, found by their id or name without a search.
struct GeminiOpenCalls {
    /// Open calls beyond this number, the oldest first, are forgotten; no vendor makes as many in a turn.
    private static let maximum = 1_024

    /// Places in ``calls``, the first of which may have been answered otherwise.
    private struct Places {
        var all: [Int] = []
        var first = 0

        /// The first that is still open.
        mutating func takeFirst(of calls: [JSONString?]) -> Int? {
            while first < all.count {
                first += 1
                if calls[all[first - 1]] != nil { return all[first - 1] }
            }
            return nil
        }
    }

    /// The ids of all calls in order; nil for those that are not open.
    private var calls: [JSONString?] = []
    /// No call before this place is open.
    private var oldest = 0
    private var count = 0
    private var byID: [JSONString: Places] = [:]
    private var byName: [JSONString: Places] = [:]

    mutating func append(id: JSONString, name: JSONString) {
        if count == Self.maximum { forgetOldest() }
        byID[id, default: Places()].all.append(calls.count)
        byName[name, default: Places()].all.append(calls.count)
        calls.append(id)
        count += 1
    }

    private mutating func forgetOldest() {
        while oldest < calls.count, calls[oldest] == nil { oldest += 1 }
        guard oldest < calls.count else { return }
        calls[oldest] = nil
        count -= 1
    }

    /// Takes out the oldest open call with an id; with a name where the id is empty.
    ///
    /// - Returns: The id of the call; nil if none is open.
    mutating func answer(id: JSONString, name: JSONString) -> JSONString? {
        let place = id.isEmpty ? byName[name]?.takeFirst(of: calls) : byID[id]?.takeFirst(of: calls)
        guard let place = place ?? nil else { return nil }
        let found = calls[place]
        calls[place] = nil
        count -= 1
        return found
    }
}
