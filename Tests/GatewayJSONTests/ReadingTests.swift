// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore
import Testing

@Suite("Reading values")
struct ReadingTests {
    let request: JSONValue

    init() throws {
        request = try json(
            #"""
            {"model": "gpt-5", "messages": [{"role":"user","content":"Hi"}, {"role":"assistant","content":null}],
             "temperature": 0.5, "n": 1, "stream": true, "stop": [], "metadata": {}, "user": null}
            """#
        )
    }

    @Test("Each member is of its kind, and reads as no other")
    func kinds() throws {
        let expected: [(StaticString, JSONValue.Kind)] = [
            ("model", .string), ("messages", .array), ("temperature", .number), ("n", .number), ("stream", .bool),
            ("stop", .array), ("metadata", .object), ("user", .null),
        ]
        for (key, kind) in expected {
            let value = try #require(request[key])
            #expect(value.kind == kind)
            #expect((value.object != nil) == (kind == .object))
            #expect((value.array != nil) == (kind == .array))
            #expect((value.text != nil) == (kind == .string))
            #expect((value.string != nil) == (kind == .string))
            #expect((value.number != nil) == (kind == .number))
            #expect((value.double != nil) == (kind == .number))
            #expect((value.bool != nil) == (kind == .bool))
            #expect(value.isNull == (kind == .null))
        }
        #expect(request.kind == .object)
    }

    @Test("Values are found by key and read where they are")
    func values() {
        #expect(request["model"]?.string == "gpt-5")
        #expect(request["temperature"]?.double == 0.5)
        #expect(request["temperature"]?.int == nil)
        #expect(request["n"]?.int == 1)
        #expect(request["stream"]?.bool == true)
        #expect(request["stop"]?.array?.isEmpty == true)
        #expect(request["metadata"]?.object?.isEmpty == true)
        #expect(request["none"] == nil)
        #expect(request["model"]?["none"] == nil)
        #expect(request["mod" + "el"]?.text == "gpt-5")
        #expect(request["messages"]?.array?.map { $0["role"]?.string } == ["user", "assistant"])
        #expect(request["messages"]?.array?.first?["content"]?.string == "Hi")
        #expect(request["messages"]?.array?.count == 2)
    }

    @Test("A value's bytes are exactly its own, and its range says where they are")
    func bytes() throws {
        let message = try #require(request["messages"]?.array?.first)
        #expect(message.bytes.text == #"{"role":"user","content":"Hi"}"#)
        let sliced = request.document.getSlice(at: message.range.lowerBound, length: message.range.count)
        #expect(sliced == message.bytes)
        #expect(try JSONValue(validating: message.bytes)["role"]?.string == "user")
    }

    @Test("Members come in document order, duplicates included")
    func order() throws {
        let object = try #require(json(#"{"b":1,"a":2,"b":3,"":4,"\u0062":5}"#).object)
        #expect(object.map { $0.key.string } == ["b", "a", "b", "", "b"])
        #expect(object.map { $0.value.int } == [1, 2, 3, 4, 5])
        #expect(object["b"]?.int == 1)
        #expect(object[""]?.int == 4)
    }

    @Test("A duplicate of a member that is asked for is refused, however it is spelled")
    func duplicates() throws {
        for text in [
            #"{"model":"a","x":{"model":1},"model":"b"}"#, #"{"model":"a","\u006dodel":"b"}"#,
            #"{"\u006dodel":"a","model":"b"}"#, #"{"\u006Dodel":"a","mode\u006c":"b"}"#, #"{"model":1,"model":1}"#,
        ] {
            let object = try #require(json(text).object)
            #expect { try object.unique("model") } throws: { error in
                (error as? JSONError)?.reason == .duplicateMember("model")
            }
            let scan = try JSONScan(document(text))
            #expect { try scan.unique("model") } throws: { error in
                (error as? JSONError)?.reason == .duplicateMember("model")
            }
            #expect(throws: Never.self) { try object.unique("other") }
        }
    }

    @Test("One member is no duplicate, though others look like it")
    func noDuplicates() throws {
        let text = #"{"Model":0,"model":"a","models":1,"mode":2,"":3,"\\u006dodel":4,"model\u0000":5,"x":["model"]}"#
        #expect(try json(text).object?.unique("model")?.string == "a")
        #expect(try JSONScan(document(text)).unique("model")?.string == "a")
        #expect(try json(text).object?.unique("stream") == nil)
        #expect(try JSONScan(document(text)).unique("stream") == nil)
    }

    @Test("The place of a duplicate counts from the document's first byte")
    func duplicateOffset() throws {
        let text = #"{"a":1,"a":22}"#
        #expect(throws: JSONError(.duplicateMember("a"), offset: 11)) { try json(text).object?.unique("a") }
        #expect(throws: JSONError(.duplicateMember("a"), offset: 11)) { try JSONScan(document(text)).unique("a") }
    }

    @Test("Values are equal when they are spelled alike")
    func equality() throws {
        #expect(try json("[1,2]") == json(" [1,2] "))
        #expect(try json("[1,2]") != json("[1, 2]"))
        #expect(try json("{\"a\":[1]}")["a"] == json("[1]"))
        #expect(try json("1") != json("1.0"))
    }

    @Test("A description tells nothing of the content")
    func description() throws {
        let value = try json(#"{"content":"secret"}"#)
        #expect("\(value)" == "JSON object of 20 bytes")
        #expect(try "\(#require(value["content"]?.text))" == "JSON text of 6 bytes")
        #expect(!String(reflecting: value).contains("secret"))
        let text: JSONString? = value["content"]?.text
        #expect(!"\(String(describing: text))".contains("secret"))
    }
}
