// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayTransport
import NIOCore
import Testing

@Suite("The handshake with a proxy")
struct ProxyHandshakeTests {
    private func handshake() -> ProxyHandshake { ProxyHandshake(host: "a.example", port: 443, authorization: nil) }

    @Test("The request names host and port, an IPv6 address in brackets, and has the credentials")
    func request() {
        #expect(
            String(buffer: handshake().request)
                == "CONNECT a.example:443 HTTP/1.1\r\nhost: a.example:443\r\n\r\n"
        )
        let other = ProxyHandshake(host: "fe80::1%eth0", port: 8443, authorization: "Basic eDp5")
        #expect(
            String(buffer: other.request)
                == "CONNECT [fe80::1]:8443 HTTP/1.1\r\nhost: [fe80::1]:8443\r\nproxy-authorization: Basic eDp5\r\n\r\n"
        )
    }

    @Test(
        "The answer means the same however it is cut",
        arguments: [
            ("HTTP/1.1 200 Connection established\r\n\r\n", ProxyHandshake.Step.open(ByteBuffer())),
            ("HTTP/1.0 200 OK\r\nVia: x\r\n\r\n", .open(ByteBuffer())),
            // A tunnel has no body, whatever the head says (RFC 9110, 9.3.6).
            ("HTTP/1.1 204 OK\r\nContent-Length: 5\r\n\r\n", .open(ByteBuffer())),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", .open(ByteBuffer())),
            ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", .open(ByteBuffer())),
            ("HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic\r\n\r\n", .refused(407)),
            ("HTTP/1.1 101 Switching\r\n\r\n", .refused(101)), ("HTTP/1.1 302 Away\r\n\r\n", .refused(302)),
            ("HTTP/1.1 502 Bad\r\n\r\n", .refused(502)), ("SSH-2.0-x\r\n\r\n", .invalid(.badStartLine)),
            ("HTTP/1.1 200 OK\n\n", .invalid(.badStartLine)),
        ]
    )
    func cuts(answer: String, expected: ProxyHandshake.Step) {
        let bytes = ByteBuffer(string: answer)
        for cut in 0...bytes.readableBytes {
            var handshake = handshake()
            var rest = bytes
            let first = rest.readSlice(length: cut) ?? ByteBuffer()
            var step = handshake.receive(first)
            if step == .wait { step = handshake.receive(rest) }
            #expect(step == expected, "cut at \(cut)")
        }
        var single = handshake()
        var last = ProxyHandshake.Step.wait
        for byte in answer.utf8 where last == .wait { last = single.receive(ByteBuffer(bytes: [byte])) }
        #expect(last == expected)
    }

    @Test("Bytes after the answer are the upstream's")
    func rest() {
        let head = Array("HTTP/1.1 200 OK\r\n\r\n".utf8)
        for cut in 0..<head.count {
            var handshake = handshake()
            check(handshake.receive(ByteBuffer(bytes: head.prefix(cut))), .wait)
            let rest = ByteBuffer(bytes: head.dropFirst(cut) + Array("abc".utf8))
            check(handshake.receive(rest), .open(ByteBuffer(string: "abc")))
        }
    }

    @Test("An answer without end is refused, and so are announcements without end")
    func bounds() {
        var long = handshake()
        check(long.receive(ByteBuffer(string: "HTTP/1.1 200 OK\r\nx: ")), .wait)
        var step = ProxyHandshake.Step.wait
        var count = 0
        while step == .wait, count < 100 {
            step = long.receive(ByteBuffer(repeating: UInt8(ascii: "a"), count: 1024))
            count += 1
        }
        #expect(step == .invalid(.headTooLarge) && count <= 16)
        var interim = handshake()
        let text = String(repeating: "HTTP/1.1 103 Early\r\n\r\n", count: 200)
        check(interim.receive(ByteBuffer(string: text)), .invalid(.tooManyInterimHeads))
    }
}
