// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayCore
import GatewayTransport
import NIOCore
import NIOHTTP1
import Testing

private let text = #"{"model": "m", "messages": ["# + String(repeating: "hello, ", count: 200) + "]}"

/// `text` of UpstreamEncodingTests: what `zstd -19` makes of 280 bytes.
private let zstandard = "KLUv/QRotQAAeGRhdGE6IHsibiI6MX0KCgEAGqLOOpTNY64="

/// The body that a compressed one becomes.
private func decoded(_ coding: String, _ bytes: ByteBuffer, maximumBytes: Int = 1 << 20) throws -> ByteBuffer {
    var decoding = try #require(RequestDecoding(coding, of: bytes, maximumBytes: maximumBytes))
    while true {
        if let body = try decoding.turn() { return body }
    }
}

@Suite("Request bodies that are compressed")
struct RequestDecodingTests {
    @Test(
        "Every coding is decoded, by any spelling of its name",
        arguments: [("gzip", 31), ("x-gzip", 31), ("GZip", 31), ("deflate", 15), ("deflate", -15)] as [(String, Int32)]
    )
    func codings(coding: String, windowBits: Int32) throws {
        #expect(try String(buffer: decoded(coding, deflated(ByteBuffer(string: text), windowBits: windowBits))) == text)
    }

    @Test("zstd is decoded, in one frame or in several")
    func zstandardFrames() throws {
        let frame = try #require(Data(base64Encoded: zstandard))
        let plain = String(repeating: "data: {\"n\":1}\n\n", count: 20)
        #expect(try String(buffer: decoded("zstd", ByteBuffer(bytes: frame))) == plain)
        #expect(try String(buffer: decoded("zstd", ByteBuffer(bytes: frame + frame))) == plain + plain)
    }

    @Test("A body that is cut anywhere is refused")
    func everyCut() throws {
        let gzip = deflated(ByteBuffer(string: text), windowBits: 31)
        let frame = ByteBuffer(bytes: try #require(Data(base64Encoded: zstandard)))
        for (coding, whole) in [("gzip", gzip), ("zstd", frame)] {
            for count in 1..<whole.readableBytes {
                let cut = try #require(whole.getSlice(at: 0, length: count))
                let error = #expect(throws: GatewayError.self) { try decoded(coding, cut) }
                #expect(error?.status == 400 && error?.message.contains("ends early") == true, "\(coding) \(count)")
            }
        }
    }

    @Test("What follows the end of the data is refused", arguments: ["gzip", "deflate", "zstd"])
    func trailing(coding: String) throws {
        var body =
            coding == "zstd"
            ? ByteBuffer(bytes: try #require(Data(base64Encoded: zstandard)))
            : deflated(ByteBuffer(string: text), windowBits: coding == "gzip" ? 31 : 15)
        body.writeString("{}{}{}")
        let error = #expect(throws: GatewayError.self) { try decoded(coding, body) }
        #expect(error?.status == 400)
    }

    @Test("Bytes that are not of the coding are refused", arguments: ["gzip", "deflate", "zstd"])
    func damaged(coding: String) {
        let error = #expect(throws: GatewayError.self) { try decoded(coding, ByteBuffer(string: text)) }
        #expect(error?.status == 400)
    }

    @Test("A bomb is refused as soon as it is larger than the bound, and its turns are bounded")
    func bomb() throws {
        let bomb = deflated(ByteBuffer(repeating: 0, count: 8 << 20), windowBits: 31)
        var decoding = try #require(RequestDecoding("gzip", of: bomb, maximumBytes: 1 << 20))
        #expect(try decoding.turn() == nil)
        #expect(decoding.decodedBytes < RequestDecoding.turnBytes + (64 << 10))
        let error = #expect(throws: GatewayError.self) {
            while try decoding.turn() == nil {}
        }
        #expect(error?.code == .payloadTooLarge)
        #expect(decoding.decodedBytes <= 1 << 20 + 1)
    }

    @Test("A body of exactly the bound is taken; one more byte is too many")
    func bound() throws {
        let body = deflated(ByteBuffer(string: text), windowBits: 31)
        #expect(try decoded("gzip", body, maximumBytes: text.utf8.count).readableBytes == text.utf8.count)
        let error = #expect(throws: GatewayError.self) {
            try decoded("gzip", body, maximumBytes: text.utf8.count - 1)
        }
        #expect(error?.code == .payloadTooLarge)
    }

    @Test("Nothing at all stays nothing, so that the API says what it misses")
    func empty() throws {
        #expect(try decoded("gzip", ByteBuffer()).readableBytes == 0)
    }

    @Test("An exchange hands over the decompressed body, and counts it until the answer is out")
    func served() async throws {
        let bytes = deflated(ByteBuffer(repeating: UInt8(ascii: "x"), count: 700_000), windowBits: 31)
        // Other tests hold bytes for the caller that they share.
        let caller = CallerAccount()
        try await withListener(responder: { exchange, upstream in
            let body = try? await exchange.body(for: caller)
            exchange.send(
                status: 200,
                headers: [:],
                body: ByteBuffer(string: "got \(body?.readableBytes ?? -1), held \(caller.heldBytes)")
            )
        }) { listener, port in
            let client = try await Peer.connect(port: port)
            let length = "Content-Length: \(bytes.readableBytes)\r\n"
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\n\(length)\r\n")
            client.send(bytes)
            await client.receives("got 700000, held \(700_000)")
            await eventually("the bytes are given back") { listener.gauges.bodyBytesInFlight == 0 }
        }
    }
}
