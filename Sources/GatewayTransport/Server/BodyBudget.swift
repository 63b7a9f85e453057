// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Synchronization

/// The bytes that all request bodies in flight may hold together, over all event loops.
final class BodyBudget: Sendable {
    private let limit: Int
    private let used = Atomic<Int>(0)

    init(limit: Int) {
        self.limit = limit
    }

    /// Takes bytes of the budget; false, and nothing taken, if there are not enough.
    func take(_ bytes: Int) -> Bool {
        let (_, new) = used.add(bytes, ordering: .relaxed)
        guard new > limit else { return true }
        used.subtract(bytes, ordering: .relaxed)
        return false
    }

    func giveBack(_ bytes: Int) {
        used.subtract(bytes, ordering: .relaxed)
    }

    var inUse: Int { used.load(ordering: .relaxed) }
}
