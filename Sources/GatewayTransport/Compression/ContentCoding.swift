// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import NIOCore

/// A compression format of HTTP bodies that the gateway reads.
enum ContentCoding: CaseIterable {
    case gzip
    case deflate
    case zstd

    /// The coding that a `content-encoding` names; nil for one that is not supported.
    init?(_ name: some StringProtocol) {
        switch name.lowercased() {
        case "gzip", "x-gzip": self = .gzip
        case "deflate": self = .deflate
        case "zstd": self = .zstd
        default: return nil
        }
    }

    /// What is supported, as `accept-encoding` lists it.
    static let names = "gzip, deflate, zstd"

    /// A decoder of a body that begins with a byte.
    func decoder(first: UInt8) throws(ContentDecodingError) -> any ContentDecoder {
        switch self {
        case .gzip: try InflateDecoder(.gzip)
        // RFC 9110 means the zlib format by it, but some send the bare one. A zlib header's first byte is 8 in its lower half, and 7 at most in its upper.
        case .deflate: try InflateDecoder(first & 0x8F == 0x08 ? .zlib : .bare)
        case .zstd: try ZstandardDecoder()
        }
    }
}

/// Why a body cannot be decoded.
enum ContentDecodingError: Error {
    /// It is not what its format allows.
    case damaged
    /// A frame of zstd needs more memory than a decoder must have.
    case windowTooLarge
    /// It is cut off.
    case endsEarly
    /// Something comes after its end.
    case trailingBytes
    /// It is larger than so many bytes.
    case tooLarge(Int)
    /// The machine lacks the library or the memory.
    case unavailable(String)
}

/// One compressed body, read in pieces.
protocol ContentDecoder: AnyObject {
    /// Whether the compressed data have come to an end, and everything has been given out.
    var isComplete: Bool { get }

    /// Takes bytes and gives at most `limit` decoded ones; takes no more than these need, and nothing that follows the end of the compressed data.
    func decode(_ input: inout ByteBuffer, limit: Int) throws(ContentDecodingError) -> ByteBuffer
}
