// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Synchronization

/// Tells whether something has changed: two values that carry the same edition are copies of one, and nothing was done to either since.
///
/// So what is derived of a large value can be kept as long as its edition stays, and nobody has to compare the value. Different editions may still be equal values.
package struct Edition: Sendable, Hashable {
    private static let last = Atomic<UInt64>(0)
    private let number: UInt64

    /// One that nothing else has.
    package init() {
        number = Self.last.wrappingAdd(1, ordering: .relaxed).newValue
    }
}

/// A value with the edition that it has.
package struct Tracked<Value: Sendable>: Sendable {
    package let value: Value
    /// The same in all copies of this one.
    package let edition = Edition()

    package init(_ value: Value) {
        self.value = value
    }
}
