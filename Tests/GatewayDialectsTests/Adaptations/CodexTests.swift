// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

@Suite("client-03: Codex in front of models that speak chat or Messages")
struct CodexTests {
    /// A body as Codex sends it in the middle of a task.
    private func body(isStreaming: Bool = false) throws -> ByteBuffer {
        let text = String(buffer: try Fixtures.bytes("OpenAIResponses/codex.request.json"))
        return ByteBuffer(string: text.replacing(#""stream": true"#, with: #""stream": \#(isStreaming)"#))
    }

    private func run(_ answer: String, isStreaming: Bool = false) throws -> Outcome {
        try Calls.translate("/openai/v1/responses", body(isStreaming: isStreaming), to: .openAIChat).response
            .run(ByteBuffer(string: answer))
    }

    /// The tools of a chat request by their names.
    private func tools(_ body: JSONValue) throws -> [String: JSONValue] {
        var tools: [String: JSONValue] = [:]
        for tool in try #require(body["tools"]?.array) {
            let inside = try #require(tool["function"] ?? tool["custom"])
            tools[try #require(inside["name"]?.string)] = inside
        }
        return tools
    }

    @Test("tools-07 tools-08: Chat gets every tool that it can have, by flat names, and the header names the others")
    func chatTools() throws {
        let translation = try Calls.translate("/openai/v1/responses", body(), to: .openAIChat)
        let tools = try tools(JSONValue(validating: translation.joinedBody))
        #expect(
            Set(tools.keys) == [
                "exec_command", "apply_patch", "mcp__docs__search", "mcp__docs__fetch", "local_shell", "late",
            ]
        )
        #expect(translation.dropped.contains("tools[].web_search"))
        #expect(
            !translation.dropped.contains {
                $0.contains("namespace") || $0.contains("local_shell") || $0.contains("custom")
            }
        )
        #expect(tools["mcp__docs__search"]?["description"]?.string == "The documentation.\n\nSearches.")
        #expect(tools["local_shell"]?["parameters"]?["required"]?.array?.first?.string == "command")
    }

