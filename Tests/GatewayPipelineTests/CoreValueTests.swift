// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore
import Testing

@Suite("Values of the core")
struct CoreValueTests {
    @Test("Request tags are a JSON object of strings, normalised")
    func tags() throws {
        #expect(try RequestTags(header: #" { "a" : "b" , "c":"\u0064" } "#).json.contains(#""a":"b""#))
        #expect(try RequestTags(header: "{}").json == "{}")
        let many = (0..<64).map { #""k\#($0)":"\#(String(repeating: "v", count: 256))""# }.joined(separator: ",")
        #expect(throws: Never.self) { try RequestTags(header: "{\(many)}") }
    }

    @Test(
        "Tags that are anything else are refused",
        arguments: [
            "", "[]", "null", "x", #"{"a":1}"#, #"{"a":null}"#, #"{"a":{"b":"c"}}"#, #"{"a":"b","a":"c"}"#,
            #"{"a":"b","\u0061":"c"}"#,
            #"{"a":"b"} x"#, #"{"a":"\ud800"}"#, #"{"\#(String(repeating: "k", count: 257))":""}"#,
            #"{"a":"\#(String(repeating: "v", count: 257))"}"#,
            "{\((0..<65).map { #""k\#($0)":"""# }.joined(separator: ","))}", String(repeating: "[", count: 10_000),
            #"{"a":"\#(String(repeating: "v", count: 200_000))"}"#,
            // One character of many bytes, as a value and as a key.
            #"{"a":"e\#(String(repeating: "\u{301}", count: 128))"}"#,
            #"{"e\#(String(repeating: "\u{301}", count: 128))":""}"#,
            // What takes more bytes when it is written.
            "{\((0..<64).map { #""k\#($0)":"\#(String(repeating: #"\u0001"#, count: 120))""# }.joined(separator: ","))}",
        ]
    )
    func badTags(header: String) {
        do throws(GatewayError) {
            _ = try RequestTags(header: header)
            Issue.record("taken")
        } catch {
            #expect(error.status == 400)
        }
    }

    @Test("Tokens are summed without counting any twice, and never overflow")
    func usage() {
        var usage = TokenUsage(
            uncachedInput: 1,
            cacheRead: 2,
            cacheWrite5m: 4,
            cacheWrite1h: 8,
            output: 16,
            reasoning: 5
        )
        #expect(usage.totalInput == 15)
        #expect(usage.total == 31)
        usage.merge(TokenUsage(output: 20))
        usage.merge(TokenUsage())
        #expect(
            usage
                == TokenUsage(
                    uncachedInput: 1,
                    cacheRead: 2,
                    cacheWrite5m: 4,
                    cacheWrite1h: 8,
                    output: 20,
                    reasoning: 5
                )
        )
        // A later report that does not tell cached tokens apart counts them among the others.
        usage.merge(TokenUsage(uncachedInput: 15, output: 21))
        #expect(usage == TokenUsage(uncachedInput: 15, output: 21, reasoning: 5))
        #expect(TokenUsage(uncachedInput: .max, cacheRead: .max, output: .max).total == .max)
        #expect(TokenUsage().isEmpty)
        #expect(!TokenUsage(output: 0).isEmpty)
        #expect([0, 1, 2, 7, 8, 11].map(TokenUsage.estimate) == [0, 1, 1, 2, 2, 3])
    }

    @Test(
        "Base URLs are read into their parts",
        arguments: [
            ("https://api.example/v1", "api.example", 443, "/v1", "api.example"),
            ("http://127.0.0.1:8000/v1/", "127.0.0.1", 8000, "/v1", "127.0.0.1:8000"),
            ("http://[::1]:9000", "::1", 9000, "", "[::1]:9000"), ("http://h:80//", "h", 80, "", "h"),
            ("https://h:80", "h", 80, "", "h:80"),
        ]
    )
    func addresses(text: String, host: String, port: Int, path: String, authority: String) throws {
        let address = try #require(UpstreamAddress(baseURL: text))
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(address.pathPrefix == path)
        #expect(address.authority == authority)
    }

    @Test(
        "What could send a request elsewhere is no base URL",
        arguments: [
            "", "api.example", "ftp://h", "http://", "http://:80", "http://h:0", "http://h:65536", "http://h:x",
            "http://h:", "http://u@h",
            "http://h/?q", "http://h#f", "http://h\\x", "http://h/a b", "http://h/\r\nx: y", "http://[::1",
            "http://[::1]x", "http://h/\u{e9}",
            "http://h:+80",
        ]
    )
    func badAddresses(text: String) {
        #expect(UpstreamAddress(baseURL: text) == nil)
    }

    @Test("Names have three parts; only the last may hold dots")
    func names() {
        #expect(ObjectName("system.ai.gpt-5.1")?.name == "gpt-5.1")
        for text in [
            "", "a", "a.b", "a.b.", ".b.c", "a..c", "a b.c.d", "a.b.c/d", "a.b.c\n", "\u{e9}.b.c",
            "a.b." + String(repeating: "x", count: 256),
        ] {
            #expect(ObjectName(text) == nil)
        }
    }

    @Test("Parts of an answer add up, but for what one of them does not tell")
    func addedUsage() {
        var usage = TokenUsage(uncachedInput: 3, cacheRead: 1, output: 2)
        usage.add(TokenUsage(uncachedInput: 4, output: .max))
        #expect(usage == TokenUsage(uncachedInput: 7, output: .max))
        usage.add(TokenUsage())
        #expect(usage.isEmpty)
    }

    @Test(
        "The checksum is the one of its specification, however the text comes",
        arguments: [("", 0xCBF2_9CE4_8422_2325), ("a", 0xAF63_DC4C_8601_EC8C), ("foobar", 0x8594_4171_F739_67E8)]
            as [(String, UInt64)]
    )
    func checksum(_ text: String, _ expected: UInt64) throws {
        #expect(FNV1a(text).value == expected)
        var pieces = FNV1a()
        for byte in text.utf8 { pieces.add(byte) }
        #expect(pieces.value == expected)
        let escapes = text.utf8.map { (($0 < 16 ? "\\u000" : "\\u00") + String($0, radix: 16)) }.joined()
        var spelled = FNV1a()
        spelled.add(try #require(try JSONValue(validating: ByteBuffer(string: "\"\(escapes)\"")).text))
        #expect(spelled.value == expected)
        #expect(spelled.text.string == String(expected, radix: 36))
    }
}
