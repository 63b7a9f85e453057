// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// The checksum of event streams, gzip and PNG: CRC-32 of ISO 3309, bits reflected.
package struct CRC32: Sendable {
    /// The contribution of each byte value, in the order of the polynomial 0xEDB88320.
    private static let table: [UInt32] = (0..<256).map { index in
        var value = UInt32(index)
        for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
        return value
    }

    private var state: UInt32 = 0xFFFF_FFFF

    package init() {}

    /// The checksum of the bytes so far.
    package var value: UInt32 { ~state }

    /// Takes the next bytes.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        var state = state
        Self.table.withUnsafeBufferPointer { table in
            for byte in bytes { state = table[Int((state ^ UInt32(byte)) & 0xFF)] ^ state >> 8 }
        }
        self.state = state
    }
}