    @Test(
        "tools-07: Messages gets custom tools as functions, their grammar told, and earlier calls of them in the same shape"
    )
    func messages() throws {
        let translation = try Calls.translate("/openai/v1/responses", body(), to: .anthropicMessages)
        let body = try JSONValue(validating: translation.joinedBody)
        let tools = try #require(body["tools"]?.array.map(Array.init))
        let patch = try #require(tools.first { $0["name"]?.string == "apply_patch" })
        #expect(patch["input_schema"]?["required"]?.array?.first?.string == "input")
        #expect(patch["description"]?.string?.hasSuffix("start: begin_patch hunk end_patch") == true)
        let text = String(buffer: body.bytes)
        #expect(text.contains(##""name":"apply_patch","input":{"input":"*** Begin Patch\n*** End Patch"}"##))
        #expect(text.contains(##""name":"mcp__docs__search""##))
        #expect(text.contains(##""name":"local_shell""##))
        #expect(
            try Calls.translate("/openai/v1/responses", self.body(), to: .anthropicMessages).joinedBody == body.document
        )
    }

    private static let answer = #"""
        {"id":"chatcmpl-1","model":"m","choices":[{"index":0,"finish_reason":"tool_calls","message":{"role":"assistant","content":null,"tool_calls":[
        {"id":"c1","type":"function","function":{"name":"mcp__docs__fetch","arguments":"{\"u\":1}"}},
        {"id":"c2","type":"function","function":{"name":"local_shell","arguments":"{\"command\":[\"ls\",\"-l\"],\"timeout_ms\":5}"}},
        {"id":"c3","type":"function","function":{"name":"local_shell","arguments":"{\"cmd\":\"ls\"}"}},
        {"id":"c4","type":"function","function":{"name":"exec_command","arguments":"{}"}}]}}],
        "usage":{"prompt_tokens":5,"completion_tokens":6,"total_tokens":11}}
        """#

    @Test("tools-08: Calls come back as Codex knows them: in their namespace, as items of the local shell")
    func answers() throws {
        let outcome = try run(Self.answer)
        #expect(outcome.error == nil)
        try checkAnswer(JSONValue(validating: ByteBuffer(string: outcome.output)))
    }

    @Test("tools-08: Calls come back in a stream as in a whole answer")
    func streams() throws {
        let answer = try JSONValue(validating: ByteBuffer(string: Self.answer))
        let calls = try #require(answer["choices"]?.array?.first?["message"]?["tool_calls"]?.array)
        var stream = ""
        for (index, call) in calls.enumerated() {
            let id = call["id"]?.string ?? ""
            let name = call["function"]?["name"]?.string ?? ""
            let start =
                #"{"index":\#(index),"id":"\#(id)","type":"function","function":{"name":"\#(name)","arguments":""}}"#
            stream +=
                #"data: {"id":"chatcmpl-1","model":"m","choices":[{"index":0,"delta":{"tool_calls":[\#(start)]}}]}"#
                + "\n\n"
            for character in call["function"]?["arguments"]?.string ?? "" {
                let piece = String(buffer: JSONValue { $0.string(String(character)) }.bytes)
                stream +=
                    #"data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":\#(index),"function":{"arguments":\#(piece)}}]}}]}"#
                    + "\n\n"
            }
        }
        stream +=
            #"data: {"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":5,"completion_tokens":6}}"#
        stream += "\n\ndata: [DONE]\n\n"
        let translation = try Calls.translate("/openai/v1/responses", body(isStreaming: true), to: .openAIChat)
        let whole = translation.response.run(ByteBuffer(string: stream))
        #expect(whole.error == nil)
        let events = try eventData(whole.output).map { try JSONValue(validating: ByteBuffer(string: $0)) }
        try checkAnswer(try #require(events.last?["response"]))
        for size in [1, 3, 11, 50] {
            #expect(translation.response.run(ByteBuffer(string: stream), .every(size)) == whole, "stream-10 stream-11")
        }
    }

    private func checkAnswer(_ response: JSONValue) throws {
        let output = try #require(response["output"]?.array.map(Array.init))
        #expect(
            output.map { $0["type"]?.string } == [
                "function_call", "local_shell_call", "function_call", "function_call",
            ]
        )
        #expect(output[0]["namespace"]?.string == "mcp__docs")
        #expect(output[0]["name"]?.string == "fetch")
        #expect(output[0]["call_id"]?.string == "c1")
        #expect(
            try canonical(#require(output[1]["action"]).bytes)
                == canonical(#"{"type":"exec","command":["ls","-l"],"timeout_ms":5,"env":{}}"#)
        )
        #expect(output[1]["call_id"]?.string == "c2")
        // No command: the client says what is wrong with it.
        #expect(output[2]["name"]?.string == "local_shell")
        #expect(output[3]["namespace"] == nil)
        #expect(response["usage"]?["total_tokens"]?.int == 11)
    }

    @Test(
        "A choice of a tool follows it into its new name",
        arguments: [
            (#"{"type":"function","name":"fetch"}"#, "mcp__docs__fetch"),
            (#"{"type":"function","name":"late"}"#, "late"),
        ]
    )
    func toolChoice(choice: String, name: String) throws {
        let text = String(buffer: try body()).replacing(#""tool_choice": "auto""#, with: #""tool_choice": \#(choice)"#)
        let chat = try Calls.translate("/openai/v1/responses", ByteBuffer(string: text), to: .openAIChat)
        let body = try JSONValue(validating: chat.joinedBody)
        #expect(body["tool_choice"]?["function"]?["name"]?.string == name)
    }

    @Test("A choice of a tool that the target has not is left to the model, and named")
    func hostedChoice() throws {
        let text = String(buffer: try body()).replacing(
            #""tool_choice": "auto""#,
            with: #""tool_choice": {"type":"web_search"}"#
        )
        let chat = try Calls.translate("/openai/v1/responses", ByteBuffer(string: text), to: .openAIChat)
        #expect(try JSONValue(validating: chat.joinedBody)["tool_choice"]?.string == "auto")
        #expect(chat.dropped.contains("tool_choice"))
    }
}

@Suite("Custom tools as functions")
struct CustomToolTests {
    private static let request = #"""
        {"model":"m","input":"x","stream":true,"tools":[{"type":"custom","name":"p"},{"type":"function","name":"f"}]}
        """#

    /// What a client gets of a call whose arguments come in these pieces.
    private func input(_ pieces: [String], name: String = "p") throws -> (deltas: String, item: JSONValue) {
        var events = [
            #"{"type":"message_start","message":{"id":"m","model":"c","usage":{"input_tokens":1,"output_tokens":1}}}"#,
            #"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"\#(name)","input":{}}}"#,
        ]
        for piece in pieces {
            let text = String(buffer: JSONValue { $0.string(piece) }.bytes)
            events.append(
                #"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":\#(text)}}"#
            )
        }
        events += [
            #"{"type":"content_block_stop","index":0}"#,
            #"{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":2}}"#,
            #"{"type":"message_stop"}"#,
        ]
        let stream = events.map { "data: \($0)\n\n" }.joined()
        let outcome = try Calls.translate("/openai/v1/responses", Self.request, to: .anthropicMessages).response
            .run(ByteBuffer(string: stream))
        #expect(outcome.error == nil)
        let read = try eventData(outcome.output).map { try JSONValue(validating: ByteBuffer(string: $0)) }
        let deltas = read.filter { $0["type"]?.string?.hasSuffix("_input.delta") == true }
        let item = try #require(read.last?["response"]?["output"]?.array?.first)
        return (deltas.compactMap { $0["delta"]?.string }.joined(), item)
    }

    @Test("tools-07: The text comes out of its wrapping however the JSON is cut")
    func everyCut() throws {
        let text = "*** \"Begin\"\\ \u{1F600}ü\n\t\u{0301}end"
        for wrapped in [
            String(buffer: JSONValue { $0.object { $0.member("input", text) } }.bytes),
            " { \"input\" :\n \"*** \\\"Begin\\\"\\\\ \\ud83d\\ude00\\u00fc\\n\\t\\u0301end\" } ",
        ] {
            let characters = Array(wrapped.unicodeScalars)
            for cut in 0...characters.count {
                let pieces = [characters[..<cut], characters[cut...]].map { piece in
                    String(String.UnicodeScalarView(piece))
                }
                let (deltas, item) = try input(pieces)
                #expect(item["input"]?.string == text, "cut at \(cut)")
                #expect(deltas == text)
                #expect(item["type"]?.string == "custom_tool_call")
            }
            let (deltas, _) = try input(characters.map { String($0) })
            #expect(deltas == text)
        }
    }

    @Test(
        "What is not wrapped as asked is the text itself, or what stands in it as 'input'",
        arguments: [
            ([#"{"other":1,"input":"a"}"#], "a"), ([#"{"inp"#, #"uts":"a"}"#], #"{"inputs":"a"}"#),
            (["plain", " text"], "plain text"),
            ([#"{"input":7}"#], #"{"input":7}"#), (["{}"], ""), ([], ""), ([#"{"input":"#], #"{"input":"#),
            ([#"{"input":"cut"#], "cut"),
            ([#"{"input":"a","more":"b"}"#], "a"), ([#"{"input":"\ud83d"#], ""),
        ] as [([String], String)]
    )
    func otherShapes(pieces: [String], expected: String) throws {
        #expect(try input(pieces).item["input"]?.string == expected)
    }

    @Test("A function beside it is left alone")
    func functions() throws {
        let (_, item) = try input([#"{"input":"a"}"#], name: "f")
        #expect(item["type"]?.string == "function_call")
        #expect(item["arguments"]?.string == #"{"input":"a"}"#)
    }
}
