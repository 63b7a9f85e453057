// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

/// What upstreams of OpenAI's format get and say.
@Suite("Chat upstreams")
struct ChatUpstreamTests {
    private typealias Part = Message.Part

    private func encode(
        _ request: ModelRequest,
        model: String = "m",
        _ change: (inout UpstreamTraits) -> Void = { _ in }
    ) throws -> (body: JSONValue, dropped: [String]) {
        var dropped = DroppedMembers()
        let target = ChatRoundTripTests.target(model: model, change)
        let body = try OpenAIChat().encodeRequest(request, to: target, dropped: &dropped)
        return (try JSONValue(validating: body), dropped.names)
    }

    private func request(_ messages: [Message], origin: WireFormat = .anthropicMessages) -> ModelRequest {
        var request = ModelRequest(model: "m")
        request.messages = messages
        request.origin = origin
        return request
    }

    private func call(_ id: String) -> Part {
        .toolCall(Message.ToolCall(id: JSONString(id), name: "f", arguments: .text("{}")))
    }

    private func result(_ id: String, _ parts: [Part]) -> Part {
        .toolResult(Message.ToolResult(callID: JSONString(id), parts: parts))
    }

    private static let image = Part(.media(Media(.image, .base64(mediaType: "image/png", data: "iVBOR"))))

    private func messages(_ request: ModelRequest) throws -> [JSONValue] {
        Array(try #require(encode(request).body["messages"]?.array))
    }

    // MARK: Requests

    @Test(
        "tools-01 tools-03 tools-09: Results follow the calls in their order, whatever stands between, and no text is lost"
    )
    func resultOrder() throws {
        let written = try messages(
            request([
                Message(role: .user, parts: [.text("go")]),
                // As Responses has them: every call an item of its own.
                Message(role: .assistant, parts: [call("a")]), Message(role: .assistant, parts: [call("b")]),
                Message(role: .assistant, parts: [.text("two"), call("c")]),
                Message(role: .user, parts: [.text("wait"), result("c", [.text("3")])]),
                Message(role: .system, parts: [.text("rule")]),
                Message(role: .user, parts: [result("b", [.text("2")]), result("a", [.text("1")])]),
                Message(role: .user, parts: [.text("and?")]),
            ])
        )
        #expect(
            written.map { $0["role"]?.string } == [
                "user", "assistant", "tool", "tool", "tool", "user", "system", "user",
            ]
        )
        #expect(written[1]["tool_calls"]?.array.map(Array.init)?.map { $0["id"]?.string } == ["a", "b", "c"])
        #expect(written[2...4].map { $0["tool_call_id"]?.string } == ["a", "b", "c"])
        #expect(written[5...].map { $0["content"]?.string } == ["wait", "rule", "and?"])
    }

