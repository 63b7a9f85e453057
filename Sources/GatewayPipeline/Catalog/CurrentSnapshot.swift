// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Synchronization

/// The snapshot that new calls take; swapped whole.
///
/// Earlier ones are kept until no call holds them, and then freed by ``freeRetired()``: a large one takes milliseconds, which no event loop may spend.
package final class CurrentSnapshot: Sendable {
    private let snapshot: Mutex<Snapshot>
    private let retired = Mutex<[Snapshot]>([])

    package init(_ snapshot: Snapshot) {
        self.snapshot = Mutex(snapshot)
    }

    package var value: Snapshot { snapshot.withLock { $0 } }

    package func replace(_ new: Snapshot) {
        let old = snapshot.withLock { snapshot in
            defer { snapshot = new }
            return snapshot
        }
        guard old !== new else { return }
        retired.withLock { $0.append(old) }
    }

    /// Frees the earlier snapshots that no call holds any longer; takes its time.
    package func freeRetired() {
        var free: [Snapshot] = []
        retired.withLock { retired in
            for index in retired.indices.reversed() where isKnownUniquelyReferenced(&retired[index]) {
                free.append(retired.remove(at: index))
            }
        }
        // Here, outside the lock and on the thread that asks for it.
        free.removeAll()
    }
}
