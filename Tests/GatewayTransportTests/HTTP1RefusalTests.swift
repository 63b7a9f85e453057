// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayTransport
import NIOCore
import NIOHTTP1
import Testing

@Suite("Requests that are refused")
struct HTTP1RefusalTests {
    /// Reads a request given at once, and byte by byte, and expects the same.
    private func error(_ text: String, maximumBytes: Int = 4096) throws -> HTTP1Error? {
        func read(_ pieces: [ByteBuffer]) -> HTTP1Error? {
            var reader = HTTP1HeadReader(maximumBytes: maximumBytes)
            var buffer = ByteBuffer()
            for var piece in pieces {
                buffer.writeBuffer(&piece)
                do throws(HTTP1Error) {
                    if try reader.readRequest(from: &buffer) != nil { return nil }
                } catch {
                    return error
                }
            }
            Issue.record("The head is not complete: \(text)")
            return nil
        }
        let whole = read([ByteBuffer(string: text)])
        #expect(read(text.utf8.map { ByteBuffer(bytes: [$0]) }) == whole)
        return whole
    }

    @Test(
        "What two parsers could frame in two ways is refused",
        arguments: [
            ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", HTTP1Error.badTransferEncoding),
            ("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", .badTransferEncoding),
            ("Content-Length: 5\r\nContent-Length: 6\r\n", .badContentLength),
            ("Content-Length: 5\r\nContent-Length: 5\r\n", .badContentLength),
            ("Content-Length: 5, 5\r\n", .badContentLength),
            ("Content-Length: +5\r\n", .badContentLength), ("Content-Length: -1\r\n", .badContentLength),
            ("Content-Length: 0x5\r\n", .badContentLength), ("Content-Length:\r\n", .badContentLength),
            ("Content-Length: 5 5\r\n", .badContentLength),
            ("Content-Length: 99999999999999999999\r\n", .badContentLength),
            ("Transfer-Encoding: gzip\r\n", .unsupportedTransferEncoding),
            ("Transfer-Encoding: gzip, chunked\r\n", .unsupportedTransferEncoding),
            ("Transfer-Encoding: chunked, chunked\r\n", .unsupportedTransferEncoding),
            ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", .badTransferEncoding),
            ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", .badTransferEncoding),
            ("Transfer-Encoding: xchunked\r\n", .unsupportedTransferEncoding),
            ("Transfer-Encoding: \u{b}chunked\r\n", .badHeaderLine),
            ("Transfer-Encoding : chunked\r\n", .badHeaderLine),
            ("Transfer-Encoding\r\n : chunked\r\n", .badHeaderLine),
        ]
    )
    func framing(fields: String, expected: HTTP1Error) throws {
        #expect(try error("POST / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n") == expected)
    }

    @Test(
        "A header line that is not valid HTTP is refused",
        arguments: [
            "X: a\r\n folded\r\n", "X: a\r\n\tfolded\r\n", "X : a\r\n", "X\r\n", ": a\r\n", "X: a\nY: b\r\n",
            "X: a\rb\r\n",
            "X: a\0b\r\n", "X: a\u{7F}\r\n", "X: \u{1B}[0m\r\n", "X(: a\r\n", "X\u{e9}: a\r\n", "X\0: a\r\n",
            " X: a\r\n",
        ]
    )
    func headerLine(fields: String) throws {
        #expect(try error("POST / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n") == .badHeaderLine)
    }

    @Test(
        "A start line that is not valid HTTP is refused",
        arguments: [
            "GET  / HTTP/1.1", "GET / HTTP/1.1 ", "GET /", "GET / http/1.1", " GET / HTTP/1.1", "G(T / HTTP/1.1",
            "GET /a b HTTP/1.1", "GET /\u{e9} HTTP/1.1", "GET /\0 HTTP/1.1", "GET\t/ HTTP/1.1", "GET / HTTP/1.10", "/",
            "",
            "GET / HTTP/11", "\(String(repeating: "G", count: 33)) / HTTP/1.1",
        ]
    )
    func startLine(line: String) throws {
        let found = try error("\(line)\r\nHost: a\r\n\r\n")
        // An empty line before the request line is skipped, so that the next line is the wrong one.
        #expect(found == .badStartLine || (line == "GET / HTTP/11" && found == .badStartLine))
    }

    @Test("Other versions are refused as such", arguments: ["HTTP/2.0", "HTTP/0.9", "HTTP/1.2", "HTTP/3.0"])
    func version(version: String) throws {
        let found = try error("GET / \(version)\r\nHost: a\r\n\r\n")
        #expect(found == .unsupportedVersion)
        #expect(found?.status == 505)
    }

    @Test(
        "A Host that is not a host is refused",
        arguments: [
            "Host: x/#@y\r\n", "Host: a b\r\n", "Host: a/b\r\n", "Host: u@a\r\n", "Host: a?x\r\n", "Host:\r\n",
            "Host: a,b\r\n",
            "", "Host: a\r\nHost: a\r\n", "Host: a\r\nhOST: b\r\n", "Host: a\\b\r\n", "Host: <script>\r\n",
            "Host: \u{e9}\r\n",
        ]
    )
    func host(fields: String) throws {
        let found = try error("GET / HTTP/1.1\r\n\(fields)\r\n")
        #expect(found == .badHost)
        #expect(found?.status == 400)
    }

    @Test("connections-09: TLS on a port without it is refused at its first byte")
    func handshake() throws {
        #expect(try error("\u{16}") == .tlsHandshake)
        #expect(try error("\u{16}\u{03}\u{01}\u{02}AAAA") == .tlsHandshake)
        #expect(HTTP1Error.tlsHandshake.status == 400)
    }

    @Test("A head that ends lines with LF alone is refused")
    func bareLineFeeds() throws {
        #expect(try error("GET / HTTP/1.1\nHost: a\r\n\r\n") == .badStartLine)
        #expect(try error("GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n") != nil)
        // At once: a client that ends its lines so has sent all of its head and waits.
        #expect(try error("GET / HTTP/1.1\n") == .badStartLine)
        #expect(try error("\n") == .badStartLine)
        #expect(try error("GET / HTTP/1.1\rHost: a\r\r") == .badStartLine)
        #expect(try error("GET / HTTP/1.1\r\nHost: a\n") == .badHeaderLine)
        #expect(try error("GET / HTTP/1.1\r\nHost: a\rX: b\r\r") == .badHeaderLine)
        #expect(try error("GET / HTTP/1.1\r\nHost: a\r\n\n") == .badHeaderLine)
    }

    @Test("A head is bounded as a whole: one long field, many short ones, a long line without an end")
    func tooLarge() throws {
        let start = "GET / HTTP/1.1\r\nHost: a\r\n"
        #expect(try error("\(start)X: \(String(repeating: "x", count: 5000))\r\n\r\n") == .headTooLarge)
        #expect(try error(start + String(repeating: "a:b\r\n", count: 1000) + "\r\n") == .headTooLarge)
        #expect(try error("GET /\(String(repeating: "x", count: 5000))") == .headTooLarge)
        #expect(HTTP1Error.headTooLarge.status == 431)
        let exact = "\(start)X: \(String(repeating: "x", count: 128 - start.utf8.count - 7))\r\n\r\n"
        #expect(exact.utf8.count == 128)
        #expect(try error(exact, maximumBytes: 128) == nil)
        #expect(try error(exact, maximumBytes: 127) == .headTooLarge)
    }
}
