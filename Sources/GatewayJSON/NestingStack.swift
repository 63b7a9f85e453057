// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Which of the open containers are objects: one bit each, without allocation for the innermost 64.
struct NestingStack {
    private(set) var count = 0
    private var innermost: UInt64 = 0
    private var outer: [UInt64] = []

    @inline(__always)
    var isEmpty: Bool { count == 0 }

    /// Whether the innermost open container is an object.
    @inline(__always)
    var isObject: Bool { innermost & 1 == 1 }

    @inline(__always)
    mutating func push(isObject: Bool) {
        if count & 63 == 0, count > 0 { outer.append(innermost) }
        innermost = innermost << 1 | (isObject ? 1 : 0)
        count &+= 1
    }

    /// Closes the innermost container; there must be one.
    @inline(__always)
    mutating func pop() {
        count &-= 1
        innermost >>= 1
        if count & 63 == 0, let last = outer.popLast() { innermost = last }
    }
}
