// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

/// Structured outputs of targets that have no control for them.
@Suite("Structured outputs by a tool")
struct StructuredOutputTests {
    private static let schema =
        #"{"type":"object","properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false}"#
    private static let format =
        #""response_format":{"type":"json_schema","json_schema":{"name":"place","description":"A place.","schema":\#(schema),"strict":true}}"#
    private static let tools = #""tools":[{"type":"function","function":{"name":"look"}}]"#

    /// A request of a Databricks client for an upstream of OpenAI's format without structured outputs.
    private func translate(
        _ members: String,
        isStreaming: Bool = false,
        to format: WireFormat = .anthropicMessages,
        _ path: String = Calls.mlflowPath
    ) throws -> Translation {
        try Calls.translate(
            path,
            #"{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"Where?"}],"stream":\#(isStreaming),\#(members)}"#,
            to: format
        )
    }

    private static let object = #""response_format":{"type":"json_object"}"#

    // MARK: Requests

    @Test("tools-11: Without a control the answer is taken by a tool that must be called")
    func forced() throws {
        let translation = try translate(Self.object)
        #expect(!translation.dropped.contains("response_format"))
        let body = try JSONValue(validating: translation.joinedBody)
        let tool = try #require(body["tools"]?.array?.first)
        #expect(tool["input_schema"]?["type"]?.string == "object")
        #expect(body["tool_choice"]?["type"]?.string == "tool")
        #expect(body["tool_choice"]?["name"]?.string == tool["name"]?.string)
        #expect(body["system"]?.string == "s")
    }

