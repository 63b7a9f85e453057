// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

/// Every request is checked against Amazon's service model besides.
@Suite("Bedrock's requests")
struct BedrockRequestTests {
    private static let sonnet45 = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
    private static let opus46 = "global.anthropic.claude-opus-4-6-v1"
    private static let nova = "amazon.nova-2-lite-v1:0"
    private static let gptOSS = "openai.gpt-oss-120b-1:0"
    private static let llama = "meta.llama3-3-70b-instruct-v1:0"
    private static let origin = StateOrigin(service: "main.providers.bedrock", model: sonnet45)

    private func encode(
        _ request: ModelRequest,
        model: String = sonnet45
    ) throws -> (body: JSONValue, dropped: [String]) {
        let target = TranslationTarget(
            format: .bedrockConverse,
            model: model,
            limits: ModelLimits(),
            defaultMaximumOutput: 8192,
            origin: Self.origin
        )
        var dropped = DroppedMembers()
        let bytes = try BedrockConverse().encodeRequest(request, to: target, dropped: &dropped)
        let body = try JSONValue(validating: bytes)
        #expect(try ConverseShape().problems(in: body) == [])
        return (body, dropped.names)
    }

    private func request(_ messages: [Message]) -> ModelRequest {
        var request = ModelRequest(model: Self.sonnet45)
        request.messages = messages
        return request
    }

    private func user(_ parts: Message.Part...) -> Message { Message(role: .user, parts: parts) }
    private func assistant(_ parts: Message.Part...) -> Message { Message(role: .assistant, parts: parts) }

