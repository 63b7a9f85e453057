// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import NIOCore

extension ByteBuffer {
    /// Whether the word JSON appears, in upper or lower case.
    var speaksOfJSON: Bool {
        withUnsafeReadableBytes { bytes in
            guard bytes.count >= 4 else { return false }
            for index in 0...bytes.count - 4
            where bytes[index] | 0x20 == UInt8(ascii: "j") && bytes[index + 1] | 0x20 == UInt8(ascii: "s")
                && bytes[index + 2] | 0x20 == UInt8(ascii: "o") && bytes[index + 3] | 0x20 == UInt8(ascii: "n")
            {
                return true
            }
            return false
        }
    }
}
