// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Synchronization

/// Makes the ids of requests: UUIDs that never repeat, without asking the system for randomness each time.
///
/// A counter is mixed with two random keys of the process (the finalizer of SplitMix64), so ids are unique within it and unpredictable enough; they are no secrets.
package final class RequestIDs: Sendable {
    private let counter: Atomic<UInt64>
    private let keys: (UInt64, UInt64)

    package init() {
        counter = Atomic(UInt64.random(in: .min ... .max))
        keys = (UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max))
    }

    /// A new id, and random bits that belong to it.
    package func next() -> (text: String, random: UInt64) {
        let count = counter.wrappingAdd(0x9E37_79B9_7F4A_7C15, ordering: .relaxed).newValue
        let high = Self.mix(count ^ keys.0)
        let low = Self.mix(count &+ keys.1)
        return (Self.uuid(high, low), high ^ low)
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var value = value
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    /// The text of a version 4 UUID with these bits.
    private static func uuid(_ high: UInt64, _ low: UInt64) -> String {
        let high = high & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let low = low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        return String(unsafeUninitializedCapacity: 36) { text in
            var position = 0
            for index in 0..<32 {
                if index == 8 || index == 12 || index == 16 || index == 20 {
                    text[position] = UInt8(ascii: "-")
                    position += 1
                }
                let word = index < 16 ? high : low
                let digit = UInt8(truncatingIfNeeded: word >> UInt64((15 - index % 16) * 4)) & 0xF
                text[position] = digit < 10 ? 0x30 + digit : 0x61 + digit - 10
                position += 1
            }
            return 36
        }
    }
}
