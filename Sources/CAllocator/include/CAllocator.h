// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

#ifndef GATEHOUSE_C_ALLOCATOR_H
#define GATEHOUSE_C_ALLOCATOR_H

#include <stddef.h>

// Tunes the C library's allocator, where it is glibc's; Swift's Glibc module leaves <malloc.h> out.
//
// Allocations from `map_threshold` bytes on are mapped by themselves; up to `trim_threshold` bytes of free heap stay with the process.
// Threads share at most `arenas` heaps.
void gatehouse_tune_allocator(int map_threshold, int trim_threshold, int arenas);

// Gives memory that is free, wherever it is in the heaps, back to the system. Takes milliseconds, in which other threads may wait for memory.
void gatehouse_return_memory(void);

// Makes the Swift task that runs on this thread keep `bytes` of memory for the functions that it is going to call.
//
// Called from asynchronous code only.
void gatehouse_reserve_task_memory(size_t bytes);

#endif
