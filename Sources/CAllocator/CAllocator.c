// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

#include "CAllocator.h"

#if defined(__GLIBC__) || defined(__linux__)
#include <malloc.h>
#endif

// Of the Swift runtime (RuntimeFunctions.def): what compiled asynchronous functions call for their frames, in the order of a stack.
extern void *swift_task_alloc(size_t size);
extern void swift_task_dealloc(void *memory);

void gatehouse_reserve_task_memory(size_t bytes) { swift_task_dealloc(swift_task_alloc(bytes)); }

void gatehouse_return_memory(void) {
#if defined(__GLIBC__)
    malloc_trim(0);
#endif
}

void gatehouse_tune_allocator(int map_threshold, int trim_threshold, int arenas) {
#if defined(__GLIBC__)
    mallopt(M_MMAP_THRESHOLD, map_threshold);
    mallopt(M_TRIM_THRESHOLD, trim_threshold);
    mallopt(M_ARENA_MAX, arenas);
#else
    (void)map_threshold;
    (void)trim_threshold;
    (void)arenas;
#endif
}
