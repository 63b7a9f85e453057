// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// Finds the end of a JSON object that comes in pieces; it does not check the object.
struct ObjectEnd {
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    /// Whether the object is whole.
    private(set) var isReached = false

    mutating func consume(_ text: JSONString) {
        var state = self
        text.forEachDecodedPiece { piece in for byte in piece { state.consume(byte) } }
        self = state
    }

    private mutating func consume(_ byte: UInt8) {
        if isInString {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isInString = false
            }
            return
        }
        switch byte {
        case UInt8(ascii: "\""): isInString = true
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            depth -= 1
            if depth <= 0 { isReached = true }
        default: break
        }
    }
}
