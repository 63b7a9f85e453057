// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayJSON

/// A checksum of bytes that may come in pieces: FNV-1a with 64 bits, the same after a restart and on every machine.
///
/// It keeps names apart and shows that a text changed by accident; it protects from nobody. Constants: draft-eastlake-fnv (2026-11).
package struct FNV1a: Sendable {
    package private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    package init() {}

    /// The checksum of a text's UTF-8.
    package init(_ text: String) {
        add(text)
    }

    /// The checksum in base 36: at most 13 letters and digits.
    package var text: JSONString { JSONString(String(value, radix: 36)) }

    package mutating func add(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }

    /// Adds a text's UTF-8.
    package mutating func add(_ text: String) { for byte in text.utf8 { add(byte) } }

    /// Adds a text's UTF-8, however it is spelled in its document.
    package mutating func add(_ text: JSONString) {
        let isDone = text.withBytes { bytes, isEscaped in
            if isEscaped, bytes.contains(UInt8(ascii: "\\")) { return false }
            for byte in bytes { add(byte) }
            return true
        }
        if !isDone { add(text.string) }
    }
}
