// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayTransport
import NIOCore
import NIOHTTP1
import Testing

/// What is answered: whose request it is, and how the client reached the gateway.
@Sendable private func describe(_ exchange: any HTTPExchange, _: any UpstreamClient) async {
    let request = exchange.request
    let text = "from \(request.remoteAddress), \(request.isSecure), \(request.host ?? ""), \(request.basePath)."
    exchange.send(status: 200, headers: [:], body: ByteBuffer(string: text))
}

@Suite("Trusted proxies", .serialized, .timeLimit(.minutes(2)))
struct TrustedProxiesTests {
    private static let ranges = ["10.0.0.0/8", "192.0.2.7", "2001:db8::/32"].compactMap(AddressRange.init)

    private func request(_ headers: HTTPHeaders) -> HTTPRequest {
        var request = HTTPRequest(
            method: .GET,
            target: "/",
            headers: headers,
            remoteAddress: "10.0.0.1",
            received: .now()
        )
        TrustedProxies(Self.ranges).apply(to: &request)
        return request
    }

    @Test(
        "The client is the last address that is no proxy's",
        arguments: [
            ("203.0.113.9", "203.0.113.9"), ("203.0.113.9, 10.1.1.1", "203.0.113.9"),
            ("198.51.100.1, 203.0.113.9, 192.0.2.7,10.9.9.9", "203.0.113.9"),
            // What stands before it is the client's own word.
            ("127.0.0.1, 203.0.113.9", "203.0.113.9"),
            ("10.1.1.1, 10.2.2.2", "10.1.1.1"), ("203.0.113.9:4711", "203.0.113.9"),
            ("[2001:db9::1]:4711", "2001:db9::1"), ("2001:DB9:0::1", "2001:db9::1"), ("2001:db8::5", "2001:db8::5"),
            ("::ffff:203.0.113.9", "203.0.113.9"),
            // Behind what is no address, nothing is known.
            ("203.0.113.9, unknown", "10.0.0.1"), ("203.0.113.9, x, 10.3.3.3", "10.3.3.3"), ("", "10.0.0.1"),
            (",", "10.0.0.1"),
        ]
    )
    func client(header: String, address: String) {
        #expect(request(["x-forwarded-for": header]).remoteAddress == address)
    }

    @Test("Several header lines are one list")
    func lines() {
        var headers = HTTPHeaders([("x-forwarded-for", "203.0.113.1"), ("x-forwarded-for", "10.0.0.4")])
        #expect(request(headers).remoteAddress == "203.0.113.1")
        headers.add(name: "x-forwarded-for", value: "203.0.113.2")
        #expect(request(headers).remoteAddress == "203.0.113.2")
    }

    @Test("Scheme, host and path are the proxy's, where they are valid")
    func address() {
        let request = request([
            "host": "internal:8080", "x-forwarded-proto": "HTTPS, http", "x-forwarded-host": "gateway.example",
            "x-forwarded-prefix": "/llm",
        ])
        #expect(request.isSecure)
        #expect(request.host == "gateway.example")
        #expect(request.basePath == "/llm")
        let other = self.request(["host": "internal:8080", "x-forwarded-prefix": "//evil.example"])
        #expect(!other.isSecure && other.host == "internal:8080" && other.basePath.isEmpty)
    }

    @Test(
        "Ranges",
        arguments: [
            ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("0.0.0.0/0", "1.2.3.4", true),
            ("0.0.0.0/0", "::1", false), ("10.0.0.0/9", "10.127.1.1", true), ("10.0.0.0/9", "10.128.1.1", false),
            ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.8", false), ("::1/128", "::1", true),
            ("2001:db8::/33", "2001:db8:7fff::", true), ("2001:db8::/33", "2001:db8:8000::", false),
            ("10.0.0.0/8", "::ffff:10.1.1.1", true),
        ]
    )
    func ranges(range: String, address: String, isInside: Bool) throws {
        #expect(try #require(AddressRange(range)).contains(try #require(IPAddress(address))) == isInside)
    }

    @Test(
        "What is no range is none",
        arguments: [
            "", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0/8", "::/129", "a/8", "10.0.0.0/8/8", "[::1]",
        ]
    )
    func noRanges(text: String) {
        #expect(AddressRange(text) == nil)
    }

    @Test("Only the word of a trusted peer is taken")
    func peers() async throws {
        let text = "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n\r\n"
        for (ranges, answer) in [([], "from 127.0.0.1, false, a, ."), (["127.0.0.1"], "from 203.0.113.9, true, a, .")] {
            var server = Configuration.Server()
            server.trustedProxies = ranges.compactMap(AddressRange.init)
            try await withListener(server, responder: describe) { _, port in
                let client = try await Peer.connect(port: port)
                client.send(text)
                await client.receives(answer)
            }
        }
    }

    @Test("A connection of a trusted proxy begins with a PROXY header, cut anywhere, and the requests are the client's")
    func proxyProtocol() async throws {
        var server = Configuration.Server()
        server.trustedProxies = ["127.0.0.1"].compactMap(AddressRange.init)
        server.expectsProxyHeader = true
        let text = Array("PROXY TCP4 192.0.2.1 10.0.0.1 4660 443\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        try await withListener(server, responder: describe) { _, port in
            for cut in stride(from: 1, to: text.count, by: 7) {
                let client = try await Peer.connect(port: port)
                client.send(ByteBuffer(bytes: text[..<cut]))
                try await Task.sleep(for: .milliseconds(1))
                client.send(ByteBuffer(bytes: text[cut...]))
                await client.receives("from 192.0.2.1, ")
                client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                await client.receives("from 192.0.2.1, ", times: 2)
            }
            let check = try await Peer.connect(port: port)
            check.send("PROXY UNKNOWN\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await check.receives("from 127.0.0.1, ")
            let stranger = try await Peer.connect(port: port)
            stranger.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await stranger.isClosedByTheOtherSide()
            #expect(stranger.count == 0)
        }
    }

    @Test("A peer that is not trusted sends no PROXY header, and cannot claim an address with one")
    func untrustedPeer() async throws {
        var server = Configuration.Server()
        server.trustedProxies = ["10.0.0.0/8"].compactMap(AddressRange.init)
        server.expectsProxyHeader = true
        try await withListener(server, responder: describe) { _, port in
            let client = try await Peer.connect(port: port)
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await client.receives("from 127.0.0.1, ")
            let liar = try await Peer.connect(port: port)
            liar.send("PROXY TCP4 192.0.2.1 10.0.0.1 1 2\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await liar.receives("HTTP/1.1 400 ")
        }
    }
}
