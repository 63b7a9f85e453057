// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import NIOCore
package import NIOHTTP1

/// Writes the heads of HTTP/1.1 messages.
package enum HTTP1HeadWriter {
    /// Writes a response head up to and including the empty line.
    ///
    /// `framing` holds the lines that frame the body and close the connection, as they stand.
    package static func writeResponse(
        status: Int,
        headers: HTTPHeaders,
        framing: StaticString,
        contentLength: Int?,
        into buffer: inout ByteBuffer
    ) {
        switch status {
        case 200: buffer.writeStaticString("HTTP/1.1 200 OK\r\n")
        default:
            buffer.writeStaticString("HTTP/1.1 ")
            buffer.writeDecimal(status)
            buffer.writeStaticString(" ")
            buffer.writeString(HTTPResponseStatus(statusCode: status).reasonPhrase)
            buffer.writeStaticString("\r\n")
        }
        for (name, value) in headers {
            buffer.writeField(name, value)
        }
        if let contentLength {
            buffer.writeStaticString("content-length: ")
            buffer.writeDecimal(contentLength)
            buffer.writeStaticString("\r\n")
        }
        buffer.writeStaticString(framing)
        buffer.writeStaticString("\r\n")
    }
}

extension ByteBuffer {
    /// Writes a header line.
    ///
    /// Control characters become spaces: no value can end its line and begin another.
    package mutating func writeField(_ name: String, _ value: String) {
        writeString(name)
        writeStaticString(": ")
        if value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) {
            writeString(value)
        } else {
            writeBytes(value.utf8.map { $0 >= 0x20 && $0 != 0x7F ? $0 : 0x20 })
        }
        writeStaticString("\r\n")
    }

    /// Writes a number in decimal digits without making a string.
    package mutating func writeDecimal(_ number: Int) {
        guard number >= 10 else {
            if number < 0 { writeString(String(number)) } else { writeInteger(UInt8(0x30 + number)) }
            return
        }
        withUnsafeTemporaryAllocation(byteCount: 20, alignment: 1) { scratch in
            var rest = number
            var index = 20
            while rest > 0 {
                index -= 1
                scratch[index] = UInt8(0x30 + rest % 10)
                rest /= 10
            }
            _ = writeBytes(UnsafeRawBufferPointer(rebasing: scratch[index..<20]))
        }
    }

    /// Writes a number in lower-case hexadecimal digits, as chunk sizes are.
    package mutating func writeHexadecimal(_ number: Int) {
        var shift = (Int.bitWidth - max(number, 1).leadingZeroBitCount - 1) & ~3
        while shift >= 0 {
            let digit = UInt8(truncatingIfNeeded: number >> shift) & 0xF
            writeInteger(digit < 10 ? 0x30 + digit : 0x61 + digit - 10)
            shift -= 4
        }
    }
}
