// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore

/// A buffer with the text readable in the middle of other bytes, so that indices into it start at neither 0 nor the end.
func document(_ text: String) -> ByteBuffer {
    document(Array(text.utf8))
}

/// A buffer with the bytes readable in the middle of other bytes that would continue the JSON.
func document(_ bytes: [UInt8]) -> ByteBuffer {
    var buffer = ByteBuffer(string: "[[[")
    buffer.writeBytes(bytes)
    let end = buffer.writerIndex
    buffer.writeString("\"]]]]]]]]]]]]]]]]]]]]")
    buffer.moveReaderIndex(to: 3)
    buffer.moveWriterIndex(to: end)
    return buffer
}

/// The validated document.
func json(_ text: String) throws -> JSONValue {
    try JSONValue(validating: document(text))
}

extension ByteBuffer {
    /// The readable bytes as text.
    var text: String { String(buffer: self) }
}

/// A small generator of reproducible random numbers.
struct SplitMix: RandomNumberGenerator {
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
