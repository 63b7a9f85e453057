// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayTransport
import NIOCore
import NIOHTTP1
import Testing

@Suite("Writing heads")
struct HTTP1HeadWriterTests {
    @Test("No control character in a value can end a header line and begin another")
    func controlCharacters() {
        var buffer = ByteBuffer()
        HTTP1HeadWriter.writeResponse(
            status: 200,
            headers: ["x": "a\r\nset-cookie: evil\r\n\r\nbody", "y": "\0\t\u{7F}b\n"],
            framing: "connection: close\r\n",
            contentLength: 7,
            into: &buffer
        )
        let text = String(buffer: buffer)
        #expect(
            text.utf8.elementsEqual(
                "HTTP/1.1 200 OK\r\nx: a  set-cookie: evil    body\r\ny:    b \r\ncontent-length: 7\r\nconnection: close\r\n\r\n"
                    .utf8
            )
        )
    }

    @Test("What is written can be read again, with every status")
    func roundTrip() throws {
        for status in 200...599 {
            var buffer = ByteBuffer()
            HTTP1HeadWriter.writeResponse(
                status: status,
                headers: ["a": "b"],
                framing: "",
                contentLength: 0,
                into: &buffer
            )
            var reader = HTTP1HeadReader(maximumBytes: 1024)
            let head = try #require(try reader.readResponse(from: &buffer))
            #expect(head.status == status)
            #expect(head.headers["a"] == ["b"])
        }
    }

    @Test("Numbers are written as the standard library writes them")
    func numbers() {
        var numbers = Array(0...1100)
        for shift in 0..<63 { for offset in -1...1 { numbers.append((1 << shift) &+ offset) } }
        numbers += [.max, .max - 1, 999_999_999_999_999_999, 1_000_000_000_000_000_000]
        for number in numbers {
            #expect(written { $0.writeDecimal(number) } == String(number))
            guard number >= 0 else { continue }
            #expect(written { $0.writeHexadecimal(number) } == String(number, radix: 16))
        }
    }

    private func written(_ write: (inout RawOutput) -> Void) -> String {
        var buffer = ByteBuffer()
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 20) { memory in
            var output = RawOutput(memory)
            write(&output)
            return output.count
        }
        return String(buffer: buffer)
    }

    @Test("A request's head has its line, its fixed lines, its fields without control characters, and its length")
    func requestHead() {
        var buffer = ByteBuffer()
        HTTP1HeadWriter.writeRequest(
            method: .POST,
            target: "/v1/x?y=ü",
            fixedLines: ByteBuffer(string: "host: a\r\n"),
            headers: [("x", "1\r\nevil: 2"), ("y", "")],
            contentLength: 0,
            into: &buffer
        )
        #expect(
            String(buffer: buffer).utf8.elementsEqual(
                "POST /v1/x?y=ü HTTP/1.1\r\nhost: a\r\nx: 1  evil: 2\r\ny: \r\ncontent-length: 0\r\n\r\n".utf8
            )
        )
    }
}
