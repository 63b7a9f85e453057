// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import NIOCore
import Testing

/// The fixtures were written from the specification and read back with botocore 1.43.11.
@Suite("Amazon's event streams")
struct EventStreamTests {
    @Test("The checksum is that of gzip and PNG", arguments: [("", 0), ("123456789", 0xCBF4_3926), ("a", 0xE8B7_BE43)])
    func checksum(_ text: String, _ expected: UInt32) {
        var checksum = CRC32()
        for byte in text.utf8 { withUnsafeBytes(of: byte) { checksum.update($0) } }
        #expect(checksum.value == expected)
    }

    @Test("Headers of every kind are skipped, those with text are read")
    func headers() throws {
        let message = try EventStreamMessage(Fixtures.bytes("BedrockConverse/headers.bin"))
        #expect(message.text("text").map { String(decoding: $0, as: UTF8.self) } == "Gröx")
        #expect(message.text("bytes") == nil)
        #expect(message.text("uuid") == nil)
        #expect(message.text("other") == nil)
        #expect(message.payload == ByteBuffer(string: "{}"))
    }

    @Test("What is written is what the specification says, and is read again")
    func written() throws {
        var output = ByteBuffer()
        EventStreamMessage.write(
            headers: [
                ":message-type": "error", ":error-code": "InternalServerException",
                ":error-message": "An internal server error occurred.",
            ],
            payload: ByteBuffer(),
            into: &output
        )
        #expect(output == (try Fixtures.bytes("BedrockConverse/failed.bin")))
        let message = try EventStreamMessage(output)
        #expect(message.text(":error-code").map { String(decoding: $0, as: UTF8.self) } == "InternalServerException")
    }

    @Test("stream-10: Messages are the same wherever the stream is cut")
    func cuts() throws {
        let bytes = try Fixtures.bytes("BedrockConverse/stream.bin")
        let expected = try messages(in: bytes, .whole)
        #expect(expected.count == 20)
        #expect(expected.reduce(0) { $0 + $1.readableBytes } == bytes.readableBytes)
        for cut in Cut.all(of: bytes) { #expect(try messages(in: bytes, cut) == expected, "\(cut)") }
    }

    @Test("A byte that changed on its way is found, wherever it is")
    func damage() throws {
        let bytes = try Fixtures.bytes("BedrockConverse/failed.bin")
        for index in 0..<bytes.readableBytes {
            var damaged = bytes
            let byte = try #require(bytes.getInteger(at: bytes.readerIndex + index, as: UInt8.self))
            damaged.setInteger(byte ^ 0x10, at: bytes.readerIndex + index)
            #expect(throws: (any Error).self, "byte \(index)") {
                for message in try messages(in: damaged, .whole) { _ = try EventStreamMessage(message) }
                // A length that grew leaves the message waiting for bytes that do not come: that is no message either.
                if try messages(in: damaged, .whole).isEmpty { throw EventStreamMessage.Failure.length }
            }
        }
    }

    @Test(
        "A length beyond its bound is refused before anything is kept for it",
        arguments: [(UInt32.max, 0), (16, 1), (200_000, 131_073), (15, 0), (0, 0), (25_165_841, 0)]
            as [(UInt32, UInt32)]
    )
    func lengths(_ total: UInt32, _ headers: UInt32) throws {
        var prelude = ByteBuffer()
        prelude.writeInteger(total)
        prelude.writeInteger(headers)
        var checksum = CRC32()
        prelude.withUnsafeReadableBytes { checksum.update($0) }
        prelude.writeInteger(checksum.value)
        var framer = EventStreamFramer()
        var events: [ByteBuffer] = []
        let error = #expect(throws: GatewayError.self) { try framer.consume(prelude, into: &events) }
        #expect(error?.code == .upstreamUnavailable)
        #expect(events.isEmpty)
    }

    @Test("A message that is not there to its end is none")
    func truncated() throws {
        let bytes = try Fixtures.bytes("BedrockConverse/failed.bin")
        for count in 0..<bytes.readableBytes {
            let part = try #require(bytes.getSlice(at: bytes.readerIndex, length: count))
            #expect(try messages(in: part, .whole).isEmpty)
            #expect(throws: (any Error).self) { _ = try EventStreamMessage(part) }
        }
    }

    private func messages(in bytes: ByteBuffer, _ cut: Cut) throws -> [ByteBuffer] {
        var framer = EventStreamFramer()
        var events: [ByteBuffer] = []
        for piece in cut.pieces(of: bytes) { try framer.consume(piece, into: &events) }
        framer.finish(into: &events)
        return events
    }
}
