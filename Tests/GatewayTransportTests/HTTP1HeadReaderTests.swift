// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayTransport
import NIOCore
import NIOHTTP1
import Testing

@Suite("Heads of HTTP/1.1 messages")
struct HTTP1HeadReaderTests {
    @Test("A request head that arrives byte by byte reads as one that arrives whole")
    func everySplit() throws {
        let text = "POST /v1/chat?x=1 HTTP/1.1\r\nHost: a.b:80\r\nContent-Length:  12 \r\nX-Empty:\r\n\r\n"
        for cut in 0...text.utf8.count {
            var reader = HTTP1HeadReader(maximumBytes: 1024)
            var buffer = ByteBuffer(bytes: Array(text.utf8.prefix(cut)))
            let early = try reader.readRequest(from: &buffer)
            guard cut < text.utf8.count else { continue }
            #expect(early == nil)
            buffer.writeBytes(Array(text.utf8.dropFirst(cut)))
            let head = try #require(try reader.readRequest(from: &buffer))
            #expect(head.method == .POST)
            #expect(head.target == "/v1/chat?x=1")
            #expect(head.headers["content-length"] == ["12"])
            #expect(head.headers["x-empty"] == [""])
            #expect(buffer.readableBytes == 0)
        }
    }
}
