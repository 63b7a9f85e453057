// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// A hash that is the same in every process: for ids and pseudo-random choices, not for security.
struct StableHash {
    private var low: UInt64 = 0x9E37_79B9_7F4A_7C15
    private var high: UInt64 = 0xD1B5_4A32_D192_ED03
    private var count: UInt64 = 0

    mutating func combine(_ bytes: UnsafeRawBufferPointer) {
        var index = 0
        while index &+ 16 <= bytes.count {
            // Both loads lie inside the buffer by the condition above.
            mix(
                bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self).littleEndian,
                bytes.loadUnaligned(fromByteOffset: index &+ 8, as: UInt64.self).littleEndian
            )
            index &+= 16
        }
        var tail: (UInt64, UInt64) = (0, 0)
        var position: UInt64 = 0
        while index < bytes.count {
            if position < 8 {
                tail.0 |= UInt64(bytes[index]) << (position &* 8)
            } else {
                tail.1 |= UInt64(bytes[index]) << ((position &- 8) &* 8)
            }
            position &+= 1
            index &+= 1
        }
        mix(tail.0, tail.1)
        count &+= UInt64(bytes.count)
    }

    mutating func combine(_ text: String) {
        var text = text
        text.withUTF8 { combine(UnsafeRawBufferPointer($0)) }
    }

    private mutating func mix(_ first: UInt64, _ second: UInt64) {
        let product = (first ^ low).multipliedFullWidth(by: second ^ high ^ 0xA076_1D64_78BD_642F)
        low = (low ^ product.high) &* 0x9FB2_1C65_1E98_DF25
        high = (high &+ product.low) ^ (low >> 29)
    }

    var value: UInt64 {
        var generator = StableGenerator(seed: low ^ high &* 0xFF51_AFD7_ED55_8CCD ^ count)
        return generator.next()
    }

    static func of(_ text: String) -> UInt64 {
        var hash = StableHash()
        hash.combine(text)
        return hash.value
    }
}

/// Pseudo-random numbers that depend on the seed alone.
struct StableGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
