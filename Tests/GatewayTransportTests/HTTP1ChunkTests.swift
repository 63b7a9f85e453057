// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayTransport
import NIOCore
import Testing

@Suite("Chunked bodies")
struct HTTP1ChunkTests {
    /// What a body given in pieces is, and what was left over.
    private func read(_ pieces: [String]) throws -> (body: String, isComplete: Bool, rest: String) {
        var framing = HTTP1Framing.chunked(HTTP1ChunkReader())
        var buffer = ByteBuffer()
        var body = ByteBuffer()
        for piece in pieces {
            buffer.writeString(piece)
            try framing.read(from: &buffer) { body.writeImmutableBuffer($0) }
        }
        return (String(buffer: body), framing.isComplete, String(buffer: buffer))
    }

    @Test("A body cut anywhere is the same body, and what follows it stays")
    func everySplit() throws {
        let text =
            "5;name=value\r\nhello\r\nA\r\n\r\n\r\n012345\r\n0b ; x=\"y\"\r\n world, bye\r\n000\r\nTrailer: x\r\n\r\nNEXT"
            .replacing("0b ;", with: "0b;")
        for cut in 0...text.utf8.count {
            let (body, isComplete, rest) = try read([
                String(decoding: Array(text.utf8.prefix(cut)), as: UTF8.self),
                String(decoding: Array(text.utf8.dropFirst(cut)), as: UTF8.self),
            ])
            #expect(body == "hello\r\n\r\n012345 world, bye")
            #expect(isComplete)
            #expect(rest == "NEXT")
        }
        let (body, isComplete, _) = try read(text.utf8.map { String(UnicodeScalar($0)) })
        #expect(body == "hello\r\n\r\n012345 world, bye")
        #expect(isComplete)
    }

    @Test("A body that has not ended is not complete")
    func notYet() throws {
        for text in ["", "5", "5\r\n", "5\r\nhello", "5\r\nhello\r\n", "0\r\n", "0\r\nX: y\r\n"] {
            #expect(try !read([text]).isComplete)
        }
    }

    @Test(
        "A size that is not one is refused",
        arguments: [
            "\r\n", "-5\r\n", "+5\r\n", "0x5\r\n", " 5\r\n", "5 \r\n", "g\r\n", ";x\r\n", "FFFFFFFFFFFFFFFF\r\n",
            "10000000000000000\r\n",
            "7FFFFFFFFFFFFFFF\r\n", "5\n", "\n", "5,5\r\n",
        ]
    )
    func badSize(text: String) {
        #expect(throws: HTTP1Error.badChunk) { try read([text]) }
    }

    @Test(
        "Data that is not ended by CRLF is refused",
        arguments: ["1\r\nab\r\n", "1\r\na\n\n", "1\r\na\r\r", "1\r\na0\r\n\r\n"]
    )
    func badEnd(text: String) {
        #expect(throws: HTTP1Error.badChunk) { try read([text]) }
    }

    @Test("Extensions and trailers are bounded")
    func bounds() {
        #expect(throws: HTTP1Error.badChunk) { try read(["1;" + String(repeating: "x", count: 5000)]) }
        #expect(throws: HTTP1Error.badChunk) { try read([String(repeating: "0", count: 5000)]) }
        #expect(throws: HTTP1Error.badChunk) {
            try read(["0\r\n"] + Array(repeating: "X: \(String(repeating: "y", count: 1000))\r\n", count: 20))
        }
        #expect(throws: HTTP1Error.tooManyFields) { try read(["0\r\n"] + Array(repeating: "X:\r\n", count: 513)) }
    }
}