    private func call(_ id: JSONString, _ name: JSONString = "get_weather") -> Message.Part {
        .toolCall(Message.ToolCall(id: id, name: name, arguments: .text(#"{"city":"Köln"}"#)))
    }

    private func result(_ id: JSONString, _ text: JSONString, isError: Bool = false) -> Message.Part {
        .toolResult(Message.ToolResult(callID: id, parts: [.text(text)], isError: isError))
    }

    private var weather: ModelRequest.Tool {
        var tool = ModelRequest.Tool(name: "get_weather", description: "Weather")
        tool.parameters = JSONValue { $0.raw(#"{"type":"object","properties":{"city":{"type":"string"}}}"#) }
        return tool
    }

    private func text(_ value: JSONValue?) -> String { value.map { String(buffer: $0.bytes) } ?? "" }

    // MARK: Conversations

    @Test(
        "tools-01 tools-03: Turns alternate, results of parallel tools are one turn, in the order of the calls and before words"
    )
    func parallelResults() throws {
        var request = request([
            user(.text("Weather?")), assistant(.text("I look."), call("a"), call("b"), call("c")),
            user(.text("Hurry."), result("c", "3")), user(result("a", "1")),
            user(result("b", "2", isError: true)),
        ])
        request.tools = [weather]
        let (body, dropped) = try encode(request)
        let messages = try #require(body["messages"]?.array).map { $0 }
        #expect(messages.map { $0["role"]?.string } == ["user", "assistant", "user"])
        let content = try #require(messages[2]["content"]?.array).map { $0 }
        #expect(content.compactMap { $0["toolResult"]?["toolUseId"]?.string } == ["a", "b", "c"])
        #expect(content.last?["text"]?.string == "Hurry.")
        #expect(content[1]["toolResult"]?["status"]?.string == "error")
        #expect(content[0]["toolResult"]?["status"] == nil)
        let calls = try #require(messages[1]["content"]?.array).compactMap { $0["toolUse"] }
        #expect(text(calls[0]["input"]) == #"{"city":"Köln"}"#)
        #expect(dropped.isEmpty)
    }

    @Test("A conversation that the assistant begins gets a turn of the user in front, and an empty one is refused")
    func assistantFirst() throws {
        let (body, dropped) = try encode(request([assistant(.text("Hi")), user(.text("Hello"))]))
        #expect(body["messages"]?.array?.compactMap { $0["role"]?.string } == ["user", "assistant", "user"])
        #expect(dropped == ["an assistant message as the first: a user message '.' was put before it"])
        let error = #expect(throws: GatewayError.self) { try encode(request([user(.text(""))])) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.parameter == "messages")
    }

    @Test("System words stand apart, blank texts are left out")
    func system() throws {
        let (body, _) = try encode(
            request([
                Message(role: .system, parts: [.text("Be brief."), .text(" \n")]), user(.text("Hi"), .text("\t")),
            ])
        )
        #expect(text(body["system"]) == #"[{"text":"Be brief."}]"#)
        #expect(text(body["messages"]) == #"[{"role":"user","content":[{"text":"Hi"}]}]"#)
    }

    @Test("Ids that Bedrock does not take are spelled in its letters, the same in call and result, and stay different")
    func ids() throws {
        let long = JSONString("call_" + String(repeating: "x", count: 90))
        let longer = JSONString(long.string + "y")
        var request = request([
            user(.text("?")), assistant(call(long), call(longer), call("a b/ü"), call("fine.id:1-2_3")),
            user(result(long, "1"), result(longer, "2"), result("a b/ü", "3"), result("fine.id:1-2_3", "4")),
        ])
        request.tools = [weather]
        let (body, _) = try encode(request)
        let messages = try #require(body["messages"]?.array).map { $0 }
        let calls = try #require(messages[1]["content"]?.array).compactMap { $0["toolUse"]?["toolUseId"]?.string }
        let results = try #require(messages[2]["content"]?.array).compactMap { $0["toolResult"]?["toolUseId"]?.string }
        #expect(calls == results)
        #expect(Set(calls).count == 4)
        #expect(calls[3] == "fine.id:1-2_3")
        #expect(calls.allSatisfy { $0.utf8.count <= 64 })
        #expect(
            calls.joined().utf8.allSatisfy { ($0 | 0x20) &- 0x61 < 26 || $0 &- 0x30 < 10 || "_-.:".utf8.contains($0) }
        )
    }

    // MARK: Reasoning

    @Test("reasoning-02 reasoning-04: Thoughts go back to where they came from, byte for byte, and to nobody else")
    func thoughts() throws {
        let signature = JSONString("EqoBCkgIARABGAIiQL2UoU0b1OHYi+yCHpBY7U8FQW8/JQ==")
        func thought(_ state: OpaqueState?) -> Message.Part {
            Message.Part(.reasoning(Message.Reasoning(texts: ["Größe first"])), state: state)
        }
        let own = OpaqueState(.signature, signature, from: Self.origin)
        let foreign = OpaqueState(.signature, signature, from: StateOrigin(service: "other", model: "m"))
        let redacted = Message.Part(
            .reasoning(Message.Reasoning(texts: [])),
            state: OpaqueState(.redacted, "RW5jcnlwdGVk", from: Self.origin)
        )
        var request = request([
            user(.text("?")), assistant(thought(own), redacted, call("a")), user(result("a", "1")),
        ])
        request.tools = [weather]
        request.reasoning = ReasoningConfiguration(mode: .enabled, budget: 2_048)
        request.maximumOutput = 4_096
        let (body, _) = try encode(request)
        let content = try #require(body["messages"]?[1]?["content"]?.array).map { $0 }
        #expect(
            text(content[0])
                == #"{"reasoningContent":{"reasoningText":{"text":"Größe first","signature":"\#(signature.string)"}}}"#
        )
        #expect(text(content[1]) == #"{"reasoningContent":{"redactedContent":"RW5jcnlwdGVk"}}"#)
        #expect(
            text(body["additionalModelRequestFields"]) == #"{"thinking":{"type":"enabled","budget_tokens":2048}}"#
        )
        request.messages[1] = assistant(thought(foreign), thought(nil), .text("Hm."), call("a"))
        let (moved, dropped) = try encode(request)
        #expect(!text(moved["messages"]).contains("reasoningContent"))
        #expect(dropped.contains("earlier reasoning"))
    }

    @Test("Each vendor is told in its own words how much to think")
    func thinking() throws {
        func fields(_ model: String, _ reasoning: ReasoningConfiguration) throws -> (String, [String]) {
            var request = request([user(.text("?"))])
            request.reasoning = reasoning
            let (body, dropped) = try encode(request, model: model)
            return (text(body["additionalModelRequestFields"]), dropped)
        }
        let high = ReasoningConfiguration(effort: .high)
        #expect(try fields(Self.sonnet45, high).0 == #"{"thinking":{"type":"enabled","budget_tokens":16384}}"#)
        let opus = #"{"thinking":{"type":"adaptive"},"output_config":{"effort":"high"}}"#
        #expect(try fields(Self.opus46, high).0 == opus)
        let nova = #"{"reasoningConfig":{"type":"enabled","maxReasoningEffort":"high"}}"#
        #expect(try fields(Self.nova, high).0 == nova)
        #expect(try fields(Self.gptOSS, high).0 == #"{"reasoning_effort":"high"}"#)
        #expect(try fields(Self.gptOSS, ReasoningConfiguration(budget: 1_024)).0 == #"{"reasoning_effort":"low"}"#)
        #expect(try fields(Self.llama, high) == ("", ["reasoning"]))
        #expect(try fields(Self.llama, ReasoningConfiguration()) == ("", []))
    }

    @Test("client-01: Betas of Anthropic's never reach Bedrock")
    func betas() throws {
        let body = ByteBuffer(
            string: """
                {"model":"m","max_tokens":64,"anthropic_beta":["context-1m-2025-08-07"],"betas":["x"],\
                "messages":[{"role":"user","content":"Hi"}]}
                """
        )
        let envelope = try Calls.envelope("/anthropic/v1/messages?beta=true", body)
        let translation = try Dialects().translate(
            envelope,
            to: TranslationTarget(
                format: .bedrockConverse,
                model: Self.sonnet45,
                limits: ModelLimits(),
                defaultMaximumOutput: 8192
            ),
            answer: Calls.identity
        )
        let sent = String(buffer: translation.joinedBody)
        #expect(!sent.contains("context-1m"))
        #expect(!sent.contains("beta"))
    }

    // MARK: Tools

    @Test("A conversation with calls keeps a toolConfig although no tool may be called, and that is told")
    func historyWithoutTools() throws {
        var request = request([user(.text("?")), assistant(call("a")), user(result("a", "1"))])
        let (bare, dropped) = try encode(request)
        #expect(
            text(bare["toolConfig"])
                == #"{"tools":[{"toolSpec":{"name":"get_weather","inputSchema":{"json":{"type":"object"}}}}]}"#
        )
        #expect(dropped == ["absence of tools"])
        request.tools = [weather]
        request.toolChoice = ModelRequest.ToolChoice.none
        let (forbidden, notes) = try encode(request)
        #expect(forbidden["toolConfig"]?["toolChoice"] == nil)
        #expect(forbidden["toolConfig"]?["tools"] != nil)
        #expect(notes == ["tool_choice none"])
        request.messages.removeLast(2)
        #expect(try encode(request).body["toolConfig"] == nil)
    }

    @Test("Every choice among tools has its form")
    func choices() throws {
        func config(
            _ choice: ModelRequest.ToolChoice,
            parallel: Bool? = nil,
            model: String = Self.sonnet45
        ) throws -> (
            String, String
        ) {
            var request = request([user(.text("?"))])
            request.tools = [weather, ModelRequest.Tool(name: "get_time")]
            request.toolChoice = choice
            request.allowsParallelToolCalls = parallel
            let (body, _) = try encode(request, model: model)
            let names = body["toolConfig"]?["tools"]?.array?.compactMap { $0["toolSpec"]?["name"]?.string } ?? []
            #expect(
                names
                    == (choice == .allowed(["get_time"], isRequired: true)
                        ? ["get_time"] : ["get_weather", "get_time"])
            )
            return (text(body["toolConfig"]?["toolChoice"]), text(body["additionalModelRequestFields"]?["tool_choice"]))
        }
        #expect(try config(.auto) == (#"{"auto":{}}"#, ""))
        #expect(try config(.required) == (#"{"any":{}}"#, ""))
        #expect(try config(.tool("get_time")) == (#"{"tool":{"name":"get_time"}}"#, ""))
        #expect(try config(.allowed(["get_time"], isRequired: true)) == (#"{"any":{}}"#, ""))
        #expect(
            try config(.tool("get_time"), parallel: false)
                == ("", #"{"type":"tool","name":"get_time","disable_parallel_tool_use":true}"#)
        )
        #expect(try config(.required, parallel: false, model: Self.nova) == (#"{"any":{}}"#, ""))
        let unforced = "anthropic.claude-opus-5-5-v1:0"
        #expect(try config(.required, model: unforced) == ("", ""))
        #expect(
            try config(.tool("get_time"), parallel: false, model: unforced)
                == ("", #"{"type":"auto","disable_parallel_tool_use":true}"#)
        )
    }

