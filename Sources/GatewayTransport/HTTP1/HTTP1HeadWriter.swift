// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
package import NIOCore
package import NIOHTTP1

/// Writes the heads of HTTP/1.1 messages.
package enum HTTP1HeadWriter {
    /// What a head has beside its fields: the first line of a response, a length, the empty line.
    private static let bytesBesideFields = 128

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
        let reason = status == 200 ? "OK" : HTTPResponseStatus(statusCode: status).reasonPhrase
        var size = bytesBesideFields + reason.utf8.count + framing.utf8CodeUnitCount
        for (name, value) in headers { size += name.utf8.count + value.utf8.count + 4 }
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { memory in
            var output = RawOutput(memory)
            output.write("HTTP/1.1 ")
            output.writeDecimal(status)
            output.write(" ")
            output.write(reason)
            output.write("\r\n")
            for (name, value) in headers { output.writeField(name, value) }
            if let contentLength { output.writeLength(contentLength) }
            output.write(framing)
            output.write("\r\n")
            return output.count
        }
    }

    /// Writes a request head up to and including the empty line.
    ///
    /// `fixedLines` are whole lines, as they stand.
    package static func writeRequest(
        method: HTTPMethod,
        target: String,
        fixedLines: ByteBuffer,
        headers: [(name: String, value: String)],
        contentLength: Int,
        into buffer: inout ByteBuffer
    ) {
        let method = method.rawValue
        var size = bytesBesideFields + method.utf8.count + target.utf8.count + fixedLines.readableBytes
        for (name, value) in headers { size += name.utf8.count + value.utf8.count + 4 }
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { memory in
            var output = RawOutput(memory)
            output.write(method)
            output.write(" ")
            output.write(target)
            output.write(" HTTP/1.1\r\n")
            fixedLines.withUnsafeReadableBytes { output.write($0) }
            for (name, value) in headers { output.writeField(name, value) }
            output.writeLength(contentLength)
            output.write("\r\n")
            return output.count
        }
    }
}

extension RawOutput {
    /// Writes a header line.
    ///
    /// Control characters become spaces: no value can end its line and begin another.
    fileprivate mutating func writeField(_ name: String, _ value: String) {
        write(name)
        write(": ")
        let start = count
        write(value)
        blankControlCharacters(since: start)
        write("\r\n")
    }

    fileprivate mutating func writeLength(_ length: Int) {
        write("content-length: ")
        writeDecimal(length)
        write("\r\n")
    }
}

extension ByteBuffer {
    /// Writes a chunk of a body: its size, its bytes and the line end behind them.
    package mutating func writeChunk(_ bytes: ByteBuffer) {
        writeWithUnsafeMutableBytes(minimumWritableBytes: bytes.readableBytes + 20) { memory in
            var output = RawOutput(memory)
            output.writeHexadecimal(bytes.readableBytes)
            output.write("\r\n")
            bytes.withUnsafeReadableBytes { output.write($0) }
            output.write("\r\n")
            return output.count
        }
    }

    /// Writes the line before the bytes of a chunk.
    package mutating func writeChunkSize(_ size: Int) {
        writeWithUnsafeMutableBytes(minimumWritableBytes: 18) { memory in
            var output = RawOutput(memory)
            output.writeHexadecimal(size)
            output.write("\r\n")
            return output.count
        }
    }
}
