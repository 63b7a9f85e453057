// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import NIOCore
import NIOHTTP1

/// Decodes the body of a request that its client has compressed, in turns of bounded work.
///
/// What the body becomes is bounded while it is decoded. No I/O.
package struct RequestDecoding {
    /// The most bytes that are decoded in one turn: a millisecond or two.
    package static let turnBytes = 512 << 10
    /// The most bytes that are decoded at once.
    private static let pieceBytes = 64 << 10

    private let coding: ContentCoding
    private let maximumBytes: Int
    private var compressed: ByteBuffer
    private var decoder: (any ContentDecoder)?
    private var decoded = ByteBuffer()

    /// The decoding that a request's headers ask for.
    ///
    /// - Returns: nil for a body that is not compressed.
    /// - Throws: ``GatewayError/Code/unsupportedMediaType``.
    static func coding(of headers: HTTPHeaders) throws(GatewayError) -> ContentCoding? {
        guard headers.contains(name: "content-encoding") else { return nil }
        let names = headers[canonicalForm: "content-encoding"].filter { !$0.isEmpty && $0.lowercased() != "identity" }
        guard let name = names.first else { return nil }
        var error = GatewayError(
            .unsupportedMediaType,
            "The Content-Encoding is not supported. Send the body with one of \(ContentCoding.names), or without Content-Encoding."
        )
        error.acceptEncoding = ContentCoding.names
        guard names.count == 1, let coding = ContentCoding(name) else { throw error }
        return coding
    }

    init(_ coding: ContentCoding, of compressed: ByteBuffer, maximumBytes: Int) {
        self.coding = coding
        self.compressed = compressed
        self.maximumBytes = maximumBytes
    }

    /// Makes one by the name of the coding; nil for one that is not supported.
    package init?(_ name: String, of compressed: ByteBuffer, maximumBytes: Int) {
        guard let coding = ContentCoding(name) else { return nil }
        self.init(coding, of: compressed, maximumBytes: maximumBytes)
    }

    /// What is worked on, in bytes: what is still compressed and what has been decoded.
    package var workBytes: Int { compressed.readableBytes + decoded.readableBytes }

    /// How much has been decoded, in bytes.
    package var decodedBytes: Int { decoded.readableBytes }

    /// Decodes some more.
    ///
    /// - Returns: The body if that was the rest of it; nil if there is more to do.
    /// - Throws: ``GatewayError/Code/payloadTooLarge``, ``GatewayError/Code/invalidRequest``, and ``GatewayError/Code/unsupportedMediaType`` where the machine lacks the
    ///   library.
    package mutating func turn() throws(GatewayError) -> ByteBuffer? {
        do throws(ContentDecodingError) {
            return try decodeSome()
        } catch {
            throw Self.refusal(error)
        }
    }

    private mutating func decodeSome() throws(ContentDecodingError) -> ByteBuffer? {
        if decoder == nil, let first = compressed.readableBytesView.first { decoder = try coding.decoder(first: first) }
        guard let decoder else { return compressed }
        let enough = decoded.readableBytes + Self.turnBytes
        while decoded.readableBytes < enough {
            let before = compressed.readableBytes
            var piece = try decoder.decode(
                &compressed,
                limit: min(Self.pieceBytes, maximumBytes - decoded.readableBytes + 1)
            )
            let hasStopped = piece.readableBytes == 0 && compressed.readableBytes == before
            if decoded.readableBytes == 0 { decoded = piece } else { decoded.writeBuffer(&piece) }
            guard decoded.readableBytes <= maximumBytes else { throw .tooLarge(maximumBytes) }
            if decoder.isComplete, compressed.readableBytes == 0 { return decoded }
            if hasStopped { throw decoder.isComplete ? .trailingBytes : .endsEarly }
        }
        return nil
    }

    private static func refusal(_ error: ContentDecodingError) -> GatewayError {
        switch error {
        case .damaged: GatewayError(.invalidRequest, "The compressed request body is damaged.")
        case .endsEarly: GatewayError(.invalidRequest, "The compressed request body ends early.")
        case .trailingBytes:
            GatewayError(
                .invalidRequest,
                "The compressed request body is followed by something else. Send nothing after it."
            )
        case .windowTooLarge:
            GatewayError(
                .invalidRequest,
                "The compressed request body needs a window of more than 8 MiB. Compress it at a lower level."
            )
        case .tooLarge(let maximum): .bodyTooLarge(maximum)
        case .unavailable(let reason):
            GatewayError(.unsupportedMediaType, "The request body cannot be decompressed. \(reason)")
        }
    }
}

extension GatewayError {
    /// A request body beyond the listener's bound, in bytes.
    static func bodyTooLarge(_ maximumBytes: Int) -> GatewayError {
        GatewayError(
            .payloadTooLarge,
            "The request body is larger than \(maximumBytes) bytes. Send less, or raise `server.max_body_bytes`."
        )
    }
}
