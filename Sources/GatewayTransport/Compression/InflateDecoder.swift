// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import CZlib
import NIOCore

/// Reads gzip (RFC 1952), zlib (RFC 1950) and bare deflate (RFC 1951).
final class InflateDecoder: ContentDecoder {
    enum Format {
        case gzip
        case zlib
        case bare

        /// What zlib's `inflateInit2` takes for it.
        fileprivate var windowBits: Int32 {
            switch self {
            case .gzip: 15 + 16
            case .zlib: 15
            case .bare: -15
            }
        }
    }

    private let format: Format
    // zlib keeps pointers to it.
    private let stream: UnsafeMutablePointer<z_stream>
    private var hasEnded = false
    /// Whether decoded bytes may still be in zlib.
    private var holdsOutput = false

    init(_ format: Format) throws(ContentDecodingError) {
        self.format = format
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let status = inflateInit2_(
            stream,
            format.windowBits,
            ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size)
        )
        guard status == Z_OK else { throw ContentDecodingError.unavailable("There is no memory to decompress it.") }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    var isComplete: Bool { hasEnded }

    func decode(_ input: inout ByteBuffer, limit: Int) throws(ContentDecodingError) -> ByteBuffer {
        if hasEnded, let next = input.readableBytesView.first {
            // A gzip file may have several members; what else comes after the end is not part of it.
            guard format == .gzip, next == 0x1F else { return ByteBuffer() }
            hasEnded = inflateReset(stream) != Z_OK
        }
        guard !hasEnded, input.readableBytes > 0 || holdsOutput else { return ByteBuffer() }
        var output = ByteBuffer()
        var status = Z_OK
        output.writeWithUnsafeMutableBytes(minimumWritableBytes: limit) { target in
            let (taken, given) = input.withUnsafeReadableBytes { source in
                let size = min(limit, target.count)
                // zlib reads only, whatever its types say.
                stream.pointee.next_in = UnsafeMutablePointer(
                    mutating: source.bindMemory(to: UInt8.self).baseAddress
                )
                stream.pointee.avail_in = UInt32(clamping: source.count)
                stream.pointee.next_out = target.bindMemory(to: UInt8.self).baseAddress
                stream.pointee.avail_out = UInt32(clamping: size)
                status = inflate(stream, Z_NO_FLUSH)
                return (
                    min(source.count, Int(UInt32.max)) - Int(stream.pointee.avail_in),
                    size - Int(stream.pointee.avail_out)
                )
            }
            input.moveReaderIndex(forwardBy: taken)
            return given
        }
        switch status {
        case Z_STREAM_END: hasEnded = true
        // Nothing to do is no error: more bytes are needed.
        case Z_OK, Z_BUF_ERROR: break
        default: throw ContentDecodingError.damaged
        }
        holdsOutput = !hasEnded && stream.pointee.avail_out == 0
        return output
    }
}
