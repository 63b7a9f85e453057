// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayTransport
import NIOCore
import NIOHTTP1
import Testing

@Suite("Requests that are taken")
struct HTTP1RequestTests {
    private func head(_ text: String) throws -> HTTP1HeadReader.RequestHead {
        var reader = HTTP1HeadReader(maximumBytes: 4096)
        var buffer = ByteBuffer(string: text)
        return try #require(try reader.readRequest(from: &buffer))
    }

    @Test("Requests one behind the other are read one by one, and their bodies stay")
    func pipelined() throws {
        var reader = HTTP1HeadReader(maximumBytes: 4096)
        var buffer = ByteBuffer(
            string: "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nabGET /2 HTTP/1.1\r\nHost: b\r\n\r\n"
        )
        var first = try #require(try reader.readRequest(from: &buffer))
        #expect(first.target == "/1")
        var body = ""
        try first.framing.read(from: &buffer) { body += String(buffer: $0) }
        #expect(body == "ab")
        #expect(first.framing.isComplete)
        #expect(try reader.readRequest(from: &buffer)?.target == "/2")
        #expect(reader.isAtStart)
    }

    @Test("Empty lines before a request line are skipped, wherever they are cut")
    func leadingEmptyLines() throws {
        let text = "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"
        for cut in 0..<text.utf8.count {
            var reader = HTTP1HeadReader(maximumBytes: 4096)
            var buffer = ByteBuffer(bytes: Array(text.utf8.prefix(cut)))
            #expect(try reader.readRequest(from: &buffer) == nil)
            buffer.writeBytes(Array(text.utf8.dropFirst(cut)))
            #expect(try reader.readRequest(from: &buffer)?.target == "/", "cut at \(cut)")
        }
    }

    @Test("The absolute form is cut down to path and query")
    func absoluteForm() throws {
        #expect(try head("GET http://a.b:80/x?y=z HTTP/1.1\r\nHost: a.b\r\n\r\n").target == "/x?y=z")
        #expect(try head("GET HTTPS://a.b HTTP/1.1\r\nHost: a.b\r\n\r\n").target == "/")
        #expect(try head("GET /http://a.b/x HTTP/1.1\r\nHost: a.b\r\n\r\n").target == "/http://a.b/x")
        #expect(try head("GET http://a.b?x=/admin HTTP/1.1\r\nHost: a.b\r\n\r\n").target == "/?x=/admin")
    }

    @Test(
        "Hosts as they are: names, addresses, ports",
        arguments: ["a.example:8080", "127.0.0.1", "[::1]:80", "a_b-c~d"]
    )
    func hosts(host: String) throws {
        #expect(try head("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n").headers["host"] == [host])
    }

    @Test("HTTP/1.0 needs no Host, knows no chunks and no 100 Continue")
    func oldVersion() throws {
        let old = try head("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n")
        #expect(!old.isCurrentVersion)
        #expect(!old.expectsContinue)
        #expect(try head("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n\r\n").expectsContinue)
        #expect(throws: HTTP1Error.badTransferEncoding) {
            try head("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n")
        }
    }

    @Test("Names keep their case, values lose the blanks around them, bytes beyond ASCII stay")
    func fields() throws {
        let headers = try head("GET / HTTP/1.1\r\nHost: a\r\nX-Tag:\t v w \t\r\nx-tag: \u{e9}\r\n\r\n").headers
        #expect(headers["x-tag"] == ["v w", "\u{e9}"])
        #expect(headers.map(\.name) == ["Host", "X-Tag", "x-tag"])
    }
}