    @Test("tools-04: Media in results follow in a user message behind the last result, each told apart")
    func mediaInResults() throws {
        let written = try messages(
            request([
                Message(role: .assistant, parts: [call("a"), call("b")]),
                Message(
                    role: .user,
                    parts: [result("a", [.text("see"), Self.image]), result("b", [Self.image]), .text("so?")]
                ),
            ])
        )
        #expect(written.map { $0["role"]?.string } == ["assistant", "tool", "tool", "user", "user"])
        #expect(written[1]["content"]?.string == "see")
        #expect(written[2]["content"]?.string?.isEmpty == false)
        try expectEqual(
            try #require(written[3]["content"]).bytes,
            #"""
            [{"type":"text","text":"From the result of the tool call a:"},{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBOR"}},
             {"type":"text","text":"From the result of the tool call b:"},{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBOR"}}]
            """#
        )
        #expect(written[4]["content"]?.string == "so?")
    }

    @Test("Media that this format cannot express are refused, never left out")
    func refusedMedia() throws {
        let media: [(Media, WireFormat)] = [
            (Media(.document, .url("https://example.com/a.pdf", mediaType: nil)), .anthropicMessages),
            (Media(.document, .file("file_1")), .anthropicMessages), (Media(.image, .file("file_1")), .openAIResponses),
            (Media(.image, .text("x")), .anthropicMessages),
        ]
        for (media, origin) in media {
            let error = #expect(throws: GatewayError.self) {
                try self.encode(self.request([Message(role: .user, parts: [Part(.media(media))])], origin: origin))
            }
            #expect(error?.code == .invalidRequest)
            #expect(error?.message.contains("base64") == true || error?.message.contains("plain text") == true)
        }
        let document = Part(.media(Media(.document, .text("words"), name: "Title")))
        let written = try messages(request([Message(role: .user, parts: [document])]))
        #expect(written[0]["content"]?.array?.first?["text"]?.string == "Title\n\nwords")
    }

    @Test("client-06: The limit has the name that the target knows")
    func limit() throws {
        var request = request([Message(role: .user, parts: [.text("x")])])
        request.maximumOutput = 7
        #expect(try encode(request) { $0.usesMaxCompletionTokens = false }.body["max_tokens"]?.int == 7)
        let openAI = try encode(request).body
        #expect(openAI["max_completion_tokens"]?.int == 7)
        #expect(openAI["max_tokens"] == nil)
    }

    @Test("What a target does not understand is left out, and named where that changes anything")
    func traits() throws {
        var request = request([Message(role: .user, parts: [.text("x")])])
        request.isStreaming = true
        request.reasoning.budget = 9000
        request.tools = [ModelRequest.Tool(name: "f")]
        request.allowsParallelToolCalls = false
        let all = try encode(request)
        #expect(all.body["stream_options"]?["include_usage"]?.bool == true)
        #expect(all.body["reasoning_effort"]?.string == "high")
        #expect(all.body["parallel_tool_calls"]?.bool == false)
        #expect(all.dropped.isEmpty)
        let none = try encode(request) { traits in
            traits.takesStreamOptions = false
            traits.takesReasoningEffort = false
            traits.takesParallelToolCalls = false
        }
        for member in ["stream_options", "reasoning_effort", "parallel_tool_calls"] {
            #expect(none.body[member] == nil)
        }
        #expect(Set(none.dropped) == ["reasoning_effort", "parallel_tool_calls"])
    }

    @Test(
        "Efforts are those that the target takes, and a change of what the client said is named",
        arguments: [
            (true, ReasoningConfiguration.Effort.max, "high"), (true, .minimal, "low"), (true, .none, "none"),
            (true, .medium, "medium"), (false, .max, "xhigh"), (false, .minimal, "low"),
        ]
    )
    func efforts(isCompatible: Bool, effort: ReasoningConfiguration.Effort, expected: String) throws {
        var request = request([Message(role: .user, parts: [.text("x")])])
        request.reasoning.effort = effort
        request.origin = .anthropicMessages
        let written = try encode(request, model: "gpt-5.4") { if isCompatible { $0.takesDeveloperRole = false } }
        #expect(written.body["reasoning_effort"]?.string == expected)
        #expect(written.dropped == (effort.rawValue == expected ? [] : ["reasoning effort '\(effort.rawValue)'"]))
    }

    @Test("Members of other vendors' formats do not reach the upstream, and are named")
    func foreignMembers() throws {
        var request = request([Message(role: .user, parts: [.text("x")])])
        request.rest = [("context_management", JSONValue { $0.raw("{}") })]
        request.metadata = JSONValue { $0.raw("{}") }
        request.tools = [
            ModelRequest.Tool(name: "f"),
            ModelRequest.Tool(
                name: "bash",
                kind: .hosted(type: "bash_20250124", definition: JSONValue { $0.raw("{}") })
            ),
        ]
        request.toolChoice = .allowed(["f"], isRequired: true)
        let (body, dropped) = try encode(request)
        #expect(body["context_management"] == nil)
        #expect(body["metadata"] == nil)
        #expect(body["tools"]?.array.map(Array.init)?.count == 1)
        #expect(body["tool_choice"]?.string == "required")
        #expect(dropped.contains("context_management"))
    }

    @Test("OpenAI's own API gets none of the members that it refuses, imitators none of OpenAI's labels")
    func vendorsOwn() throws {
        var request = request([Message(role: .user, parts: [.text("x")])])
        request.sampling.topK = JSONNumber(5)
        request.user = "u"
        let (own, dropped) = try encode(request)
        #expect(own["top_k"] == nil)
        #expect(own["user"]?.string == "u")
        #expect(dropped == ["top_k"])
        let (imitator, nothing) = try encode(request) { $0.takesDeveloperRole = false }
        #expect(imitator["top_k"]?.int == 5)
        #expect(imitator["user"] == nil)
        #expect(nothing.isEmpty)
        #expect(OpenAIChat().features(of: ChatRoundTripTests.target()).contains(.customTools))
        #expect(
            !OpenAIChat().features(of: ChatRoundTripTests.target { $0.takesDeveloperRole = false }).contains(
                .customTools
            )
        )
    }

    // MARK: Answers

    private func decode(_ message: String, _ rest: String = #","finish_reason":"stop""#) throws -> ModelResponse {
        let body = #"{"id":"x","model":"m","choices":[{"index":0,"message":\#(message)\#(rest)}]}"#
        var context = AnswerContext(apiType: .anthropicMessages, identity: Calls.identity, model: "m")
        context.origin = ChatRoundTripTests.origin
        return try OpenAIChat().decodeResponse(JSONValue(validating: ByteBuffer(string: body)), for: context)
    }

    /// Messages, and the parts that they are.
    static let answers: [(String, [String])] = [
        (#"{"content":"a","reasoning_content":"hm"}"#, ["reasoning hm", "text a"]),
        (#"{"content":"a","reasoning":"hm"}"#, ["reasoning hm", "text a"]),
        (
            #"{"content":"a","reasoning":"hm","reasoning_details":[{"type":"reasoning.text","text":"hm","signature":"c2ln","index":0},{"type":"reasoning.encrypted","data":"ZW5j"}]}"#,
            [
                #"reasoning hm encrypted {"type":"reasoning.text","signature":"c2ln","index":0}"#,
                #"reasoning  encrypted {"type":"reasoning.encrypted","data":"ZW5j"}"#, "text a",
            ]
        ),
        (
            #"{"content":[{"type":"reasoning","summary":[{"type":"summary_text","text":"hm","signature":"c2ln"},{"type":"summary_encrypted_text","data":"cmVk"}]},{"type":"text","text":"a"}]}"#,
            ["reasoning hm signature c2ln", "reasoning  redacted cmVk", "text a"]
        ),
        (
            #"{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"a"}]}"#,
            ["reasoning hm", "text a"]
        ),
        (#"{"content":null,"refusal":"No."}"#, ["refusal No."]),
        (
            #"{"content":"a","annotations":[{"type":"url_citation","url_citation":{"url":"https://e.com","title":"E","start_index":0,"end_index":1}}]}"#,
            ["text a cites https://e.com 0..<1"]
        ),
        (
            #"{"content":null,"audio":{"id":"au","data":"UklG","transcript":"hi","expires_at":1}}"#,
            ["text hi", "media audio"]
        ),
        (
            #"{"content":"","images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AA"}}]}"#,
            ["media image"]
        ),
        (
            #"{"content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":{"x":1}},"extra_content":{"google":{"thought_signature":"c2ln"}}},{"id":"b","type":"custom","custom":{"name":"sh","input":"ls"}},{"function":{"name":"g","arguments":""}}]}"#,
            [#"call a f {"x":1} thought c2ln"#, "custom b sh ls", "call call_x_2 g {}"]
        ),
        (#"{"content":null,"function_call":{"name":"f","arguments":"{}"}}"#, ["call call_x_0 f {}"]),
    ]

    static func lines(_ parts: [Message.Part]) -> [String] {
        parts.map { part in
            var line: String
            switch part.content {
            case .text(let text): line = "text \(text.string)"
            case .refusal(let text): line = "refusal \(text.string)"
            case .reasoning(let reasoning): line = "reasoning \(reasoning.texts.map(\.string).joined(separator: "|"))"
            case .media(let media): line = "media \(media.kind)"
            case .toolCall(let call):
                let arguments =
                    switch call.arguments {
                    case .text(let text): text.string
                    case .object(let object): String(buffer: object.bytes)
                    }
                line = "\(call.isCustom ? "custom" : "call") \(call.id.string) \(call.name.string) \(arguments)"
            case .toolResult: line = "result"
            }
            if let state = part.state { line += " \(state.kind) \(state.data.string)" }
            for citation in part.citations {
                line += " cites \(citation.url?.string ?? "-") \(citation.range.map { "\($0)" } ?? "-")"
            }
            return line
        }
    }

    @Test(
        "reasoning-10: Answers of the many servers of this format, whole and streamed in one chunk, say the same",
        arguments: answers
    )
    func decodedAnswers(message: String, expected: [String]) throws {
        let whole = try decode(message)
        #expect(Self.lines(whole.candidates[0].parts) == expected)
        let hasCalls = expected.contains { $0.hasPrefix("call") }
        // stream-12
        #expect(whole.candidates[0].finishReason == (hasCalls ? .toolCalls : .stop))
        let delta = message.replacing(#""role":"assistant","#, with: "")
        let stream =
            #"data: {"id":"x","model":"m","choices":[{"index":0,"delta":\#(delta)}]}"# + "\n\n"
            + #"data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"# + "\n\ndata: [DONE]\n\n"
        let decoded = try DecodedStream(OpenAIChat(), ByteBuffer(string: stream))
        #expect(decoded.failure == nil)
        #expect(decoded.disorder == nil)
        // An order of its own: what belongs to the end comes at the end. Empty arguments are for the encoders.
        let streamed = Self.lines(decoded.response.candidates[0].parts).map { $0.hasSuffix(" g ") ? $0 + "{}" : $0 }
        #expect(Set(streamed) == Set(expected))
        #expect(decoded.response.candidates[0].finishReason == (hasCalls ? .toolCalls : .stop))
        for cut in [Cut.every(1), .every(7)] {
            let again = try DecodedStream(OpenAIChat(), ByteBuffer(string: stream), cut)
            #expect(again.events.map(\.text) == decoded.events.map(\.text))
        }
    }

    @Test("State that an upstream minted comes back to it as it came")
    func stateComesBack() throws {
        for (message, _) in Self.answers {
            let parts = try decode(message).candidates[0].parts
            guard parts.contains(where: { $0.state != nil }) else { continue }
            let written = try messages(request([Message(role: .assistant, parts: parts)]))[0]
            let original = try JSONValue(validating: ByteBuffer(string: message))
            if let details = original["reasoning_details"] {
                #expect(try canonical(#require(written["reasoning_details"]).bytes) == canonical(details.bytes))
            }
            for secret in ["c2ln", "ZW5j", "cmVk"] where message.contains(secret) {
                #expect(String(buffer: written.bytes).contains(secret))
            }
        }
    }

    @Test(
        "usage-05: Usage may stand in a chunk of its own, beside the last choice, in the choice or in x_groq",
        arguments: [
            #"{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":7}}"#,
            #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":7}}"#,
            #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop","usage":{"prompt_tokens":5,"completion_tokens":7}}]}"#,
            #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null,"x_groq":{"id":"r","usage":{"prompt_tokens":5,"completion_tokens":7}}}"#,
        ]
    )
    func usage(chunk: String) throws {
        let text =
            #"data: {"choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{"content":"b"}}]}"#
            + "\n\ndata: \(chunk)\n\ndata: [DONE]\n\n"
        let expected = TokenUsage(uncachedInput: 5, output: 7)
        #expect(try DecodedStream(OpenAIChat(), ByteBuffer(string: text)).response.usage == expected)
        // The relay notes it as well and keeps every byte; only a chunk that reports nothing else may be hidden.
        let request = Calls.streamingChat(#","n":2,"stream_options":{"include_usage":true}"#)
        let outcome = try Calls.translate(Calls.chatPath, request, to: .openAIChat).response.run(
            ByteBuffer(string: text)
        )
        #expect(outcome.output == text)
        #expect(outcome.observation.usage == expected)
    }

    @Test(
        "Errors inside a stream, wherever servers put them",
        arguments: [
            #"{"error":{"message":"Overloaded","type":"overloaded_error","code":503}}"#,
            #"{"id":"x","choices":[{"index":0,"delta":{"content":""},"finish_reason":"error","error":{"message":"Overloaded","code":503}}]}"#,
            #"{"object":"error","message":"Overloaded","code":503}"#,
        ]
    )
    func streamErrors(event: String) throws {
        let decoded = try DecodedStream(OpenAIChat(), ByteBuffer(string: "data: \(event)\n\n"))
        #expect(decoded.failure?.contains("Overloaded") == true)
    }

    @Test("Log probabilities and candidates keep together")
    func logprobs() throws {
        let body = try decode(#"{"content":"a"}"#, #","logprobs":{"content":[{"token":"a","logprob":-0.5}]}"#)
        #expect(body.candidates[0].logprobs?.array?.first?["token"]?.string == "a")
        let stream =
            #"data: {"choices":[{"index":1,"delta":{"content":"a"},"logprobs":{"content":[{"token":"a","logprob":-0.50}]}}]}"#
            + "\n\ndata: [DONE]\n\n"
        let decoded = try DecodedStream(OpenAIChat(), ByteBuffer(string: stream))
        #expect(decoded.events.contains { $0.text == #"1: logprobs [{"token":"a","logprob":-0.50}]"# })
    }
}
