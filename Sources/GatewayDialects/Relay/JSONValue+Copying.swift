// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore

extension JSONValue {
    /// A value cut out of bytes that are not checked yet; nil if they are not JSON.
    init?(copying bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        let buffer = ByteBuffer(bytes: UnsafeRawBufferPointer(rebasing: bytes[range]))
        guard let value = try? JSONValue(validating: buffer) else { return nil }
        self = value
    }
}

extension ByteBuffer {
    /// Writes a number in decimal digits, without a string.
    mutating func writeDecimal(_ number: Int) {
        writeWithUnsafeMutableBytes(minimumWritableBytes: 20) { bytes in
            var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
            return withUnsafeMutableBytes(of: &digits) { digits in
                var rest = number.magnitude
                var start = digits.count
                repeat {
                    let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
                    start &-= 1
                    digits[start] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: digit)
                    rest = quotient
                } while rest > 0
                if number < 0 {
                    start &-= 1
                    digits[start] = UInt8(ascii: "-")
                }
                let count = digits.count &- start
                bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: digits[start...]))
                return count
            }
        }
    }
}
