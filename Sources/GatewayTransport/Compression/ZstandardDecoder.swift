// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import NIOCore

/// Reads Zstandard (RFC 8878).
final class ZstandardDecoder: ContentDecoder {
    /// 8 MiB, the window that RFC 8878, 3.1.1.1.2, asks of a decoder; a frame that needs more memory is refused.
    private static let maximumWindowLog: Int32 = 23

    private let library: ZstandardLibrary
    private let context: OpaquePointer
    private var hasEnded = false
    private var holdsOutput = false

    init() throws(ContentDecodingError) {
        guard let library = ZstandardLibrary.shared else {
            throw ContentDecodingError.unavailable("It is zstd, but this machine has no libzstd.")
        }
        guard let context = library.makeContext() else {
            throw ContentDecodingError.unavailable("There is no memory to decompress it.")
        }
        _ = library.setParameter(context, ZstandardLibrary.windowLogMaximum, Self.maximumWindowLog)
        self.library = library
        self.context = context
    }

    deinit {
        _ = library.freeContext(context)
    }

    var isComplete: Bool { hasEnded }

    func decode(_ input: inout ByteBuffer, limit: Int) throws(ContentDecodingError) -> ByteBuffer {
        guard input.readableBytes > 0 || holdsOutput else { return ByteBuffer() }
        var output = ByteBuffer()
        var status = 0
        output.writeWithUnsafeMutableBytes(minimumWritableBytes: limit) { target in
            let (taken, given) = input.withUnsafeReadableBytes { source in
                var from = ZstandardLibrary.Input(source: source.baseAddress, size: source.count, position: 0)
                var to = ZstandardLibrary.Output(
                    target: target.baseAddress,
                    size: min(limit, target.count),
                    position: 0
                )
                status = library.decompress(context, &to, &from)
                return (from.position, to.position)
            }
            input.moveReaderIndex(forwardBy: taken)
            return given
        }
        guard library.isError(status) == 0 else {
            throw library.errorCode(status) == ZstandardLibrary.windowTooLarge ? .windowTooLarge : .damaged
        }
        // 0: a frame has ended, and another one may follow.
        hasEnded = status == 0
        holdsOutput = !hasEnded && output.readableBytes == limit
        return output
    }
}