    @Test("A call is forced beside no thinking, also where the model thinks unasked")
    func forcedWithoutThinking() throws {
        var request = request([user(.text("?"))])
        request.tools = [weather]
        request.toolChoice = .required
        let (body, dropped) = try encode(request, model: "anthropic.claude-sonnet-5-v1:0")
        #expect(text(body["additionalModelRequestFields"]) == #"{"thinking":{"type":"disabled"}}"#)
        #expect(dropped.isEmpty)
    }

    @Test("A tool whose name Bedrock does not take is refused by its place")
    func toolNames() {
        var request = request([user(.text("?"))])
        request.tools = [weather, ModelRequest.Tool(name: "a.b")]
        let error = #expect(throws: GatewayError.self) { try encode(request) }
        #expect(error?.parameter == "tools[1]")
    }

    // MARK: Caching

    @Test("Cache controls become cache points behind their blocks, where the model has them")
    func caching() throws {
        let control = JSONValue { $0.raw(#"{"type":"ephemeral","ttl":"1h"}"#) }
        let short = JSONValue { $0.raw(#"{"type":"ephemeral"}"#) }
        var request = request([
            Message(role: .system, parts: [Message.Part(.text("Rules."), cacheControl: control)]),
            user(Message.Part(.text("Long"), cacheControl: short), .text("Short")),
        ])
        var tool = weather
        tool.cacheControl = short
        request.tools = [tool]
        request.cacheControl = short
        let (body, _) = try encode(request)
        #expect(text(body["system"]) == #"[{"text":"Rules."},{"cachePoint":{"type":"default","ttl":"1h"}}]"#)
        let point = #"{"cachePoint":{"type":"default"}}"#
        #expect(
            text(body["messages"]?[0]?["content"]) == #"[{"text":"Long"},\#(point),{"text":"Short"},\#(point)]"#
        )
        #expect(text(body["toolConfig"]?["tools"]?[1]) == point)
        let older = try encode(request, model: "anthropic.claude-opus-4-1-20250805-v1:0").body
        #expect(text(older["system"]) == #"[{"text":"Rules."},\#(point)]"#)
        let nova = try encode(request, model: Self.nova).body
        #expect(text(nova["system"]) == #"[{"text":"Rules."},\#(point)]"#)
        #expect(nova["toolConfig"]?["tools"]?.array.map(Array.init)?.count == 1)
        #expect(!text(try encode(request, model: Self.llama).body).contains("cachePoint"))
    }

    // MARK: Media

    @Test("Images, films, sounds and documents carry their format, documents a name of their own")
    func media() throws {
        func part(_ kind: Media.Kind, _ type: JSONString, name: JSONString? = nil) -> Message.Part {
            Message.Part(.media(Media(kind, .base64(mediaType: type, data: "AAAA"), name: name)))
        }
        let (body, _) = try encode(
            request([
                user(
                    part(.image, "image/jpg"),
                    part(.image, "image/webp"),
                    part(.video, "video/quicktime"),
                    part(.audio, "audio/mpeg"),
                    part(.document, "application/pdf", name: "Q3  report_final.pdf"),
                    part(.document, "text/markdown", name: "Q3 report final.pdf"),
                    part(.document, "text/csv"),
                    Message.Part(.media(Media(.image, .url("s3://bucket/a/b.PNG", mediaType: nil)))),
                    .text("?")
                )
            ])
        )
        let content = try #require(body["messages"]?[0]?["content"]?.array).map { text($0) }
        #expect(content[0] == #"{"image":{"format":"jpeg","source":{"bytes":"AAAA"}}}"#)
        #expect(content[1].contains(#""format":"webp""#))
        #expect(content[2].contains(#"{"video":{"format":"mov""#))
        #expect(content[3].contains(#"{"audio":{"format":"mp3""#))
        #expect(content[4].contains(#""format":"pdf","name":"Q3 report final pdf""#))
        #expect(content[5].contains(#""format":"md","name":"Q3 report final pdf (2)""#))
        #expect(content[6].contains(#""format":"csv","name":"document""#))
        #expect(content[7] == #"{"image":{"format":"png","source":{"s3Location":{"uri":"s3://bucket/a/b.PNG"}}}}"#)
    }

    @Test(
        "tools-04: An image inside a tool's result reaches Bedrock; what it cannot take is refused clearly",
        arguments: [
            (Media.Source.url("https://example.com/a.png", mediaType: nil), "by URL"),
            (.base64(mediaType: "image/tiff", data: "AAAA"), "this model accepts png, jpeg, gif, webp"),
            (.file("file_1"), "send its data"),
        ]
    )
    func refusedMedia(_ source: Media.Source, _ words: String) throws {
        func result(_ source: Media.Source) -> ModelRequest {
            let image = Message.Part(.media(Media(.image, source)))
            let result = Message.Part.toolResult(Message.ToolResult(callID: "a", parts: [.text("Here:"), image]))
            var request = request([user(.text("?")), assistant(call("a")), user(result)])
            request.tools = [weather]
            return request
        }
        let good = try encode(result(.base64(mediaType: "image/png", data: "AAAA"))).body
        #expect(
            text(good["messages"]?[2]?["content"]?[0]?["toolResult"]?["content"]?[1])
                == #"{"image":{"format":"png","source":{"bytes":"AAAA"}}}"#
        )
        let error = #expect(throws: GatewayError.self) { try encode(result(source)) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.contains(words) == true)
    }

    // MARK: The rest

    @Test("Sampling, stop sequences, labels, tier and schema stand where Converse has them")
    func members() throws {
        var request = request([user(.text("?"))])
        request.maximumOutput = 100
        request.sampling.temperature = JSONNumber(1.5)
        request.sampling.topK = JSONNumber(5)
        request.sampling.seed = JSONNumber(1)
        request.stop = ["END", ""]
        request.serviceTier = "flex"
        request.metadata = JSONValue { $0.raw(#"{"team":"a b","x":"1"}"#) }
        request.responseFormat = .jsonSchema(
            ModelRequest.ResponseFormat.Schema(
                name: "n",
                schema: JSONValue { $0.raw(#"{"type":"object","title":"\"q\""}"#) }
            )
        )
        let (body, dropped) = try encode(request)
        #expect(text(body["inferenceConfig"]) == #"{"maxTokens":100,"temperature":1,"stopSequences":["END"]}"#)
        #expect(text(body["additionalModelRequestFields"]) == #"{"top_k":5}"#)
        #expect(text(body["serviceTier"]) == #"{"type":"flex"}"#)
        #expect(text(body["requestMetadata"]) == #"{"team":"a b","x":"1"}"#)
        let schema = body["outputConfig"]?["textFormat"]?["structure"]?["jsonSchema"]
        #expect(schema?["schema"]?.string == #"{"type":"object","title":"\"q\"","additionalProperties":false}"#)
        #expect(schema?["name"]?.string == "n")
        #expect(Set(dropped) == ["temperature above 1", "seed"])
        request.metadata = JSONValue { $0.raw(#"{"team":"ü"}"#) }
        let labelled = try encode(request)
        #expect(labelled.body["requestMetadata"] == nil)
        #expect(labelled.dropped.contains("metadata"))
        #expect(
            text(try encode(request, model: Self.nova).body["additionalModelRequestFields"])
                == #"{"inferenceConfig":{"topK":5}}"#
        )
    }

    @Test("A request is the same bytes each time, so that caches stay warm")
    func deterministic() throws {
        var request = request([user(.text("?")), assistant(call("a")), user(result("a", "1"))])
        request.tools = [weather]
        let first = try encode(request).body.bytes
        for _ in 0..<5 { #expect(try encode(request).body.bytes == first) }
    }
}
