// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

@Suite("Answers for clients of the Messages API")
struct AnthropicAnswerTests {
    private static let origin = StateOrigin(tag: 42)

    private static var context: AnswerContext {
        var context = AnswerContext(
            apiType: .anthropicMessages,
            identity: Calls.identity,
            model: "up",
            estimatedInput: 17
        )
        context.origin = origin
        return context
    }

    private func encode(_ events: [ModelEvent]) -> String {
        var encoder = AnthropicMessages().makeStreamEncoder(for: Self.context)
        var output = ByteBuffer()
        for event in events { encoder.encode(event, into: &output) }
        return String(buffer: output)
    }

    /// A message put together as the vendor's SDK does it, with every rule of the order of events checked.
    private struct Message {
        var blocks: [String] = []
        var stopReason: String?
        var stopSequence: String?
        var startUsage: JSONValue?
        var usage: JSONValue?

        init(_ stream: String) throws {
            var hasStarted = false
            var hasStopped = false
            var open: (index: Int, type: String, text: String, signature: String)?
            for event in stream.split(separator: "\n\n") {
                let lines = event.split(separator: "\n")
                let name = try #require(lines.first).dropFirst(7)
                let data = try JSONValue(validating: ByteBuffer(string: String(#require(lines.last).dropFirst(6))))
                #expect(data["type"]?.string == String(name))
                #expect(!hasStopped)
                switch name {
                case "message_start":
                    #expect(!hasStarted, "stream-02")
                    hasStarted = true
                    startUsage = data["message"]?["usage"]
                case "content_block_start":
                    #expect(hasStarted)
                    #expect(open == nil, "stream-05")
                    let block = try #require(data["content_block"])
                    let type = try #require(block["type"]?.string)
                    let index = try #require(data["index"]?.int)
                    #expect(index == blocks.count, "stream-04")
                    let head = type == "tool_use" ? "\(block["id"]?.string ?? "") \(block["name"]?.string ?? "") " : ""
                    open = (index, type, head + (block["data"]?.string ?? ""), "")
                case "content_block_delta":
                    #expect(data["index"]?.int == open?.index)
                    let delta = try #require(data["delta"])
                    let kind = try #require(delta["type"]?.string)
                    // Each delta fits its block (stream-01).
                    let fits = [
                        "text": ["text_delta", "citations_delta"], "thinking": ["thinking_delta", "signature_delta"],
                        "tool_use": ["input_json_delta"],
                    ]
                    #expect(
                        fits[open?.type ?? ""]?.contains(kind) == true,
                        "stream-01: \(kind) in \(open?.type ?? "-")"
                    )
                    open?.text +=
                        delta["text"]?.string ?? delta["thinking"]?.string ?? delta["partial_json"]?.string ?? ""
                    open?.signature += delta["signature"]?.string ?? ""
                    if let url = delta["citation"]?["url"]?.string { open?.signature += url }
                case "content_block_stop":
                    let block = try #require(open)
                    #expect(data["index"]?.int == block.index)
                    blocks.append(
                        "\(block.type): \(block.text)" + (block.signature.isEmpty ? "" : " [\(block.signature)]")
                    )
                    open = nil
                case "message_delta":
                    #expect(open == nil)
                    stopReason = data["delta"]?["stop_reason"]?.string
                    stopSequence = data["delta"]?["stop_sequence"]?.string
                    usage = data["usage"]
                case "message_stop": hasStopped = true
                default: Issue.record("\(name)")
                }
            }
            #expect(hasStopped)
        }
    }

    private static func toolCall(_ id: String, _ state: OpaqueState? = nil) -> ModelEvent {
        .partStart(
            candidate: 0,
            .toolCall(
                GatewayCore.Message.ToolCall(id: JSONString(id), name: "f", arguments: .text("")),
                state: state
            )
        )
    }

    @Test(
        "stream-01 stream-02 stream-03 stream-04 stream-05: Any order of parts becomes dense blocks of their own kind, and nothing is lost"
    )
    func randomOrders() throws {
        var generator = SplitMix(seed: 3)
        let unsigned = "gatehouse1_sffffffffffffffff00uLQ"
        for _ in 0..<300 {
            var events: [ModelEvent] = [.start(id: "r1", model: "m")]
            var expected: [String] = []
            let count = Int.random(in: 0...7, using: &generator)
            var hasTools = false
            for index in 0..<count {
                let pieces = (0..<Int.random(in: 0...3, using: &generator)).map { "p\(index)\($0) " }
                let text = pieces.joined()
                let hasState = Bool.random(using: &generator)
                let state = OpaqueState(.encrypted, JSONString("state-\(index)"), from: Self.origin)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0:
                    events.append(.partStart(candidate: 0, .text))
                    events += pieces.map { .text(candidate: 0, JSONString($0)) }
                    if !text.isEmpty { expected.append("text: \(text)") }
                case 1:
                    events.append(.partStart(candidate: 0, .reasoning(isSummary: true)))
                    if hasState, Bool.random(using: &generator) { events.append(.state(candidate: 0, state)) }
                    events += pieces.map { .reasoning(candidate: 0, JSONString($0)) }
                    if hasState {
                        events.append(.state(candidate: 0, state))
                        expected.append(
                            text.isEmpty
                                ? "redacted_thinking: \(state.wrapped)" : "thinking: \(text) [\(state.wrapped)]"
                        )
                    } else if !text.isEmpty {
                        expected.append("thinking: \(text) [\(unsigned)]")
                    }
                default:
                    hasTools = true
                    events.append(Self.toolCall("t\(index)", hasState ? state : nil))
                    events += pieces.map { .toolArguments(candidate: 0, JSONString($0)) }
                    expected.append("tool_use: t\(index)\(hasState ? "_" + state.wrapped : "") f \(text)")
                }
                events.append(.partEnd(candidate: 0))
            }
            events.append(.finish(candidate: 0, .stop))
            events.append(.usage(TokenUsage(uncachedInput: 5, output: 6)))
            events.append(.end)
            let message = try Message(encode(events))
            #expect(message.blocks == expected)
            #expect(message.stopReason == (hasTools ? "tool_use" : "end_turn"), "stream-12")
            #expect(message.startUsage?["input_tokens"]?.int == 17, "usage-12")
            #expect(message.usage?["input_tokens"]?.int == 5)
        }
    }

