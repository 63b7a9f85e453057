// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore
import Testing

@Suite("Documents that are refused")
struct InvalidDocumentTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let bytes: [UInt8]
        let error: JSONError

        init(_ text: String, _ reason: JSONError.Reason, _ offset: Int) {
            self.init(Array(text.utf8), reason, offset)
        }

        init(_ bytes: [UInt8], _ reason: JSONError.Reason, _ offset: Int) {
            self.bytes = bytes
            error = JSONError(reason, offset: offset)
        }

        var testDescription: String { String(decoding: bytes, as: UTF8.self) }
    }

    static let structure: [Case] = [
        Case("", .unexpectedEnd, 0), Case("  ", .unexpectedEnd, 2), Case("{", .unexpectedEnd, 1),
        Case("[", .unexpectedEnd, 1), Case("[1", .unexpectedEnd, 2), Case("[1,", .unexpectedEnd, 3),
        Case("[1,]", .unexpectedByte, 3), Case("[,1]", .unexpectedByte, 1), Case("[1,,2]", .unexpectedByte, 3),
        Case("[1 2]", .unexpectedByte, 3), Case("[1:2]", .unexpectedByte, 2), Case("[1}", .unexpectedByte, 2),
        Case("]", .unexpectedByte, 0), Case("}", .unexpectedByte, 0), Case(",", .unexpectedByte, 0),
        Case(":", .unexpectedByte, 0), Case("[]]", .trailingBytes, 2), Case("{}}", .trailingBytes, 2),
        Case("{} {}", .trailingBytes, 3), Case("1 2", .trailingBytes, 2), Case("nullx", .trailingBytes, 4),
        Case("\"a\"b", .trailingBytes, 3), Case("[]\0", .trailingBytes, 2), Case("{}//c", .trailingBytes, 2),
        Case(#"{"a"}"#, .unexpectedByte, 4), Case(#"{"a":}"#, .unexpectedByte, 5), Case(#"{"a""#, .unexpectedEnd, 4),
        Case(#"{"a":"#, .unexpectedEnd, 5), Case(#"{"a":1"#, .unexpectedEnd, 6), Case(#"{"a":1,"#, .unexpectedEnd, 7),
        Case(#"{"a":1,}"#, .unexpectedByte, 7), Case(#"{,"a":1}"#, .unexpectedByte, 1),
        Case(#"{"a":1 "b":2}"#, .unexpectedByte, 7), Case(#"{"a" 1}"#, .unexpectedByte, 5),
        Case(#"{"a":1]"#, .unexpectedByte, 6), Case(#"{"a"::1}"#, .unexpectedByte, 5),
        Case("{a:1}", .unexpectedByte, 1), Case("{1:1}", .unexpectedByte, 1), Case("{'a':1}", .unexpectedByte, 1),
        Case("{null:1}", .unexpectedByte, 1), Case("{[]:1}", .unexpectedByte, 1), Case("[/**/1]", .unexpectedByte, 1),
        Case("[1/**/]", .unexpectedByte, 2), Case("<html>", .unexpectedByte, 0), Case("[\u{B}]", .unexpectedByte, 1),
        Case("[\u{A0}1]", .unexpectedByte, 1), Case("\u{FEFF}{}", .unexpectedByte, 0), Case("\0", .unexpectedByte, 0),
        Case([0xFF, 0xFE, 0x7B, 0x00, 0x7D, 0x00], .unexpectedByte, 0),
        Case([0x00, 0x7B, 0x00, 0x7D], .unexpectedByte, 0),
        Case([0x7B, 0x00, 0x7D, 0x00], .unexpectedByte, 1),
    ]

    static let literals: [Case] = [
        Case("nul", .unexpectedEnd, 3), Case("nulL", .unexpectedByte, 3), Case("Null", .unexpectedByte, 0),
        Case("tru", .unexpectedEnd, 3), Case("truE", .unexpectedByte, 3), Case("True", .unexpectedByte, 0),
        Case("fals", .unexpectedEnd, 4), Case("falsy", .unexpectedByte, 4), Case("undefined", .unexpectedByte, 0),
        Case("NaN", .unexpectedByte, 0), Case("nan", .unexpectedByte, 1), Case("Infinity", .unexpectedByte, 0),
        Case("-Infinity", .invalidNumber, 1), Case("[truefalse]", .unexpectedByte, 5),
        Case("[null0]", .unexpectedByte, 5),
    ]

    static let numbers: [Case] = [
        Case("01", .invalidNumber, 1), Case("-01", .invalidNumber, 2), Case("00", .invalidNumber, 1),
        Case("-", .unexpectedEnd, 1), Case("[-]", .invalidNumber, 2), Case("--1", .invalidNumber, 1),
        Case("+1", .unexpectedByte, 0), Case(".5", .unexpectedByte, 0), Case("-.5", .invalidNumber, 1),
        Case("1.", .unexpectedEnd, 2), Case("[1.]", .invalidNumber, 3), Case("1.e1", .invalidNumber, 2),
        Case("1e", .unexpectedEnd, 2), Case("[1e]", .invalidNumber, 3), Case("1e+", .unexpectedEnd, 3),
        Case("1e+-1", .invalidNumber, 3), Case("1ee1", .invalidNumber, 2), Case("1.1.1", .trailingBytes, 3),
        Case("0x10", .trailingBytes, 1), Case("1_000", .trailingBytes, 1), Case("[1,000.5.5]", .invalidNumber, 4),
        Case("1f", .trailingBytes, 1), Case("1e1.5", .trailingBytes, 3), Case("١", .unexpectedByte, 0),
        Case("0.", .unexpectedEnd, 2), Case("0e", .unexpectedEnd, 2), Case("- 1", .invalidNumber, 1),
    ]

    static let strings: [Case] = [
        Case("\"", .unexpectedEnd, 1), Case("\"abc", .unexpectedEnd, 4), Case("'a'", .unexpectedByte, 0),
        Case("\"a\nb\"", .controlCharacter, 2), Case("\"a\tb\"", .controlCharacter, 2),
        Case("\"\0\"", .controlCharacter, 1),
        Case("\"\u{1F}\"", .controlCharacter, 1), Case(#""\""#, .unexpectedEnd, 3), Case("\"\\", .unexpectedEnd, 2),
        Case(#""\a""#, .invalidEscape, 1), Case(#""\'""#, .invalidEscape, 1), Case(#""\0""#, .invalidEscape, 1),
        Case(#""\x41""#, .invalidEscape, 1), Case(#""\U0041""#, .invalidEscape, 1), Case(#""\N""#, .invalidEscape, 1),
        Case(#""\u""#, .invalidEscape, 3), Case(#""\u1""#, .invalidEscape, 4), Case(#""\u12""#, .invalidEscape, 5),
        Case(#""\u123""#, .invalidEscape, 6), Case(#""\u123g""#, .invalidEscape, 6),
        Case(#""\u+123""#, .invalidEscape, 3),
        Case(#""\u12"#, .unexpectedEnd, 5), Case("\"\\é\"", .invalidEscape, 1), Case("\"\\\n\"", .invalidEscape, 1),
        Case(#"{"a\q":1}"#, .invalidEscape, 3), Case("{\"a\n\":1}", .controlCharacter, 3),
    ]

    static let surrogates: [Case] = [
        Case(#""\uD800""#, .loneSurrogate, 1), Case(#""\uDBFF""#, .loneSurrogate, 1),
        Case(#""\uDC00""#, .loneSurrogate, 1),
        Case(#""\uDFFF""#, .loneSurrogate, 1), Case(#""\uD800x""#, .loneSurrogate, 1),
        Case(#""\uD800\n""#, .loneSurrogate, 1), Case(#""\uD800\u0041""#, .loneSurrogate, 1),
        Case(#""\uD800\uD800\uDC00""#, .loneSurrogate, 1), Case(#""\uDC00\uD800""#, .loneSurrogate, 1),
        Case(#""ab\uD83D\uDE00\uDE00""#, .loneSurrogate, 15), Case(#""\uD800\uE000""#, .loneSurrogate, 1),
        Case(#""\uD800\u""#, .invalidEscape, 9), Case(#""\uD800"#, .loneSurrogate, 1),
        Case(#"{"\uDEAD":1}"#, .loneSurrogate, 2),
    ]

    static let encodings: [Case] = [
        Case([0x22, 0x80, 0x22], .invalidUTF8, 1), Case([0x22, 0xBF, 0x22], .invalidUTF8, 1),
        Case([0x22, 0xC0, 0x80, 0x22], .invalidUTF8, 1), Case([0x22, 0xC1, 0xBF, 0x22], .invalidUTF8, 1),
        Case([0x22, 0xC3, 0x22], .invalidUTF8, 1), Case([0x22, 0xC3], .invalidUTF8, 1),
        Case([0x22, 0xC3, 0x28, 0x22], .invalidUTF8, 1), Case([0x22, 0xE0, 0x9F, 0xBF, 0x22], .invalidUTF8, 1),
        Case([0x22, 0xE2, 0x82, 0x22], .invalidUTF8, 1), Case([0x22, 0xE2, 0x82], .invalidUTF8, 1),
        Case([0x22, 0xED, 0xA0, 0x80, 0x22], .invalidUTF8, 1), Case([0x22, 0xED, 0xBF, 0xBF, 0x22], .invalidUTF8, 1),
        Case([0x22, 0xF0, 0x8F, 0xBF, 0xBF, 0x22], .invalidUTF8, 1),
        Case([0x22, 0xF0, 0x9F, 0x98, 0x22], .invalidUTF8, 1),
        Case([0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], .invalidUTF8, 1),
        Case([0x22, 0xF5, 0x80, 0x80, 0x80, 0x22], .invalidUTF8, 1),
        Case([0x22, 0xFE, 0x22], .invalidUTF8, 1), Case([0x22, 0xFF, 0x22], .invalidUTF8, 1),
        Case([0x22, 0xC3, 0xA9, 0xC3, 0x22], .invalidUTF8, 3),
        Case([0x22, 0x61, 0xC3, 0xA9, 0x80, 0x22], .invalidUTF8, 4),
        Case([0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D], .invalidUTF8, 2), Case([0xE9], .unexpectedByte, 0),
    ]

    @Test(
        "A refused document names the first byte that is wrong",
        arguments: structure + literals + numbers + strings + surrogates + encodings
    )
    func refused(_ example: Case) {
        #expect(throws: example.error) { try JSONValue(validating: document(example.bytes)) }
    }

    @Test(
        "What is refused by itself is refused as a member, in arrays, and by the scan",
        arguments: literals + numbers + strings + surrogates + encodings
    )
    func refusedInside(_ example: Case) {
        for (prefix, suffix) in [("{\"key\": ", "}"), ("[0, ", "]"), ("{\"a\":[{\"b\":", "}]}")] {
            let bytes = Array(prefix.utf8) + example.bytes + Array(suffix.utf8)
            #expect(throws: JSONError.self) { try JSONValue(validating: document(bytes)) }
            #expect(throws: JSONError.self) { try JSONScan(document(bytes)) }
        }
    }

    @Test("Every beginning of a document is refused, with the end as the place")
    func truncated() throws {
        let text = #"{"a":[1,-2.5e+3,"x\n\ud83d\ude00é",{"b":null}],"c":true}"#
        _ = try json(text)
        for count in 0..<text.utf8.count {
            #expect(throws: JSONError.self, "\(count) bytes") {
                try JSONValue(validating: document(Array(text.utf8.prefix(count))))
            }
        }
    }

    @Test("An error says in plain words what is wrong and where, without quoting the document")
    func descriptions() {
        #expect("\(JSONError(.invalidUTF8, offset: 17))" == "invalid UTF-8 at byte 17")
        #expect("\(JSONError(.duplicateMember("model"), offset: 3))" == "duplicate field 'model' at byte 3")
        #expect("\(JSONError(.wrongType(expected: "an object"), offset: 0))" == "expected an object at byte 0")
        #expect("\(JSONError(.missingMember("messages"), offset: 0))" == "missing field 'messages' at byte 0")
    }
}