    @Test(
        "tools-11: Beside the client's tools, and where the model thinks, the tool is asked for and not forced",
        arguments: [tools, #""thinking":{"type":"enabled","budget_tokens":2048}"#, #""reasoning_effort":"high""#]
    )
    func instructed(members: String) throws {
        let body = try JSONValue(validating: translate("\(Self.object),\(members)").joinedBody)
        let names = (body["tools"]?.array.map(Array.init) ?? []).compactMap { $0["name"]?.string }
        #expect(names.contains("give_answer"))
        let choice = body["tool_choice"]?["type"]?.string
        #expect(choice == nil || choice == "auto")
        let system = try #require(body["system"]?.array.map(Array.init))
        #expect(system.first?["text"]?.string == "s")
        #expect(system.last?["text"]?.string?.contains("give_answer") == true)
    }

    @Test("A tool that the client demands is called as before, and no name is taken twice")
    func clientsTools() throws {
        let demanded = try JSONValue(
            validating: translate(#"\#(Self.object),\#(Self.tools),"tool_choice":"required""#).joinedBody
        )
        #expect(demanded["tools"]?.array.map(Array.init)?.count == 1)
        #expect(demanded["tool_choice"]?["type"]?.string == "any")
        let taken = #""tools":[{"type":"function","function":{"name":"give_answer"}}]"#
        let body = try JSONValue(validating: translate("\(Self.object),\(taken)").joinedBody)
        let names = (body["tools"]?.array.map(Array.init) ?? []).compactMap { $0["name"]?.string }
        #expect(names == ["give_answer", "give_answer_"])
        let none = try JSONValue(
            validating: translate(#"\#(Self.object),\#(Self.tools),"tool_choice":"none""#).joinedBody
        )
        #expect(none["tool_choice"]?["name"]?.string == "give_answer")
    }

    @Test("A server of the client's own format that lacks the control gets the tool, any other request unchanged")
    func sameFormat() throws {
        func translate(_ format: String, _ control: UpstreamTraits.StructuredOutput) throws -> Translation {
            let body = #"{"model":"m","messages":[{"role":"user","content":"Where?"}],"future":1,\#(format)}"#
            return try Dialects().translate(
                Calls.envelope(Calls.chatPath, ByteBuffer(string: body)),
                to: ChatRoundTripTests.target { $0.structuredOutput = control },
                answer: Calls.identity
            )
        }
        for (format, control) in [
            (Self.format, UpstreamTraits.StructuredOutput.object), (Self.format, .tool), (Self.object, .tool),
        ] {
            let translation = try translate(format, control)
            let body = try JSONValue(validating: translation.joinedBody)
            #expect(body["response_format"] == nil)
            #expect(body["future"]?.int == 1)
            #expect(body["tool_choice"]?["function"]?["name"]?.string == "give_answer")
            if control == .object {
                let parameters = try #require(body["tools"]?.array?.first?["function"]?["parameters"])
                try expectEqual(parameters.bytes, Self.schema)
            }
            let answer =
                #"{"choices":[{"message":{"content":null,"tool_calls":[{"id":"a","function":{"name":"give_answer","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}"#
            let outcome = translation.response.run(ByteBuffer(string: answer))
            let choice = try #require(
                JSONValue(validating: ByteBuffer(string: outcome.output))["choices"]?.array?.first
            )
            #expect(choice["message"]?["content"]?.string == "{}")
            #expect(choice["finish_reason"]?.string == "stop")
        }
        for (format, control) in [(Self.object, UpstreamTraits.StructuredOutput.object), (Self.format, .schema)] {
            #expect(String(buffer: try translate(format, control).joinedBody).contains(format))
        }
    }

    // MARK: Answers

    private static let text = #"{"type":"text","text":"Here it is: "}"#
    private static let answer = #"{"type":"tool_use","id":"t","name":"give_answer","input":{"city":"Zürich"}}"#
    private static let look = #"{"type":"tool_use","id":"l","name":"look","input":{}}"#

    /// Blocks of an answer; the text, the tools and the reason that the client gets.
    static let answers: [([String], String?, [String], String)] = [
        ([answer], #"{"city":"Zürich"}"#, [], "stop"),
        ([text, answer], #"{"city":"Zürich"}"#, [], "stop"),
        ([answer, text], #"{"city":"Zürich"}"#, [], "stop"),
        ([answer, answer], #"{"city":"Zürich"}"#, [], "stop"),
        ([look], nil, ["look"], "tool_calls"),
        ([text, look], "Here it is: ", ["look"], "tool_calls"),
        ([look, answer], #"{"city":"Zürich"}"#, ["look"], "tool_calls"),
        ([#"{"type":"text","text":"{\"city\":\"Bern\"}"}"#], #"{"city":"Bern"}"#, [], "stop"),
        ([#"{"type":"text","text":"\n```json\n{\"city\":\"Bern\"}\n```\n"}"#], #"{"city":"Bern"}"#, [], "stop"),
        ([#"{"type":"text","text":"I do not know."}"#], "I do not know.", [], "stop"),
        ([#"{"type":"tool_use","id":"t","name":"give_answer","input":{}}"#], "{}", [], "stop"),
    ]

    @Test("tools-11: The call becomes the answer's text again, and the reason is mended", arguments: answers)
    func whole(blocks: [String], text: String?, tools: [String], reason: String) throws {
        let usesTool = blocks.contains { $0.contains("tool_use") }
        let body =
            #"{"id":"m","content":[\#(blocks.joined(separator: ","))],"stop_reason":"\#(usesTool ? "tool_use" : "end_turn")","usage":{}}"#
        let outcome = try translate("\(Self.object),\(Self.tools)").response.run(ByteBuffer(string: body))
        let choice = try #require(JSONValue(validating: ByteBuffer(string: outcome.output))["choices"]?.array?.first)
        #expect(choice["message"]?["content"]?.string == text)
        let calls = choice["message"]?["tool_calls"]?.array.map(Array.init) ?? []
        #expect(calls.map { $0["function"]?["name"]?.string } == tools)
        #expect(choice["finish_reason"]?.string == reason)
    }

    @Test("tools-11: The same in streams, wherever they are cut", arguments: answers)
    func streamed(blocks: [String], text: String?, tools: [String], reason: String) throws {
        var events = [#"{"type":"message_start","message":{"id":"m","usage":{}}}"#]
        var usesTool = false
        for (index, block) in blocks.enumerated() {
            let value = try JSONValue(validating: ByteBuffer(string: block))
            if let text = value["text"]?.string {
                events.append(
                    #"{"type":"content_block_start","index":\#(index),"content_block":{"type":"text","text":""}}"#
                )
                for character in text {
                    let piece = String(buffer: JSONValue { $0.string(String(character)) }.bytes)
                    events.append(
                        #"{"type":"content_block_delta","index":\#(index),"delta":{"type":"text_delta","text":\#(piece)}}"#
                    )
                }
            } else {
                usesTool = true
                events.append(
                    #"{"type":"content_block_start","index":\#(index),"content_block":{"type":"tool_use","id":"\#(value["id"]?.string ?? "")\#(index)","name":"\#(value["name"]?.string ?? "")","input":{}}}"#
                )
                let input = String(buffer: try #require(value["input"]).bytes)
                if input != "{}" {
                    for piece in [input.prefix(5), input.dropFirst(5)] {
                        let piece = String(buffer: JSONValue { $0.string(String(piece)) }.bytes)
                        events.append(
                            #"{"type":"content_block_delta","index":\#(index),"delta":{"type":"input_json_delta","partial_json":\#(piece)}}"#
                        )
                    }
                }
            }
            events.append(#"{"type":"content_block_stop","index":\#(index)}"#)
        }
        events.append(
            #"{"type":"message_delta","delta":{"stop_reason":"\#(usesTool ? "tool_use" : "end_turn")"},"usage":{}}"#
        )
        events.append(#"{"type":"message_stop"}"#)
        let bytes = ByteBuffer(string: events.map { "data: \($0)\n\n" }.joined())
        let response = try translate("\(Self.object),\(Self.tools)", isStreaming: true, Calls.chatPath).response
        let outcome = response.run(bytes)
        #expect(outcome.error == nil)
        var content: String?
        var names: [String] = []
        var finish: String?
        for data in eventData(outcome.output) {
            let choice = try JSONValue(validating: ByteBuffer(string: data))["choices"]?.array?.first
            if let piece = choice?["delta"]?["content"]?.string, !piece.isEmpty { content = (content ?? "") + piece }
            for call in choice?["delta"]?["tool_calls"]?.array.map(Array.init) ?? [] {
                if let name = call["function"]?["name"]?.string { names.append(name) }
            }
            finish = choice?["finish_reason"]?.string ?? finish
        }
        #expect(content == text)
        #expect(names == tools)
        #expect(finish == reason)
        for cut in [Cut.every(1), .every(7), .at(bytes.readableBytes / 2)] {
            #expect(response.run(bytes, cut) == outcome)
        }
    }

    @Test("The answer streams as it is written")
    func incremental() throws {
        var transform = try translate(Self.object, isStreaming: true, Calls.chatPath).response
        for event in [
            #"{"type":"message_start","message":{"id":"m","usage":{}}}"#,
            #"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"give_answer","input":{}}}"#,
        ] { _ = try transform.consume(ByteBuffer(string: "data: \(event)\n\n")) }
        for piece in ["{", #"\"city\""#, ":1}"] {
            let event =
                #"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"\#(piece)"}}"#
            let output = String(buffer: try transform.consume(ByteBuffer(string: "data: \(event)\n\n")))
            #expect(output.contains(#""content":"\#(piece)""#))
        }
    }
}