    @Test("The state of a text stands in a block behind it, summaries keep their breaks, citations their source")
    func extras() throws {
        let thought = OpaqueState(.thought, "dGhv", from: Self.origin)
        let message = try Message(
            encode([
                .partStart(candidate: 0, .reasoning(isSummary: true)), .reasoning(candidate: 0, "One."),
                .reasoningBreak(candidate: 0), .reasoning(candidate: 0, "Two."), .partEnd(candidate: 0),
                .partStart(candidate: 0, .text), .text(candidate: 0, "Said"),
                .citation(candidate: 0, Citation(url: "https://a", title: "A")), .state(candidate: 0, thought),
                .partEnd(candidate: 0), .partStart(candidate: 0, .refusal), .text(candidate: 0, "No."),
                .partEnd(candidate: 0), .finish(candidate: 0, .refusal), .end,
            ])
        )
        #expect(
            message.blocks == [
                "thinking: One.\n\nTwo. [gatehouse1_sffffffffffffffff00uLQ]", "text: Said [https://a]",
                "redacted_thinking: \(thought.wrapped)", "text: No.",
            ]
        )
        #expect(message.stopReason == "refusal")
        // Without a report there are estimates.
        #expect(message.usage?["input_tokens"]?.int == 17)
        #expect(message.usage?["output_tokens"]?.int == TokenUsage.estimate(textBytes: 15))
    }

    @Test(
        "stream-12: Reasons to end",
        arguments: [
            (FinishReason.stop, "end_turn", "tool_use"), (.length, "max_tokens", "max_tokens"),
            (.toolCalls, "end_turn", "tool_use"), (.contentFilter, "refusal", "refusal"),
            (.refusal, "refusal", "refusal"), (.pause, "pause_turn", "tool_use"),
            (.stopSequence("END"), "stop_sequence", "tool_use"), (.other("odd"), "max_tokens", "max_tokens"),
        ]
    )
    func finishReasons(reason: FinishReason, plain: String, withTools: String) throws {
        let call: [ModelEvent] = [Self.toolCall("t"), .partEnd(candidate: 0)]
        for (events, expected) in [([], plain), (call, withTools)] {
            let message = try Message(encode(events + [.finish(candidate: 0, reason), .end]))
            #expect(message.stopReason == expected)
            #expect(message.stopSequence == (expected == "stop_sequence" ? "END" : nil))
            let part = GatewayCore.Message.Part.toolCall(.init(id: "t", name: "f", arguments: .text("")))
            let whole = AnthropicMessages().encodeResponse(
                ModelResponse(
                    candidates: [.init(parts: events.isEmpty ? [] : [part], finishReason: reason)],
                    usage: TokenUsage()
                ),
                for: Self.context
            )
            #expect(try JSONValue(validating: whole)["stop_reason"]?.string == expected)
        }
    }

