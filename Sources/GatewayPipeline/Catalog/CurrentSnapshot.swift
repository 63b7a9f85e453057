// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Synchronization

/// The snapshot that new calls take; swapped whole.
package final class CurrentSnapshot: Sendable {
    private let snapshot: Mutex<Snapshot>

    package init(_ snapshot: Snapshot) {
        self.snapshot = Mutex(snapshot)
    }

    package var value: Snapshot { snapshot.withLock { $0 } }

    package func replace(_ new: Snapshot) {
        snapshot.withLock { $0 = new }
    }
}
