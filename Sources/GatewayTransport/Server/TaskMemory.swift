// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import CAllocator

/// The memory in which the functions of a task keep what they need across suspensions.
///
/// A task gets it in slabs of a KiB, or of one function's size where that needs more, and frees each that does not fit the next function: a request took thirteen.
/// One slab that is large enough for all of them is found again by each.
enum TaskMemory {
    /// What the functions that serve a request take together, and some more.
    private static let bytes = 28 << 10

    /// Takes the memory that the current task will need; called where the task begins.
    @inline(__always)
    static func reserve() async { gatehouse_reserve_task_memory(bytes) }
}