    @Test("usage-01: A whole answer with its usage in disjoint buckets")
    func whole() throws {
        let state = OpaqueState(.encrypted, "ZW5j", from: Self.origin, itemID: "rs_1")
        let parts: [GatewayCore.Message.Part] = [
            .init(.reasoning(.init(texts: ["One.", "Two."], isSummary: true)), state: state),
            .init(.reasoning(.init(texts: [])), state: state), .text("Hi"),
            .init(
                .toolCall(.init(id: "call:1", name: "f", arguments: .text(#"{"a": 1}"#))),
                state: OpaqueState(.thought, "dGhv", from: Self.origin)
            ), .toolCall(.init(id: "t2", name: "g", arguments: .text(#"{"a":"#))),
        ]
        var response = ModelResponse(
            id: "resp_1",
            model: "gpt-5",
            candidates: [.init(parts: parts, finishReason: .stop)],
            usage: TokenUsage(
                uncachedInput: 20,
                cacheRead: 64,
                cacheWrite5m: 16,
                cacheWrite1h: 32,
                output: 90,
                reasoning: 40
            )
        )
        response.serviceTier = "default"
        let body = try JSONValue(validating: AnthropicMessages().encodeResponse(response, for: Self.context))
        let call = try #require(body["content"]?.array.map(Array.init)?[3]["id"]?.string)
        let (id, thought) = OpaqueState.split(id: JSONString(call))
        #expect(id.string.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") })
        #expect(thought?.data == "dGhv")
        try expectEqual(
            body.bytes,
            """
            {"id":"msg_resp_1","type":"message","role":"assistant","model":"gpt-5","content":[
             {"type":"thinking","thinking":"One.\\n\\nTwo.","signature":"\(state.wrapped)"},
             {"type":"redacted_thinking","data":"\(state.wrapped)"},
             {"type":"text","text":"Hi","citations":null},
             {"type":"tool_use","id":"\(call)","name":"f","input":{"a":1}},
             {"type":"tool_use","id":"t2","name":"g","input":{"INVALID_JSON":"{\\"a\\":"}}],
             "stop_reason":"tool_use","stop_sequence":null,
             "usage":{"input_tokens":20,"cache_creation_input_tokens":48,"cache_read_input_tokens":64,"output_tokens":90,
              "output_tokens_details":{"thinking_tokens":40},
              "cache_creation":{"ephemeral_5m_input_tokens":16,"ephemeral_1h_input_tokens":32},"service_tier":"standard"}}
            """
        )
    }

    @Test("stream-18: An error within a stream of another vendor is an error event")
    func failingStream() throws {
        let body = #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"a"}],"stream":true}"#
        let translation = try Calls.translate("/anthropic/v1/messages", body, to: .openAIChat)
        #expect(translation.response.contentType == "text/event-stream")
        let chunk = #"{"id":"c","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"}}]}"#
        let error = #"{"error":{"message":"Too much.","type":"server_error"}}"#
        let outcome = translation.response.run(ByteBuffer(string: "data: \(chunk)\n\ndata: \(error)\n\n"))
        let events = eventData(outcome.output)
        let last = try JSONValue(validating: ByteBuffer(string: #require(events.last)))
        #expect(last["type"]?.string == "error")
        #expect(last["error"]?["message"]?.string?.isEmpty == false)
        #expect(outcome.output.contains("event: error\n"))
        #expect(!outcome.output.contains("message_stop"))
    }

    @Test("stream-10 stream-11 usage-12: A stream of another vendor reads as Anthropic's, wherever it is cut")
    func everySplit() throws {
        let body = #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Hello there"}],"stream":true}"#
        let translation = try Calls.translate("/anthropic/v1/messages", body, to: .openAIChat)
        let stream = try Fixtures.bytes("OpenAIChat/stream.sse")
        let expected = translation.response.run(stream)
        #expect(expected.error == nil)
        let message = try Message(expected.output)
        #expect(message.startUsage?["input_tokens"]?.int == 3)
        #expect(message.usage?["output_tokens"]?.int == expected.observation.usage.output)
        #expect(!message.blocks.isEmpty)
        for cut in Cut.all(of: stream) { #expect(translation.response.run(stream, cut) == expected, "\(cut)") }
    }
}
