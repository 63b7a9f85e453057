// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

@Suite("Messages requests, written from the hub")
struct AnthropicUpstreamTests {
    private static let origin = StateOrigin(tag: 7)

    private static func text(_ text: String) -> Message.Part { .text(JSONString(text)) }

    private func encode(
        _ messages: [Message] = [Message(role: .user, parts: [text("Hi")])],
        model: String = "claude-sonnet-4-5",
        limits: ModelLimits = ModelLimits(maximumOutput: 64_000),
        change: (inout ModelRequest) -> Void = { _ in }
    ) throws -> (body: JSONValue, dropped: [String]) {
        var request = ModelRequest(model: model)
        request.messages = messages
        change(&request)
        var dropped = DroppedMembers()
        let target = TranslationTarget(
            format: .anthropicMessages,
            model: model,
            limits: limits,
            defaultMaximumOutput: 8192,
            origin: Self.origin
        )
        let body = try AnthropicMessages().encodeRequest(request, to: target, dropped: &dropped)
        return (try JSONValue(validating: body), dropped.names)
    }

    private func expect(_ value: JSONValue?, _ expected: String, _ location: SourceLocation = #_sourceLocation) throws {
        try expectEqual(#require(value, sourceLocation: location).bytes, expected, sourceLocation: location)
    }

    /// What the decoder makes of a thought.
    private func thought(_ text: String, signature: String) throws -> Message.Part {
        let body = #"{"content":[{"type":"thinking","thinking":"\#(text)","signature":"\#(signature)"}],"usage":{}}"#
        var context = AnswerContext(apiType: .openAIChat, identity: Calls.identity, model: "m")
        context.origin = Self.origin
        let response = try AnthropicMessages().decodeResponse(
            JSONValue(validating: ByteBuffer(string: body)),
            for: context
        )
        return try #require(response.candidates[0].parts.first)
    }

    private func toolTurn(_ thoughts: [Message.Part]) -> [Message] {
        let call = Message.ToolCall(id: "t1", name: "f", arguments: .text("{}"))
        return [
            Message(role: .user, parts: [Self.text("Go")]),
            Message(role: .assistant, parts: thoughts + [.toolCall(call)]),
            Message(role: .user, parts: [.toolResult(Message.ToolResult(callID: "t1", parts: [Self.text("done")]))]),
        ]
    }

    @Test("reasoning-02 reasoning-03: Thoughts go back whole with their own signature, first in their turn")
    func thoughts() throws {
        let redacted = Message.Part(
            .reasoning(Message.Reasoning(texts: [])),
            state: OpaqueState(.redacted, "cmVk", from: Self.origin)
        )
        let signed = try thought(#"Two\ncities."#, signature: "c2ln+/==")
        let call = Message.Part.toolCall(Message.ToolCall(id: "t1", name: "f", arguments: .text("")))
        let (body, dropped) = try encode(
            [
                Message(role: .user, parts: [Self.text("Go")]),
                Message(role: .assistant, parts: [Self.text("First."), signed, redacted, call]),
                Message(role: .user, parts: [.toolResult(Message.ToolResult(callID: "t1", parts: []))]),
            ]
        ) { $0.reasoning = ReasoningConfiguration(mode: .enabled, budget: 2048) }
        try expect(
            body["messages"]?.array.map(Array.init)?[1]["content"],
            #"""
            [{"type":"thinking","thinking":"Two\ncities.","signature":"c2ln+/=="},{"type":"redacted_thinking","data":"cmVk"},
             {"type":"text","text":"First."},{"type":"tool_use","id":"t1","name":"f","input":{}}]
            """#
        )
        try expect(body["thinking"], #"{"type":"enabled","budget_tokens":2048}"#)
        #expect(dropped.isEmpty)
    }

    @Test("reasoning-04 reasoning-05: A signature of another target, or one whose text has changed, stays out")
    func foreignThoughts() throws {
        var other = try thought("Two cities.", signature: "c2ln")
        other.state?.origin = StateOrigin(tag: 8)
        var shortened = try thought("Two cities.", signature: "c2ln")
        shortened.content = .reasoning(Message.Reasoning(texts: ["Two"]))
        var emptied = try thought("Two cities.", signature: "c2ln")
        emptied.content = .reasoning(Message.Reasoning(texts: []))
        let plain = Message.Part(.reasoning(Message.Reasoning(texts: ["Plain."])))
        let encrypted = Message.Part(
            .reasoning(Message.Reasoning(texts: ["s"])),
            state: OpaqueState(.encrypted, "ZW5j", from: Self.origin)
        )
        for part in [other, shortened, emptied, plain, encrypted] {
            let (body, dropped) = try encode(toolTurn([part])) { $0.reasoning.effort = .medium }
            #expect(!String(buffer: body.bytes).contains("signature"))
            #expect(dropped == ["earlier reasoning", "reasoning of this turn"])
            // The vendor refuses to think on where the turn has lost its thoughts.
            try expect(body["thinking"], #"{"type":"disabled"}"#)
        }
    }

    @Test("reasoning-02: A thought that a client cut in pieces, with the signature on the last, is whole again")
    func pieces() throws {
        var last = try thought("Two cities.", signature: "c2ln")
        last.content = .reasoning(Message.Reasoning(texts: [" cities."]))
        let first = Message.Part(.reasoning(Message.Reasoning(texts: ["Two"])))
        let (body, dropped) = try encode(toolTurn([first, last])) { $0.reasoning.effort = .low }
        try expect(
            body["messages"]?.array.map(Array.init)?[1]["content"]?.array?.first,
            #"{"type":"thinking","thinking":"Two cities.","signature":"c2ln"}"#
        )
        try expect(body["thinking"], #"{"type":"enabled","budget_tokens":2048}"#)
        #expect(dropped.isEmpty)
    }

    @Test("A thought that is hidden keeps its signature")
    func hiddenThought() throws {
        let (body, _) = try encode(toolTurn([thought("", signature: "c2ln")]), model: "claude-opus-5") {
            $0.reasoning.effort = .xhigh
        }
        try expect(
            body["messages"]?.array.map(Array.init)?[1]["content"]?.array?.first,
            #"{"type":"thinking","thinking":"","signature":"c2ln"}"#
        )
        try expect(body["thinking"], #"{"type":"adaptive","display":"summarized"}"#)
        try expect(body["output_config"], #"{"effort":"xhigh"}"#)
    }

    struct Thinking: Sendable, CustomTestStringConvertible {
        let model: String
        var reasoning = ReasoningConfiguration()
        var maximum: Int?
        var thinking: String?
        var effort: String?
        let tokens: Int
        var dropped: [String] = []
        var testDescription: String { "\(model) \(reasoning)" }
    }

    @Test(
        "Efforts and budgets become what each model takes, below the limit on output",
        arguments: [
            Thinking(model: "claude-sonnet-4-5", tokens: 8192),
            Thinking(
                model: "claude-sonnet-4-5-20250929",
                reasoning: ReasoningConfiguration(effort: .high),
                thinking: #"{"type":"enabled","budget_tokens":16384}"#,
                tokens: 24_576
            ),
            Thinking(
                model: "claude-opus-4-5",
                reasoning: ReasoningConfiguration(effort: .xhigh),
                thinking: #"{"type":"enabled","budget_tokens":24576}"#,
                effort: "high",
                tokens: 32_768,
                dropped: ["effort above high"]
            ),
            Thinking(
                model: "claude-3-7-sonnet-latest",
                reasoning: ReasoningConfiguration(mode: .enabled, budget: 100),
                thinking: #"{"type":"enabled","budget_tokens":1024}"#,
                tokens: 9216
            ),
            Thinking(
                model: "claude-opus-4-20250514",
                reasoning: ReasoningConfiguration(mode: .enabled, budget: 60_000),
                maximum: 10_000,
                thinking: #"{"type":"enabled","budget_tokens":5000}"#,
                tokens: 10_000,
                dropped: ["reasoning budget above the limit on output"]
            ),
            Thinking(
                model: "claude-sonnet-4-5",
                reasoning: ReasoningConfiguration(effort: .max),
                maximum: 500,
                thinking: #"{"type":"disabled"}"#,
                tokens: 500,
                dropped: ["reasoning"]
            ),
            Thinking(
                model: "claude-sonnet-4-6",
                reasoning: ReasoningConfiguration(effort: .minimal),
                thinking: #"{"type":"adaptive"}"#,
                effort: "low",
                tokens: 10_240
            ),
            Thinking(
                model: "databricks-claude-opus-4-7",
                reasoning: ReasoningConfiguration(mode: .enabled, budget: 20_000),
                thinking: #"{"type":"adaptive","display":"summarized"}"#,
                effort: "xhigh",
                tokens: 32_768
            ),
            Thinking(
                model: "claude-fable-5",
                reasoning: ReasoningConfiguration(mode: .disabled),
                tokens: 16_384,
                dropped: ["disabling of reasoning"]
            ),
            Thinking(
                model: "claude-opus-5-5",
                reasoning: ReasoningConfiguration(effort: ReasoningConfiguration.Effort.none),
                tokens: 16_384,
                dropped: ["disabling of reasoning"]
            ),
            Thinking(
                model: "claude-sonnet-5-5",
                reasoning: ReasoningConfiguration(mode: .disabled),
                thinking: #"{"type":"between_tools"}"#,
                tokens: 8192
            ),
            Thinking(
                model: "claude-haiku-5-5",
                reasoning: ReasoningConfiguration(mode: .disabled, effort: .max),
                thinking: #"{"type":"disabled"}"#,
                effort: "high",
                tokens: 8192,
                dropped: ["effort above high"]
            ),
            Thinking(
                model: "claude-opus-4-5",
                reasoning: ReasoningConfiguration(effort: .max),
                thinking: #"{"type":"enabled","budget_tokens":32768}"#,
                effort: "high",
                tokens: 40_960,
                dropped: ["effort above high"]
            ),
            Thinking(
                model: "claude-3-5-haiku-20241022",
                reasoning: ReasoningConfiguration(effort: .high),
                tokens: 8192,
                dropped: ["reasoning"]
            ),
            Thinking(
                model: "glm-4.6",
                reasoning: ReasoningConfiguration(mode: .adaptive),
                thinking: #"{"type":"enabled","budget_tokens":8192}"#,
                tokens: 16_384
            ),
        ]
    )
    func thinking(_ subject: Thinking) throws {
        let (body, dropped) = try encode(model: subject.model) {
            $0.reasoning = subject.reasoning
            $0.maximumOutput = subject.maximum
        }
        if let expected = subject.thinking {
            try expect(body["thinking"], expected)
        } else {
            #expect(body["thinking"] == nil)
        }
        #expect(body["output_config"]?["effort"]?.string == subject.effort)
        #expect(body["max_tokens"]?.int == subject.tokens)
        #expect(dropped == subject.dropped)
    }

    @Test(
        "A call is not forced where the model refuses that",
        arguments: ["claude-opus-5-5", "claude-sonnet-5-5", "claude-fable-5-1"]
    )
    func unforcedCalls(model: String) throws {
        let (body, dropped) = try encode(model: model) {
            $0.reasoning.effort = .low
            $0.tools = [ModelRequest.Tool(name: "f")]
            $0.toolChoice = .required
        }
        try expect(body["tool_choice"], #"{"type":"auto"}"#)
        try expect(body["thinking"], #"{"type":"adaptive","display":"summarized"}"#)
        #expect(dropped == ["tool_choice"])
    }

    @Test("Thinking excludes forced calls, prefilled answers and most sampling; newer models have no sampling")
    func exclusions() throws {
        let tool = ModelRequest.Tool(name: "f")
        let forced = try encode {
            $0.reasoning.effort = .low
            $0.tools = [tool]
            $0.toolChoice = .required
        }
        try expect(forced.body["thinking"], #"{"type":"disabled"}"#)
        try expect(forced.body["tool_choice"], #"{"type":"any"}"#)
        #expect(forced.dropped == ["reasoning"])

        let user = Message(role: .user, parts: [Self.text("Hi")])
        let prefill = Message(role: .assistant, parts: [Self.text("{ \n")])
        let prefilled = try encode([user, prefill]) { $0.reasoning.effort = .low }
        #expect(prefilled.body["messages"]?.array.map(Array.init)?[1]["content"]?.string == "{")
        #expect(prefilled.dropped == ["reasoning", "whitespace at the end of the last message"])
        let refused = #expect(throws: GatewayError.self) { try encode([user, prefill], model: "claude-sonnet-4-6") }
        #expect(refused?.parameter == "messages")

        let sampled: (inout ModelRequest) -> Void = {
            $0.sampling.temperature = JSONNumber(0.5)
            $0.sampling.topP = JSONNumber(0.9)
            $0.sampling.topK = JSONNumber(5)
        }
        let old = try encode(model: "claude-3-7-sonnet-latest", change: sampled)
        #expect(old.dropped.isEmpty)
        #expect(old.body["top_p"]?.double == 0.9)
        #expect(try encode(change: sampled).dropped == ["top_p"])
        let new = try encode(model: "claude-opus-4-8", change: sampled)
        #expect(new.dropped == ["temperature", "top_p", "top_k"])
        for key in ["temperature", "top_p", "top_k"] { #expect(new.body[key] == nil) }
        let thinking = try encode {
            sampled(&$0)
            $0.reasoning.effort = .low
        }
        #expect(thinking.dropped == ["temperature", "top_p", "top_k"])
    }

    @Test("cache-01: cache_control comes out as the client wrote it, on everything that may carry it")
    func caching() throws {
        let control = try JSONValue(validating: ByteBuffer(string: #"{"type": "ephemeral",  "ttl":"1h"}"#))
        func cached(_ content: Message.Content) -> Message.Part { Message.Part(content, cacheControl: control) }
        let call = Message.ToolCall(id: "t", name: "f", arguments: .text("{}"))
        let (body, dropped) = try encode([
            Message(role: .system, parts: [cached(.text("S"))]),
            Message(
                role: .user,
                parts: [cached(.text("U")), cached(.media(Media(.image, .url("https://a/b.png", mediaType: nil))))]
            ),
            Message(role: .assistant, parts: [cached(.toolCall(call))]),
            Message(
                role: .user,
                parts: [cached(.toolResult(Message.ToolResult(callID: "t", parts: [cached(.text("R"))])))]
            ),
        ]) {
            var tool = ModelRequest.Tool(name: "f")
            tool.cacheControl = control
            $0.tools = [tool]
            $0.cacheControl = control
        }
        let text = String(buffer: body.bytes)
        #expect(text.components(separatedBy: #""cache_control":{"type": "ephemeral",  "ttl":"1h"}"#) == 9)
        #expect(dropped.isEmpty)
    }

    @Test("tools-04: Media in messages and in results of tools, and what is refused")
    func media() throws {
        var pdf = Media(.document, .base64(mediaType: "application/pdf", data: "JVBE"), name: "T")
        pdf.context = "C"
        pdf.enablesCitations = true
        let png = Media(.image, .base64(mediaType: "image/png", data: "AAAA"))
        let call = Message.ToolCall(id: "call:1", name: "f", arguments: .text("{}"))
        let result = Message.ToolResult(
            callID: "call:1",
            parts: [Self.text("see"), Message.Part(.media(png))],
            isError: true
        )
        let (body, _) = try encode([
            Message(
                role: .user,
                parts: [Message.Part(.media(pdf)), Message.Part(.media(Media(.document, .text("p"))))]
            ),
            Message(role: .assistant, parts: [.toolCall(call)]),
            Message(role: .user, parts: [.toolResult(result)]),
        ])
        let messages = try #require(body["messages"]?.array.map(Array.init))
        try expect(
            messages[0]["content"],
            #"""
            [{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"JVBE"},"title":"T","context":"C",
              "citations":{"enabled":true}},
             {"type":"document","source":{"type":"text","media_type":"text/plain","data":"p"}}]
            """#
        )
        let id = try #require(messages[1]["content"]?.array?.first?["id"]?.string)
        #expect(id.hasPrefix("call_1_"))
        try expect(
            messages[2]["content"],
            #"""
            [{"type":"tool_result","tool_use_id":"\#(id)","is_error":true,"content":[{"type":"text","text":"see"},
              {"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}]}]
            """#
        )
        for (media, word): (Media, String) in [
            (Media(.audio, .base64(mediaType: "audio/wav", data: "A")), "audio"),
            (Media(.video, .url("https://a", mediaType: nil)), "video"),
            (Media(.image, .base64(mediaType: "image/tiff", data: "A")), "image/tiff"),
            (Media(.document, .base64(mediaType: "text/csv", data: "A")), "text/csv"),
            (Media(.image, .url("gs://a/b", mediaType: nil)), "URL"),
            (Media(.document, .file("file-abc")), "another vendor"),
        ] {
            let error = #expect(throws: GatewayError.self) {
                try encode([Message(role: .user, parts: [Message.Part(.media(media))])])
            }
            #expect(error?.message.contains(word) == true)
            #expect(error?.code == .invalidRequest)
        }
    }

    @Test(
        "tools-01 tools-02 tools-03: Results of parallel calls are one turn, whole and in order, before what the user says"
    )
    func results() throws {
        let calls = (1...8).map {
            Message.Part.toolCall(Message.ToolCall(id: JSONString("t\($0)"), name: "f", arguments: .text("{}")))
        }
        let results = (1...8).reversed().map { index in
            Message(
                role: .user,
                parts: [
                    .toolResult(Message.ToolResult(callID: JSONString("t\(index)"), parts: [Self.text("r\(index)")]))
                ]
            )
        }
        let (body, _) = try encode(
            [Message(role: .user, parts: [Self.text("Go")]), Message(role: .assistant, parts: calls)]
                + [Message(role: .user, parts: [Self.text("and")])] + results
        )
        let messages = try #require(body["messages"]?.array.map(Array.init))
        #expect(messages.count == 3)
        let blocks = try #require(messages[2]["content"]?.array.map(Array.init))
        #expect(blocks.map { $0["content"]?.string ?? $0["text"]?.string } == (1...8).map { "r\($0)" } + ["and"])
    }

    @Test("Structured output, tiers, users and what has no place")
    func others() throws {
        let schema = ModelRequest.ResponseFormat.Schema(schema: JSONValue { $0.raw(#"{"type":"object"}"#) })
        let (body, dropped) = try encode {
            $0.responseFormat = .jsonSchema(schema)
            $0.serviceTier = "default"
            $0.user = JSONString(String(repeating: "u", count: 300))
            $0.sampling.seed = JSONNumber(1)
            $0.sampling.logprobs = true
            $0.tools = [
                ModelRequest.Tool(name: "w", kind: .hosted(type: "web_search", definition: JSONValue { $0.raw("{}") }))
            ]
            $0.toolChoice = .required
        }
        try expect(
            body["output_config"],
            #"{"format":{"type":"json_schema","schema":{"type":"object","additionalProperties":false}}}"#
        )
        #expect(body["service_tier"]?.string == "standard_only")
        #expect(body["metadata"]?["user_id"]?.string?.utf8.count ?? 0 <= 256)
        #expect(body["tools"] == nil)
        #expect(body["tool_choice"] == nil)
        #expect(dropped == ["tools[].web_search", "tool_choice", "seed", "logprobs"])
        let features = { (model: String) in
            AnthropicMessages().features(
                of: TranslationTarget(
                    format: .anthropicMessages,
                    model: model,
                    limits: ModelLimits(),
                    defaultMaximumOutput: 1
                )
            )
        }
        #expect(features("claude-haiku-4-5").contains(.jsonSchema))
        #expect(!features("claude-opus-4-1").contains(.jsonSchema))
        #expect(!features("kimi-k2").contains(.jsonSchema))
    }
}

extension String {
    /// How many times a text stands in it, plus one.
    fileprivate func components(separatedBy separator: String) -> Int {
        split(separator: separator, omittingEmptySubsequences: false).count
    }
}
