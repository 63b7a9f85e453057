// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore
import Testing

@Suite("Writing")
struct WriterTests {
    private func written(_ build: (inout JSONWriter) -> Void) throws -> String {
        let value = JSONValue(build)
        #expect(try JSONValue(validating: value.bytes) == value)
        return value.bytes.text
    }

    @Test("Commas stand between members and elements, and nowhere else")
    func commas() throws {
        #expect(try written { $0.object { _ in } } == "{}")
        #expect(try written { $0.array { _ in } } == "[]")
        #expect(try written { $0.array { $0.int(1) } } == "[1]")
        let text = try written { writer in
            writer.object { writer in
                writer.member("a", 1)
                writer.member(
                    "b",
                    array: { writer in
                        writer.null()
                        writer.bool(true)
                        writer.array { _ in }
                        writer.object { $0.member("c", "d") }
                        writer.object { _ in }
                        writer.double(0.5)
                    }
                )
                writer.member("e", object: { _ in })
                writer.member("f", false)
                writer.key("g")
                writer.beginArray()
                writer.beginObject()
                writer.endObject()
                writer.string("h")
                writer.endArray()
            }
        }
        #expect(text == #"{"a":1,"b":[null,true,[],{"c":"d"},{},0.5],"e":{},"f":false,"g":[{},"h"]}"#)
    }

    @Test("A member can be any kind of value")
    func members() throws {
        let other = try json(#"{"x": [1.50, "\u00e9"]}"#)
        let string = "str" + "ing"
        let text = try written { writer in
            writer.object { writer in
                writer.member("literal", "l")
                writer.member("string", string)
                writer.member("text", JSONString("t"))
                writer.member("int", -1)
                writer.member("double", 1.5)
                writer.member("bool", true)
                writer.member("value", other)
                if let number = other["x"]?.array?.first?.number { writer.member("number", number) }
                if let escaped = other["x"]?.array?.dropFirst().first(where: { _ in true })?.text {
                    writer.member("escaped", escaped)
                }
                writer.key(JSONString("k\n"))
                writer.raw("{}")
                writer.key("dyn\(1)")
                writer.raw(ByteBuffer(string: "[0]"))
                writer.key("sub")
                writer.string(string.dropFirst())
            }
        }
        #expect(
            text
                == #"{"literal":"l","string":"string","text":"t","int":-1,"double":1.5,"bool":true,"#
                + #""value":{"x": [1.50, "\u00e9"]},"number":1.50,"escaped":"\u00e9","k\n":{},"dyn1":[0],"sub":"tring"}"#
        )
    }

    @Test("Every character comes back, whatever must be escaped")
    func escapes() throws {
        for value in (UInt32(0)...0x250).compactMap(Unicode.Scalar.init) {
            let string = "a" + String(value) + "b"
            #expect(try JSONValue(validating: JSONValue { $0.string(string) }.bytes).string == string)
        }
        #expect(
            try written { $0.string("\"\\/\n\r\t\u{8}\u{1F}\u{7F}é") } == "\"\\\"\\\\/\\n\\r\\t\\u0008\\u001f\u{7F}é\""
        )
    }

    @Test("Strings of every length come back, with escapes at every place")
    func lengths() throws {
        for length in 0..<150 {
            let plain = String(repeating: "é", count: length / 3) + String(repeating: "x", count: length - length / 3)
            #expect(JSONValue { $0.string(plain) }.string == plain)
            var bytes = [UInt8](repeating: UInt8(ascii: "y"), count: 150)
            bytes[length] = length % 2 == 0 ? 0x22 : 0x01
            bytes[149 - length] = 0x5C
            let string = String(decoding: bytes, as: UTF8.self)
            #expect(try JSONValue(validating: JSONValue { $0.string(string) }.bytes).string == string)
        }
        let controls = String(repeating: "\u{1}\n", count: 1000)
        #expect(try JSONValue(validating: JSONValue { $0.string(controls) }.bytes).string == controls)
    }

    @Test("A string is put together of pieces, escaped once")
    func pieces() throws {
        let text = try #require(json(#""\u00e9\n""#).text)
        let emoji = Array("😀\"".utf8)
        let written = try written { writer in
            writer.array { writer in
                writer.int(0)
                writer.beginString()
                writer.appendString("a\"")
                writer.appendString(text)
                writer.appendString(String(repeating: "b\\", count: 2))
                writer.appendString("xyz".dropFirst())
                for byte in emoji { writer.appendString(utf8: ByteBuffer(bytes: [byte])) }
                writer.endString()
                writer.beginString()
                writer.endString()
                writer.int(1)
            }
        }
        #expect(written == #"[0,"a\"\u00e9\nb\\b\\yz😀\"","",1]"#)
    }

    @Test("The writer appends to what is in its buffer")
    func appends() {
        var writer = JSONWriter(into: ByteBuffer(string: "data: "))
        writer.object { $0.member("a", 1) }
        writer.buffer.writeString("\n\n")
        #expect(writer.buffer.text == "data: {\"a\":1}\n\n")
    }

    @Test("What is not a number of JSON is never written")
    func nonFinite() throws {
        #expect(
            try written {
                $0.array {
                    $0.double(.nan); $0.double(.infinity); $0.double(-.infinity); $0.double(1e21)
                }
            }
                == "[null,null,null,1e+21]"
        )
    }

    @Test("A body that fails hands its error on with its type")
    func failing() {
        struct Refusal: Error, Equatable {}
        var writer = JSONWriter()
        #expect(throws: Refusal()) {
            try writer.object { (writer: inout JSONWriter) throws(Refusal) in
                try writer.member("a", array: { (_: inout JSONWriter) throws(Refusal) in throw Refusal() })
            }
        }
    }

    @Test("A value made of nothing is null")
    func nothing() {
        #expect(JSONValue { _ in }.isNull)
        #expect(JSONValue { _ in }.bytes.text == "null")
    }

    @Test("A document rewritten member by member means the same")
    func rewrite() throws {
        let value = try json(
            #" { "a" : [ 1 , -2.50 , "x\u0041\n" , { } , [ ] , true , null ] , "\u0062" : { "c" : "d" } } "#
        )
        #expect(try written { copy(value, &$0) } == #"{"a":[1,-2.50,"x\u0041\n",{},[],true,null],"\u0062":{"c":"d"}}"#)
    }
}

/// Writes a value member by member.
func copy(_ value: JSONValue, _ writer: inout JSONWriter) {
    if let object = value.object {
        writer.object { writer in
            for (key, value) in object {
                writer.key(key)
                copy(value, &writer)
            }
        }
    } else if let array = value.array {
        writer.array { writer in
            for element in array { copy(element, &writer) }
        }
    } else {
        writer.value(value)
    }
}
