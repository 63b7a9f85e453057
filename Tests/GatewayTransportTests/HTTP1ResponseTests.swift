// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayTransport
import NIOCore
import NIOHTTP1
import Testing

@Suite("Heads of answers")
struct HTTP1ResponseTests {
    private func head(_ text: String) throws -> HTTP1HeadReader.ResponseHead {
        var reader = HTTP1HeadReader(maximumBytes: 4096)
        var buffer = ByteBuffer(string: text)
        return try #require(try reader.readResponse(from: &buffer))
    }

    /// What a framing makes of ten bytes: how many it takes, and whether it is complete then.
    private func taken(_ text: String) throws -> (Int, Bool) {
        var framing = try head(text).framing
        var buffer = ByteBuffer(string: "5\r\nabcde\r\n0\r\n\r\n")
        try framing.read(from: &buffer) { _ in }
        return (buffer.readerIndex, framing.isComplete)
    }

    @Test("An answer that arrives in two parts reads as one that arrives whole")
    func everySplit() throws {
        let text = "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\nX: y\r\n\r\nabc"
        for cut in 0...text.utf8.count {
            var reader = HTTP1HeadReader(maximumBytes: 4096)
            var buffer = ByteBuffer(bytes: Array(text.utf8.prefix(cut)))
            let early = try reader.readResponse(from: &buffer)
            buffer.writeBytes(Array(text.utf8.dropFirst(cut)))
            let head = try #require(try early ?? reader.readResponse(from: &buffer))
            #expect(head.status == 404)
            #expect(head.headers["x"] == ["y"])
            #expect(String(buffer: buffer) == "abc")
        }
    }

    @Test("An answer of too many fields is refused, and one of many is taken")
    func fields() throws {
        func read(_ count: Int) throws {
            var reader = HTTP1HeadReader(maximumBytes: 128 << 10)
            var buffer = ByteBuffer(string: "HTTP/1.1 200 OK\r\n" + String(repeating: "a:\r\n", count: count) + "\r\n")
            _ = try #require(try reader.readResponse(from: &buffer))
        }
        try read(512)
        #expect(throws: HTTP1Error.tooManyFields) { try read(513) }
        #expect(throws: HTTP1Error.tooManyFields) { try read(30_000) }
    }

    @Test("The reason phrase may be anything or missing", arguments: ["", " ", " OK", " Not So  Good", " \u{e9}"])
    func reason(phrase: String) throws {
        #expect(try head("HTTP/1.1 200\(phrase)\r\nContent-Length: 0\r\n\r\n").status == 200)
    }

    @Test("The body ends as the head says: by length, by chunks, with the connection, or at once")
    func framing() throws {
        #expect(try taken("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n") == (4, true))
        #expect(try taken("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n") == (15, true))
        #expect(try taken("HTTP/1.1 200 OK\r\n\r\n") == (15, false))
        for status in [100, 103, 204, 304] {
            #expect(try taken("HTTP/1.1 \(status) X\r\nContent-Length: 4\r\n\r\n") == (0, true))
        }
        // Some upstreams repeat it; it is the same length to every parser.
        #expect(try taken("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\n") == (4, true))
    }

    @Test(
        "An answer that is not valid HTTP is refused",
        arguments: [
            "HTTP/1.1 99 X", "HTTP/1.1 600 X", "HTTP/1.1 2000 X", "HTTP/1.1 +20 X", "HTTP/1.1  200", "HTTP/1.1 20",
            "HTTP/1.1200 OK",
            "ICY 200 OK", "HTTP/2.0 200 OK", "HTTP/1.1 200OK", "", "<html>",
        ]
    )
    func badStatusLine(line: String) {
        #expect(throws: HTTP1Error.self) { try head("\(line)\r\nContent-Length: 0\r\n\r\n") }
    }

    @Test(
        "An answer with two framings is refused",
        arguments: [
            "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "Content-Length: 1\r\nContent-Length: 2\r\n",
            "Transfer-Encoding: gzip\r\n", "Content-Length: x\r\n", "X : y\r\n", "X: y\r\n z\r\n",
        ]
    )
    func badFields(fields: String) {
        #expect(throws: HTTP1Error.self) { try head("HTTP/1.1 200 OK\r\n\(fields)\r\n") }
    }
}
