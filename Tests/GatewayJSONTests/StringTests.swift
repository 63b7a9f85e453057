// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore
import Testing

@Suite("Texts")
struct StringTests {
    /// Spellings in a document, and what they mean.
    static let spellings: [(String, String)] = [
        ("", ""), ("abc", "abc"), (#"\u0061bc"#, "abc"), (#"a\/b"#, "a/b"),
        (#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{C}\n\r\t"),
        (#"\u00e9"#, "é"), ("é", "é"), (#"\u20AC\u20ac"#, "€€"), (#"\ud83d\ude00!"#, "😀!"), ("😀!", "😀!"),
        (#"x\u0000y"#, "x\0y"), (#"\uFFFF"#, "\u{FFFF}"), (#"\\u0041"#, "\\u0041"), (#"e\u0301"#, "e\u{301}"),
        (String(repeating: "long ", count: 50) + #"\n"#, String(repeating: "long ", count: 50) + "\n"),
    ]

    @Test("A text decodes, compares, hashes, counts and is written as what it means", arguments: spellings)
    func spelling(_ spelled: String, _ meaning: String) throws {
        let text = try #require(json("\"\(spelled)\"").text)
        #expect(text.string == meaning)
        #expect(text == JSONString(meaning))
        #expect(JSONString(meaning) == text)
        #expect(text == meaning)
        #expect(text.hashValue == JSONString(meaning).hashValue)
        #expect(text.utf8Count == meaning.utf8.count)
        #expect(text.isEmpty == meaning.isEmpty)
        for text in [text, JSONString(meaning)] {
            var pieces: [UInt8] = []
            text.forEachDecodedPiece { pieces += $0 }
            #expect(pieces == Array(meaning.utf8))
        }
        #expect(text != JSONString(meaning + "x"))
        #expect(text != JSONString("x" + meaning))
        #expect(JSONValue { $0.string(text) }.bytes.text == "\"\(spelled)\"")
        #expect(JSONValue { $0.string(meaning) }.string == meaning)
    }

    @Test("Two texts are equal exactly when their meanings are the same bytes")
    func pairs() throws {
        for (spelled, meaning) in Self.spellings {
            let text = try #require(json("\"\(spelled)\"").text)
            for (otherSpelled, otherMeaning) in Self.spellings {
                let other = try #require(json("\"\(otherSpelled)\"").text)
                #expect((text == other) == meaning.utf8.elementsEqual(otherMeaning.utf8), "\(spelled) \(otherSpelled)")
            }
        }
    }

    @Test("Composed and decomposed letters stay different")
    func normalisation() throws {
        let composed = try #require(json(#""\u00e9""#).text)
        let decomposed = try #require(json(#""e\u0301""#).text)
        #expect(composed.string == decomposed.string)
        #expect(composed != decomposed)
        #expect(JSONString("é") != JSONString("e\u{301}"))
    }

    @Test("A text compares with a literal, in a switch too")
    func literals() throws {
        let role = try #require(json(#"{"role":"\u0075ser"}"#)["role"]?.text)
        #expect(role == "user")
        #expect(role != "users")
        switch role {
        case "assistant": Issue.record("wrong case")
        case "user": break
        default: Issue.record("no case")
        }
    }

    @Test("Beginnings are found without decoding")
    func prefixes() throws {
        let plain = try #require(json(#""data:image/png;base64,AAAA""#).text)
        let escaped = try #require(json(#""\u0064ata:image\/png;base64,AAAA""#).text)
        let own = JSONString("data:image/png;base64,AAAA")
        for text in [plain, escaped, own] {
            #expect(text.hasPrefix("data:image/"))
            #expect(text.hasPrefix(""))
            #expect(text.hasPrefix("data:image/png;base64,AAAA"))
            #expect(!text.hasPrefix("data:image/png;base64,AAAAA"))
            #expect(!text.hasPrefix("data:audio/"))
            #expect(!text.hasPrefix("ata:"))
        }
    }
}
