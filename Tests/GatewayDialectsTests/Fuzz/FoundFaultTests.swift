// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

/// What the broken requests and answers of this folder, and reading with the same eyes, once showed.
@Suite("Faults that were found by breaking things")
struct FoundFaultTests {
    private static let gemini = "/gemini/v1beta/models/m:streamGenerateContent?alt=sse"
    private static let contents = #"{"contents":[{"parts":[{"text":"x"}]}]}"#

    private static func stream(_ events: [String]) -> ByteBuffer {
        ByteBuffer(string: events.map { "data: \($0)\n\n" }.joined())
    }

    @Test("Line ends in arguments and log probabilities do not break a Gemini client's events")
    func linesOfGeminiStreams() throws {
        let chunk =
            #"{"id":"c","choices":[{"index":0,"delta":{"content":"a"},"logprobs":{"content":[{"token":"a","logprob":[1,"#
            + "\ndata: " + #"2],"top_logprobs":[]}]}}]}"#
        let call =
            #"{"id":"c","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"i","function":{"name":"f","arguments":"{\n \"a\": [1,\r\n 2]\n}"}}]},"finish_reason":"tool_calls"}]}"#
        let transform = try Calls.translate(Self.gemini, Self.contents, to: .openAIChat).response
        let outcome = transform.run(Self.stream([chunk, call, "[DONE]"]))
        #expect(outcome.error == nil)
        let lines = outcome.output.split(whereSeparator: \.isNewline)
        #expect(lines.allSatisfy { $0.hasPrefix("data: ") }, "\(outcome.output)")
        var arguments: JSONValue?
        for line in lines {
            let event = try JSONValue(validating: ByteBuffer(string: String(line.dropFirst(6))))
            let part = event["candidates"]?.array?.first?["content"]?["parts"]?.array?.first
            arguments = part?["functionCall"]?["args"] ?? arguments
        }
        #expect(try canonical(#require(arguments).bytes) == #"{"a":[1,2]}"#)
    }

    @Test("An Anthropic stream's events stay in order, whatever the upstream sends")
    func orderOfAnthropicStreams() throws {
        let start = #"{"type":"message_start","message":{"id":"m"}}"#
        let block = #"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"a"}}"#
        let end = #"{"type":"message_delta","delta":{"stop_reason":"end_turn"}}"#
        let stop = #"{"type":"message_stop"}"#
        for events in [
            [start, start, block, end, stop], [start, block, end, block, stop], [block, end, stop],
            [start, block, end, end, stop], [end, stop], [stop],
        ] {
            let decoded = try DecodedStream(AnthropicMessages(), Self.stream(events))
            #expect(decoded.disorder == nil, "\(events)")
        }
        // A server that leaves out the first event is read all the same.
        #expect(try DecodedStream(AnthropicMessages(), Self.stream([block, end, stop])).failure == nil)
    }

