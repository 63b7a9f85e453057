// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation

/// Runs `body` on a thread with a stack of 512 KiB, the least that an event loop's thread has anywhere.
///
/// A recursion that takes more ends the process.
func onSmallStack<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in
        let thread = Thread { continuation.resume(returning: body()) }
        thread.stackSize = 512 << 10
        thread.start()
    }
}
