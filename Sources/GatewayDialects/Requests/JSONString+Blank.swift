// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

extension JSONString {
    /// Whether there is nothing but ASCII whitespace.
    var isBlank: Bool {
        withBytes { bytes, isEscaped in
            var index = 0
            while index < bytes.count {
                let byte = bytes[index]
                if isEscaped, byte == UInt8(ascii: "\\"), index &+ 1 < bytes.count {
                    let escaped = bytes[index &+ 1]
                    guard escaped == UInt8(ascii: "n") || escaped == UInt8(ascii: "r") || escaped == UInt8(ascii: "t")
                    else { return false }
                    index &+= 2
                } else {
                    guard byte == 0x20 || byte &- 0x09 < 5 else { return false }
                    index &+= 1
                }
            }
            return true
        }
    }
}
