// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import CAllocator

/// How the C library's allocator treats large request bodies.
enum MemoryTuning {
    /// Keeps buffers of up to 4 MiB in the heap, and up to 16 MiB of free heap with the process.
    ///
    /// By default each body of a megabyte is mapped and unmapped, and touching its fresh pages took a fifth of the CPU of the benchmark's `chat-1m`.
    static func apply() {
        gatehouse_tune_allocator(4 << 20, 16 << 20)
    }
}
