// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import CZlib
import NIOCore

/// A body in a zlib format, by `windowBits` of `deflateInit2`.
func deflated(_ bytes: ByteBuffer, windowBits: Int32) -> ByteBuffer {
    var stream = z_stream()
    deflateInit2_(&stream, 9, Z_DEFLATED, windowBits, 8, 0, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    var output = ByteBuffer()
    output.writeWithUnsafeMutableBytes(minimumWritableBytes: bytes.readableBytes + 1024) { target in
        bytes.withUnsafeReadableBytes { source in
            stream.next_in = UnsafeMutablePointer(mutating: source.bindMemory(to: UInt8.self).baseAddress)
            stream.avail_in = UInt32(source.count)
            stream.next_out = target.bindMemory(to: UInt8.self).baseAddress
            stream.avail_out = UInt32(target.count)
            _ = deflate(&stream, Z_FINISH)
            return target.count - Int(stream.avail_out)
        }
    }
    deflateEnd(&stream)
    return output
}
