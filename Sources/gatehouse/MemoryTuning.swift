// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import CAllocator
import NIOCore

/// How the C library's allocator treats large request bodies.
enum MemoryTuning {
    /// Keeps buffers of up to 4 MiB in the heap, up to 12 MiB of free heap with the process, and as many heaps as there are event loops.
    ///
    /// By default each body of a megabyte is mapped and unmapped, and touching its fresh pages took a fifth of the CPU of the benchmark's `chat-1m`. By default there are
    /// eight heaps per processor, each with its own free memory.
    static func apply() {
        gatehouse_tune_allocator(4 << 20, 12 << 20, CInt(System.coreCount))
    }
}
