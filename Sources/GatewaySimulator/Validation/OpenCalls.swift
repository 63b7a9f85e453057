// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Tool calls that wait for their results, in order, found by id or by name without a search.
struct OpenCalls: Sendable {
    private struct Call {
        let id: String?
        let name: String
    }

    /// Places in ``calls``; the first of them may have been taken otherwise.
    private struct Places {
        var all: [Int] = []
        var first = 0

        mutating func next(in calls: [Call?]) -> Int? {
            while first < all.count {
                first += 1
                if calls[all[first - 1]] != nil { return all[first - 1] }
            }
            return nil
        }
    }

    /// Every call; nil for those that are taken.
    private var calls: [Call?] = []
    private var byID: [String: Places] = [:]
    private var byName: [String: Places] = [:]
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// The ids of the calls that wait.
    var ids: [String] { calls.compactMap { $0?.id } }

    mutating func append(id: String?, name: String) {
        if let id { byID[id, default: Places()].all.append(calls.count) }
        byName[name, default: Places()].all.append(calls.count)
        calls.append(Call(id: id, name: name))
        count += 1
    }

    /// Takes the first call with this id.
    ///
    /// - Returns: Its name; nil if no such call waits.
    mutating func take(id: String) -> String? { take(byID[id]?.next(in: calls)) }

    /// Takes the first call of a tool.
    ///
    /// - Returns: Its name; nil if no such call waits.
    mutating func take(name: String) -> String? { take(byName[name]?.next(in: calls)) }

    private mutating func take(_ place: Int?) -> String? {
        guard let place else { return nil }
        defer {
            calls[place] = nil
            count -= 1
        }
        return calls[place]?.name
    }
}
