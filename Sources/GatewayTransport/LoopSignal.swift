// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Lets one task wait for news on its event loop; news that come before the wait are not lost.
///
/// Only its event loop touches it. A wait may end without news, so whoever waits looks again at what it waits for.
final class LoopSignal {
    private var waiter: UnsafeContinuation<Void, Never>?
    private var isRaised = false

    /// Whether a task waits now.
    var hasWaiter: Bool { waiter != nil }

    /// Ends the wait under way, or else the next one.
    func raise() {
        guard let waiter else {
            isRaised = true
            return
        }
        self.waiter = nil
        waiter.resume()
    }

    func wait() async {
        await withUnsafeContinuation { continuation in
            // Events of the loop may have run between the caller's look and this closure.
            if isRaised {
                isRaised = false
                continuation.resume()
            } else {
                waiter = continuation
            }
        }
    }
}
