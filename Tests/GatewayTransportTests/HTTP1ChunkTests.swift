// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayTransport
import NIOCore
import Testing

@Suite("Chunked bodies")
struct HTTP1ChunkTests {
    /// What a body given in pieces is, and what was left over.
    private func read(
        _ pieces: [String],
        takesPadding: Bool = false
    ) throws -> (body: String, isComplete: Bool, rest: String) {
        var framing = HTTP1Framing.chunked(HTTP1ChunkReader(takesPadding: takesPadding))
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
        "An upstream may pad its sizes with blanks and zeros",
        arguments: [
            "5  \r\nhello\r\n0\r\n\r\n", "5\t \r\nhello\r\n0 \r\n\r\n", "  5\r\nhello\r\n   0\r\n\r\n",
            "5 ; x=y\r\nhello\r\n0 ;z\r\n\r\n", "00000000000000000005\r\nhello\r\n00000000000000000000\r\n\r\n",
            "0005   \r\nhello\r\n000   \r\n\r\n",
        ]
    )
    func padded(text: String) throws {
        for cut in 0...text.utf8.count {
            let pieces = [text.utf8.prefix(cut), text.utf8.dropFirst(cut)].map { String(decoding: $0, as: UTF8.self) }
            let (body, isComplete, rest) = try read(pieces, takesPadding: true)
            #expect(body == "hello" && isComplete && rest.isEmpty)
        }
    }

    @Test(
        "Padding makes no size of what is none",
        arguments: [
            " \r\n", "\r\n", "5 5\r\n", " ;x\r\n", "0x5\r\n", "0-5\r\n", "5\u{0B}\r\n", "5 \n", "0 1\r\n",
            "0FFFFFFFFFFFFFFFF\r\n",
        ]
    )
    func paddedNonsense(text: String) {
        #expect(throws: HTTP1Error.badChunk) { try read([text], takesPadding: true) }
    }

    @Test("Trailers are bounded in number", arguments: [false, true])
    func manyTrailers(takesPadding: Bool) throws {
        let trailers = String(repeating: "a: b\r\n", count: HTTP1HeadReader.maximumFields)
        #expect(try read(["0\r\n" + trailers + "\r\n"], takesPadding: takesPadding).isComplete)
        #expect(throws: HTTP1Error.tooManyFields) {
            try read(["0\r\na: b\r\n" + trailers + "\r\n"], takesPadding: takesPadding)
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
