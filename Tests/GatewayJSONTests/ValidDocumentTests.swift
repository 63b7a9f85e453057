// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore
import Testing

@Suite("Documents that RFC 8259 allows")
struct ValidDocumentTests {
    static let documents: [String] = [
        "{}", "[]", "null", "true", "false", "0", "-0", "\"\"",
        " {} ", "\t[\n]\r", "\n\r\t null \n\r\t ",
        #"{"":0}"#, #"{"a":{}}"#, #"{"a":[]}"#, #"{ "a" : 1 , "b" : 2 }"#, #"{"a":1,"a":2}"#,
        "[[]]", "[{}]", "[[],[]]", "[1]", "[1,2]", "[ 1 , 2 ]", "[null,true,false]", "[\"\"]",
        "1", "-1", "10", "123", "1.0", "1.5", "0.1", "-0.1", "0.0", "-0.0", "1e1", "1E1", "1e+1", "1e-1", "0e0",
        "0e+00",
        "1.5e300", "1e400", "-1e-400", "1e99999999999999999999", "123456789012345678901234567890",
        "0.00000000000000000000000000000000000000001", "9223372036854775807", "-9223372036854775808",
        #""a""#, #""\"""#, #""\\""#, #""\/""#, #""/""#, #""\b\f\n\r\t""#, #""\u0000""#, #""\u001f""#, #""\uABCD""#,
        #""\uabcd""#, #""\uD834\uDD1E""#, #""\ud834\udd1e""#, #""\uD800\uDC00""#, #""\uDBFF\uDFFF""#, #""\uE000""#,
        #""\uD7FF""#, #""\uFFFF""#, #""\\u12""#, #""\\\"""#, #""a\\""#,
        "\"\u{7F}\"", "\"é\"", "\"€\"", "\"😀\"", "\"\u{80}\"", "\"\u{7FF}\"", "\"\u{800}\"", "\"\u{D7FF}\"",
        "\"\u{E000}\"", "\"\u{FFFD}\"", "\"\u{FFFF}\"", "\"\u{10000}\"", "\"\u{10FFFF}\"", "\"\u{FEFF}\"",
        "\"\u{2028}\"",
        #"{"\u0061":1}"#, #"{"é":"é"}"#, #"{"{":"}","[":"]",":":","}"#,
        #"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"#,
    ]

    @Test("A valid document is accepted, and its bytes come back as they were", arguments: documents)
    func accepted(_ text: String) throws {
        let value = try json(text)
        let bare = text.drop(while: \.isJSONWhitespace).reversed().drop(while: \.isJSONWhitespace).reversed()
        #expect(value.bytes.text == String(String.UnicodeScalarView(bare.flatMap(\.unicodeScalars))))
        #expect(value.range.count == value.bytes.readableBytes)
        #expect(value.document == document(text))
    }

    @Test("Whitespace may stand between any two tokens")
    func whitespace() throws {
        let tokens = ["{", "\"a\"", ":", "[", "1", ",", "true", ",", "{", "}", "]", ",", "\"b\"", ":", "null", "}"]
        for space in [" ", "\t", "\n", "\r", " \t\r\n  ", String(repeating: " ", count: 100)] {
            let value = try json(space + tokens.joined(separator: space) + space)
            #expect(value["a"]?.array?.count == 3)
            #expect(value["b"]?.isNull == true)
        }
    }

    @Test("A string of any length ends where its quote is")
    func stringLengths() throws {
        for length in 0..<200 { try checkString(ofLength: length) }
    }

    private func checkString(ofLength length: Int) throws {
        let plain = String(repeating: "x", count: length)
        for (spelled, decoded) in [(plain, plain), (plain + "\\n", plain + "\n"), ("é" + plain, "é" + plain)] {
            let value = try json(#"{"a":"\#(spelled)","b":"\#(spelled)"}"#)
            #expect(value["a"]?.string == decoded)
            #expect(value["b"]?.string == decoded)
            #expect(value["b"]?.text == JSONString(decoded))
        }
    }

    @Test("A string of 5 MiB is accepted, and nothing of it is copied")
    func hugeString() throws {
        let text = #"{"image":""# + String(repeating: "QUJD", count: 5 << 18) + #"","model":"m"}"#
        let buffer = ByteBuffer(string: text)
        let value = try JSONValue(validating: buffer)
        let image = try #require(value["image"])
        #expect(image.text?.utf8Count == 5 << 20)
        #expect(value["model"]?.string == "m")
        let address = { (buffer: ByteBuffer) in buffer.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) } }
        #expect(address(image.bytes) == address(buffer) + 9)
    }
}

extension Character {
    fileprivate var isJSONWhitespace: Bool {
        self == " " || self == "\n" || self == "\r" || self == "\t" || self == "\r\n"
    }
}
