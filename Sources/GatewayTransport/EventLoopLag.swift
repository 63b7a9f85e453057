// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore
import Synchronization

/// How late event loops did what was due: how long something held them, or how long they waited for a core.
///
/// Each loop looks ten times a second, so a single hold is seen if a look falls into it.
final class EventLoopLag: Sendable {
    private let counts = Mutex(Histogram())

    var histogram: Histogram { counts.withLock { $0 } }

    func observe(_ lateness: TimeAmount) {
        let milliseconds = Int(max(0, lateness.nanoseconds)) / 1_000_000
        counts.withLock { $0.observe(milliseconds: milliseconds) }
    }
}
