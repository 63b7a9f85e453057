// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore
import Testing

@Suite("Capturing one member in passing")
struct MemberCaptureTests {
    /// What is captured from the pieces.
    private func captured(
        _ pieces: [ArraySlice<UInt8>],
        _ key: StaticString = "usage",
        maximumBytes: Int = 65536
    ) -> String? {
        var capture = JSONMemberCapture(key, maximumBytes: maximumBytes)
        for piece in pieces { capture.consume(document(Array(piece))) }
        return capture.value?.bytes.text
    }

    static let examples: [(String, String?)] = [
        (#"{"usage":{"a":1}}"#, #"{"a":1}"#),
        (#" { "id" : "x" , "usage" : { "a" : [ 1 , { } ] } , "z" : 0 } "#, #"{ "a" : [ 1 , { } ] }"#),
        (#"{"usage":12}"#, "12"), (#"{"usage": "a\"},b" }"#, #""a\"},b""#), (#"{"usage":null,"b":1}"#, "null"),
        (#"{"usage":[1,[2,3],{"usage":4}]}"#, #"[1,[2,3],{"usage":4}]"#),
        (#"{"us\u0061ge":1,"x":"usage"}"#, "1"), (#"{"\u0075\u0073\u0061\u0067\u0065":1}"#, "1"),
        (#"{"a":{"usage":1},"b":[{"usage":2}]}"#, nil), (#"{"usage1":1,"usag":2,"Usage":3}"#, nil),
        (#"{"a":"usage","b":"\"usage\":1"}"#, nil), (#"{"a\"usage":1}"#, nil), (#"{"a\\":1,"usage":2}"#, "2"),
        (#"{"usage":1,"a":2,"usage":3}"#, "3"), (#"{"a":"{[","usage":5,"b":"]}"}"#, "5"),
        (#"[{"usage":1},{"x":[0]},{"a":{"usage":9},"usage":{"b":"c"}}]"#, #"{"b":"c"}"#),
        (#"[["usage",1],{"usage":2},[{"usage":3}]]"#, "2"), (#"[{"usage":1},{"usage":2,"x":1}, {"y":1}]"#, "2"),
        ("{}", nil), ("[]", nil), ("\"usage\"", nil), ("1", nil), ("", nil), (#"["usage",1]"#, nil),
        (#"{"usage":"é😀\n"}"#, #""é😀\n""#), ("{\n  \"usage\": {\n    \"a\": 1\n  }\n}\n", "{\n    \"a\": 1\n  }"),
    ]

    @Test("The member is found whole, however the document is cut", arguments: examples)
    func everySplit(_ text: String, _ expected: String?) {
        let bytes = Array(text.utf8)
        #expect(captured([bytes[...]]) == expected)
        #expect(captured(bytes.indices.map { bytes[$0...$0] }) == expected)
        for first in bytes.indices {
            #expect(captured([bytes[..<first], bytes[first...]]) == expected, "cut at \(first)")
            for second in bytes.indices[first...] where bytes.count < 60 {
                let pieces = [bytes[..<first], bytes[first..<second], bytes[second...]]
                if captured(pieces) != expected { Issue.record("cut at \(first) and \(second)") }
            }
        }
    }

    @Test("A value longer than the bound is not kept, at the bound it is")
    func bound() {
        let text = Array((#"{"usage":""# + String(repeating: "x", count: 98) + #"","b":0}"#).utf8)
        #expect(captured([text[...]], maximumBytes: 99) == nil)
        #expect(captured([text[...]], maximumBytes: 100)?.utf8.count == 100)
        #expect(captured(text.indices.map { text[$0...$0] }, maximumBytes: 99) == nil)
        #expect(captured(text.indices.map { text[$0...$0] }, maximumBytes: 100)?.utf8.count == 100)
    }

    @Test("An incomplete or broken document gives no value, and no harm")
    func broken() {
        for text in [
            #"{"usage":{"a":1}"#, #"{"usage":"abc"#, #"{"usage":1"#, #"{"usage"1}"#, #"{"usage",1:2}"#, #"{"usage":}"#,
            #"{"usage":nul}"#, #"{"usage":{"a":1]}"#, "}}}}]]]]{{{{", #"]{"x""#, #"{"usage":01}"#, "\\\\\"\\",
            #"{"usage":"\q"}"#,
        ] {
            #expect(captured([ArraySlice(text.utf8)]) == nil, "\(text)")
        }
        #expect(captured([ArraySlice([0x22, 0xFF, 0xFE, 0x7B])]) == nil)
    }

    @Test("What a generated document holds is captured as the validation reads it")
    func generated() throws {
        var generator = DocumentGenerator(seed: 21)
        for _ in 0..<1500 {
            let bytes = generator.object()
            let value = try JSONValue(validating: document(bytes))
            var last: [JSONString: JSONValue] = [:]
            for (key, value) in try #require(value.object) { last[key] = value }
            let cut = Int.random(in: 0...bytes.count, using: &generator.random)
            #expect(captured([bytes[..<cut], bytes[cut...]], "a") == last["a"]?.bytes.text)
            #expect(captured([bytes[..<cut], bytes[cut...]], "é") == last["é"]?.bytes.text)
        }
    }

    @Test("A document of 64 MiB passes through without being kept")
    func large() {
        var capture = JSONMemberCapture("usage")
        capture.consume(ByteBuffer(string: #"{"data":""#))
        let piece = ByteBuffer(repeating: UInt8(ascii: "x"), count: 1 << 20)
        for _ in 0..<64 { capture.consume(piece) }
        capture.consume(ByteBuffer(string: #"","usage":{"total_tokens":8}}"#))
        #expect(capture.value?["total_tokens"]?.int == 8)
    }
}
