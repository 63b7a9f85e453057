// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import CZlib
import Foundation
import GatewayCore
import GatewayTransport
import NIOCore
import Testing

private let request = "POST /chat HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
private let text = String(repeating: "data: {\"n\":1}\n\n", count: 20)

@Suite("Responses that are compressed although nobody asked", .serialized, .timeLimit(.minutes(2)))
struct UpstreamEncodingTests {
    /// `text` as `zstd -19` makes it.
    private static let zstandard = "KLUv/QRotQAAeGRhdGE6IHsibiI6MX0KCgEAGqLOOpTNY64="
    /// 8 MiB of zeros.
    private static let zstandardBomb =
        "KLUv/QRoTAAACAABAPz/ORACAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIA"
        + "EAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIA"
        + "EAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIA"
        + "EAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAADABAAD9/2YQ=="

    private static func body(_ coding: String) throws -> ByteBuffer {
        let plain = ByteBuffer(string: text)
        switch coding {
        case "gzip", "x-gzip", "GZIP": return deflated(plain, windowBits: 31)
        case "deflate": return deflated(plain, windowBits: 15)
        case "deflate, bare": return deflated(plain, windowBits: -15)
        case "gzip, two members":
            let half = plain.readableBytes / 2
            // An empty one stands before them.
            var both = deflated(ByteBuffer(), windowBits: 31)
            var first = deflated(try #require(plain.getSlice(at: 0, length: half)), windowBits: 31)
            var second = deflated(try #require(plain.getSlice(at: half, length: half)), windowBits: 31)
            both.writeBuffer(&first)
            both.writeBuffer(&second)
            return both
        default: return ByteBuffer(bytes: try #require(Data(base64Encoded: zstandard)))
        }
    }

    /// What a client gets of an answer, in the way that the upstream sends it, and what the relay noted.
    private func relayed(
        _ coding: String,
        _ body: ByteBuffer,
        status: Int = 200,
        send: (Peer, ByteBuffer) async throws -> Void
    ) async throws -> (text: String, log: [String]) {
        let upstream = try await TestUpstream()
        let relay = Relay(service: try upstream.service())
        var outcome = (text: "", log: [String]())
        try await withListener(responder: relay.serve) { _, port in
            let client = try await Peer.connect(port: port)
            client.send(request.replacing("Host: a", with: "Host: a\r\nConnection: close"))
            let connection = try await upstream.connection(0)
            await connection.receives("hi")
            connection.send(
                "HTTP/1.1 \(status) OK\r\nContent-Encoding: \(coding)\r\nContent-Length: \(body.readableBytes)\r\n\r\n"
            )
            try await send(connection, body)
            await client.isClosedByTheOtherSide()
            outcome = (client.text, relay.log.all)
        }
        try await upstream.close()
        return outcome
    }

    /// The body without its chunks.
    private func content(_ text: String) -> String {
        guard let start = text.range(of: "\r\n\r\n") else { return "" }
        var lines = text[start.upperBound...].components(separatedBy: "\r\n")
        guard lines.count > 2 else { return "" }
        lines.removeLast(2)
        return lines.enumerated().filter { $0.offset % 2 == 1 }.map(\.element).joined()
    }

    @Test(
        "gzip, deflate and zstd are read, whole and byte by byte",
        arguments: ["gzip", "x-gzip", "GZIP", "gzip, two members", "deflate", "deflate, bare", "zstd"]
    )
    func decoded(coding: String) async throws {
        let body = try Self.body(coding)
        let name = String(coding.prefix { $0 != "," })
        let whole = try await relayed(name, body) { $0.send($1) }
        #expect(content(whole.text) == text)
        #expect(!whole.text.lowercased().contains("content-encoding"))
        #expect(whole.log == ["head 200", "end"])
        let pieces = try await relayed(name, body) { connection, bytes in
            for byte in bytes.readableBytesView {
                connection.send(ByteBuffer(bytes: [byte]))
                try await Task.sleep(for: .milliseconds(1))
            }
        }
        #expect(content(pieces.text) == text)
    }

    @Test("An event of a compressed stream arrives when it was sent, not at the end of the stream")
    func streamed() async throws {
        var stream = z_stream()
        deflateInit2_(&stream, 9, Z_DEFLATED, 31, 8, 0, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        defer { deflateEnd(&stream) }
        func flushed(_ text: String) -> ByteBuffer {
            var output = ByteBuffer()
            var bytes = Array(text.utf8)
            output.writeWithUnsafeMutableBytes(minimumWritableBytes: 4096) { target in
                bytes.withUnsafeMutableBufferPointer { source in
                    stream.next_in = source.baseAddress
                    stream.avail_in = UInt32(source.count)
                    stream.next_out = target.bindMemory(to: UInt8.self).baseAddress
                    stream.avail_out = UInt32(target.count)
                    _ = deflate(&stream, Z_SYNC_FLUSH)
                    return target.count - Int(stream.avail_out)
                }
            }
            return output
        }
        let upstream = try await TestUpstream()
        let relay = Relay(service: try upstream.service())
        try await withListener(responder: relay.serve) { _, port in
            let client = try await Peer.connect(port: port)
            client.send(request)
            let connection = try await upstream.connection(0)
            await connection.receives("hi")
            connection.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
            for number in 1...3 {
                connection.send(flushed("event-\(number)"))
                await client.receives("event-\(number)")
            }
        }
        try await upstream.close()
    }

    @Test("What follows the end of compressed data is nothing")
    func trailing() async throws {
        for coding in ["gzip", "deflate"] {
            var body = try Self.body(coding)
            body.writeRepeatingByte(0, count: 1000)
            let outcome = try await relayed(coding, body) { $0.send($1) }
            #expect(content(outcome.text) == text, "\(coding)")
            #expect(outcome.log == ["head 200", "end"])
        }
    }

    @Test("An error whose body cannot be decoded keeps its status")
    func unreadableError() async throws {
        let outcome = try await relayed("br", ByteBuffer(string: "xxx"), status: 429) { $0.send($1) }
        #expect(outcome.log == ["head 429", "end"])
    }

    @Test("A compressed body that is cut off, damaged, or in an encoding that nobody knows, is an error")
    func unreadable() async throws {
        for coding in ["gzip", "deflate", "zstd"] {
            let body = try Self.body(coding)
            let half = try #require(body.getSlice(at: 0, length: body.readableBytes / 2))
            let cut = try await relayed(coding, half) { $0.send($1) }
            #expect(cut.log.last == "upstreamUnavailable cancelled=false", "\(coding)")
            var damaged = ByteBuffer(repeating: 0xFF, count: 100)
            damaged.setInteger(UInt8(0x78), at: 0)
            let bad = try await relayed(coding, damaged) { $0.send($1) }
            #expect(bad.text.hasPrefix("HTTP/1.1 502 ") && bad.text.contains("damaged"), "\(coding)")
        }
        for coding in ["br", "compress", "gzip, br"] {
            let unknown = try await relayed(coding, ByteBuffer(string: "x")) { $0.send($1) }
            #expect(unknown.text.hasPrefix("HTTP/1.1 502 ") && unknown.text.contains("gzip, deflate and zstd"))
        }
    }

    @Test("An answer that says it is compressed, and is empty, is empty")
    func empty() async throws {
        let outcome = try await relayed("gzip", ByteBuffer()) { _, _ in }
        #expect(outcome.log == ["head 200", "end"])
    }

    @Test("A few bytes that become millions are an error, and do not become them")
    func bomb() async throws {
        let zeros = deflated(ByteBuffer(repeating: 0, count: 16 << 20), windowBits: 31)
        let zstandard = ByteBuffer(bytes: try #require(Data(base64Encoded: Self.zstandardBomb)))
        for (coding, body) in [("gzip", zeros), ("zstd", zstandard)] {
            let outcome = try await relayed(coding, body) { $0.send($1) }
            #expect(outcome.log.last == "upstreamUnavailable cancelled=false", "\(coding)")
            #expect(outcome.text.utf8.count < 4 << 20, "\(coding)")
        }
    }
}
