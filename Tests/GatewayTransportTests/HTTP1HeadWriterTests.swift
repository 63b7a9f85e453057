// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

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
            var decimal = ByteBuffer()
            decimal.writeDecimal(number)
            #expect(String(buffer: decimal) == String(number))
            guard number >= 0 else { continue }
            var hexadecimal = ByteBuffer()
            hexadecimal.writeHexadecimal(number)
            #expect(String(buffer: hexadecimal) == String(number, radix: 16))
        }
    }
}