    @Test("A part of a Gemini request in which nothing can be read is refused, never lost")
    func emptyParts() {
        for (role, part) in [
            ("user", "{}"), ("user", #"{"text":7}"#), ("user", #"{"thought":true}"#),
            ("model", #"{"functionResponse":{"name":"f","response":{}}}"#),
        ] {
            let body = #"{"contents":[{"role":"\#(role)","parts":[\#(part)]}]}"#
            #expect(throws: GatewayError.self, "\(part)") {
                try Calls.translate("/gemini/v1beta/models/m:generateContent", body, to: .openAIChat)
            }
        }
    }

    @Test("Stop sequences that the gateway must look for are bounded")
    func stopSequences() {
        let stop = String(repeating: "a", count: 5_000)
        let body = #"{"model":"m","messages":[{"role":"user","content":"x"}],"stop":["\#(stop)"]}"#
        #expect(throws: GatewayError.self) { try Calls.translate(Calls.chatPath, body, to: .openAIResponses) }
    }

    @Test("A tool that a later message defines anew takes the place of the first, in the order of the definitions")
    func redefinedTools() throws {
        func addition(_ name: String, _ description: String) -> String {
            #"{"type":"tool_addition","tool":{"definition":{"name":"\#(name)","description":"\#(description)","input_schema":{"type":"object"}}}}"#
        }
        let additions = [addition("b", "1"), addition("a", "2"), addition("b", "3")].joined(separator: ",")
        let removal = #"{"type":"tool_removal","tool":{"name":"c"}}"#
        let body = #"""
            {"model":"m","max_tokens":9,"tools":[{"name":"a","description":"0","input_schema":{"type":"object"}},{"name":"c","input_schema":{"type":"object"}},{"name":"d","input_schema":{"type":"object"}}],
            "messages":[{"role":"user","content":"x"},{"role":"system","content":[\#(additions),\#(removal)]},{"role":"user","content":"y"}]}
            """#
        let translation = try Calls.translate("/anthropic/v1/messages", body, to: .openAIChat)
        let tools = try JSONValue(validating: translation.joinedBody)["tools"]?.array.map(Array.init) ?? []
        #expect(tools.map { $0["function"]?["name"]?.string } == ["d", "a", "b"])
        #expect(tools.map { $0["function"]?["description"]?.string } == [nil, "2", "3"])
    }

    @Test("Messages that stand until the user's next turn go, and only those")
    func transientMessages() throws {
        func system(_ text: String, isTransient: Bool) -> String {
            #"{"role":"system","content":"\#(text)"\#(isTransient ? #","clear_at":"next_user_message""# : "")}"#
        }
        let messages = [
            #"{"role":"user","content":"u1"}"#, system("s1", isTransient: true),
            #"{"role":"assistant","content":"a1"}"#,
            system("s2", isTransient: false), system("s3", isTransient: true), #"{"role":"user","content":"u2"}"#,
            system("s4", isTransient: true), #"{"role":"assistant","content":"a2"}"#,
            #"{"role":"user","content":"u3"}"#,
            system("s5", isTransient: true),
        ]
        let body = #"{"model":"m","max_tokens":9,"messages":[\#(messages.joined(separator: ","))]}"#
        let translation = try Calls.translate("/anthropic/v1/messages", body, to: .openAIChat)
        let written = try JSONValue(validating: translation.joinedBody)["messages"]?.array.map(Array.init) ?? []
        #expect(written.map { $0["content"]?.string } == ["u1", "a1", "s2", "u2", "a2", "u3", "s5"])
    }

    @Test("Words of a client's schema cannot end the header that names what was left out")
    func droppedNames() throws {
        let tool =
            #"{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{"type":"string"}},"x\r\nset-cookie: a":1}}}"#
        let body = #"{"model":"m","messages":[{"role":"user","content":"x"}],"tools":[\#(tool)]}"#
        for model in ["gemini-2.0-flash", "gemini-3-pro-preview"] {
            let dropped = try Calls.translate(Calls.chatPath, body, to: .geminiGenerateContent, model: model).dropped
            #expect(dropped.allSatisfy { $0.utf8.allSatisfy { (0x20..<0x7F).contains($0) } }, "\(dropped)")
        }
        let dropped = try Calls.translate(Calls.chatPath, body, to: .geminiGenerateContent, model: "gemini-2.0-flash")
            .dropped
        #expect(dropped.contains { $0.contains("x??set-cookie: a") }, "\(dropped)")
    }

    private static let countPath = "/anthropic/v1/messages/count_tokens"

    @Test("However long the name of a model is, an error quotes a part of it")
    func longModel() {
        let name = String(repeating: "m", count: 40_000)
        // None of these upstreams can be asked for it.
        for (path, body, format) in [
            (Self.countPath, #""messages":[{"role":"user","content":"x"}]"#, WireFormat.openAIChat),
            ("/openai/v1/embeddings", #""input":"x""#, .openAIChat),
            ("/openai/v1/completions", #""prompt":"x""#, .vertexPredictEmbeddings),
        ] {
            let error = #expect(throws: GatewayError.self, "\(path)") {
                try Calls.translate(path, #"{"model":"\#(name)",\#(body)}"#, to: format)
            }
            #expect(error?.status == 400 && (error?.message.utf8.count ?? .max) < 2_000, "\(path)")
        }
    }

    @Test("A request as deep as any may be is counted, although its translation is deeper")
    func deepCount() throws {
        // Within `messages`, a message, its content, a block and its input.
        let levels = 122
        let input = String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        let call = #"{"type":"tool_use","id":"t","name":"f","input":{"a":\#(input)}}"#
        let result = #"{"type":"tool_result","tool_use_id":"t","content":"r"}"#
        let body =
            #"{"model":"m","messages":[{"role":"user","content":"x"},{"role":"assistant","content":[\#(call)]},"#
            + #"{"role":"user","content":[\#(result)]}]}"#
        for format in [WireFormat.geminiGenerateContent, .bedrockConverse] {
            let translation = try Calls.translate(Self.countPath, body, to: format)
            #expect(translation.body.map { String(buffer: $0) }.joined().contains(input), "\(format)")
        }
    }

    @Test("What several texts of an event share is replaced once")
    func sharedAttachments() throws {
        let event =
            #"{"id":"c","choices":[{"index":0,"delta":{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},"logprobs":{"content":[]}}]}"#
        var target = TranslationTarget(
            format: .openAIChat,
            model: "m",
            limits: ModelLimits(),
            defaultMaximumOutput: 9
        )
        target.wantsSteps = true
        let request = Calls.streamingChat()
        let envelope = try Calls.envelope(Calls.chatPath, ByteBuffer(string: request))
        var steps = try #require(Dialects().translate(envelope, to: target, answer: Calls.identity).steps)
        let edited = try steps.read(Self.stream([event]), isLast: false).map { step in
            var step = step
            if step.kind == .text { step.text = "x" }
            return step
        }
        let output = String(buffer: steps.write(edited))
        let data = output.split(separator: "\n").filter { $0.hasPrefix("data: ") }.map { $0.dropFirst(6) }
        #expect(data.count == 1)
        let choice = try JSONValue(validating: ByteBuffer(string: String(try #require(data.first))))["choices"]?.array
        #expect(choice?.first?["logprobs"]?.isNull == true)
    }
}
