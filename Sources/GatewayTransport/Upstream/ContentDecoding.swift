// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore
import NIOHTTP1

/// Decodes the body of a response that is compressed although the gateway asked for `identity`: in pieces, as they come.
///
/// Some upstreams, and proxies before them, compress anyway. What a few bytes may become is bounded: in all, and in proportion to what came.
final class ContentDecoding {
    /// Why a body cannot be decoded.
    struct Failure: Error {
        var reason: String
    }

    /// The largest piece that is decoded at once, in bytes.
    static let pieceBytes = 64 << 10
    /// The largest body, decoded, in bytes.
    static let maximumBytes = 256 << 20
    /// Up to here the proportion does not matter, in bytes.
    static let freeBytes = 1 << 20
    /// How many times as large as the compressed body the decoded one may be; JSON and events of models are under 30.
    static let maximumRatio = 100
    /// After how many decoded bytes other tasks of the event loop have their turn.
    private static let turnBytes = 1 << 20

    private var decoder: (any ContentDecoder)?
    private let coding: String
    private var input = 0
    private var output = 0
    private var sinceTurn = 0

    /// A decoding of a body; `coding` is the value of `content-encoding`.
    init(_ coding: String) {
        self.coding = coding
    }

    /// Whether other tasks should run before the next piece is decoded.
    var yieldsFirst: Bool {
        guard sinceTurn >= Self.turnBytes else { return false }
        sinceTurn = 0
        return true
    }

    /// Whether all of the body has been decoded.
    var isComplete: Bool { decoder?.isComplete ?? false }

    /// Takes compressed bytes and gives a piece of what they are; no bytes where more are needed.
    func decode(_ bytes: inout ByteBuffer) throws(Failure) -> ByteBuffer {
        let before = bytes.readableBytes
        var piece = ByteBuffer()
        do throws(ContentDecodingError) {
            if decoder == nil {
                guard let first = bytes.readableBytesView.first else { return ByteBuffer() }
                guard let coding = ContentCoding(coding) else {
                    throw .unavailable("The gateway supports only gzip, deflate and zstd.")
                }
                decoder = try coding.decoder(first: first)
            }
            guard let decoder else { return ByteBuffer() }
            piece = try decoder.decode(&bytes, limit: Self.pieceBytes)
            // Bytes that follow the end of the data are nothing to an upstream's client.
            if decoder.isComplete, piece.readableBytes == 0, bytes.readableBytes == before { bytes.clear() }
        } catch {
            throw error.failure
        }
        input += before - bytes.readableBytes
        output += piece.readableBytes
        sinceTurn += piece.readableBytes
        guard output <= Self.maximumBytes else { throw Failure(reason: "Its decompressed size is too large.") }
        guard output <= Self.freeBytes || output <= input * Self.maximumRatio else {
            throw Failure(reason: "Its decompressed size is too many times its compressed size.")
        }
        return piece
    }

    /// Makes sure that the body is not cut off; an empty one is whole.
    func checkEnd() throws(Failure) {
        guard decoder?.isComplete ?? true else { throw Failure(reason: "It ends early.") }
    }
}

extension ContentDecodingError {
    fileprivate var failure: ContentDecoding.Failure {
        switch self {
        case .unavailable(let reason): ContentDecoding.Failure(reason: reason)
        default: ContentDecoding.Failure(reason: "It is damaged.")
        }
    }
}

extension UpstreamHead {
    /// What the body is compressed with, in lower case; nil for nothing.
    var contentCoding: String? {
        // Most answers have no such field, and a comparison of lengths is all that finds that out.
        for (name, value) in headers where name.utf8.count == 16 && name.lowercased() == "content-encoding" {
            let coding = value.lowercased().filter { $0 != " " && $0 != "\t" }
            return coding.isEmpty || coding == "identity" ? nil : coding
        }
        return nil
    }
}
