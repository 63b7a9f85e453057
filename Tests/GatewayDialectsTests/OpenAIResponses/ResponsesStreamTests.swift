// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

/// An answer written as a Responses stream.
struct WrittenResponse {
    let output: String
    let events: [JSONValue]
    /// The names of the `event:` lines.
    let names: [String]

    init(_ events: [ModelEvent], request: String = "{}", failure: GatewayError? = nil) throws {
        var encoder = OpenAIResponses().makeStreamEncoder(for: try Self.context(request))
        var output = ByteBuffer()
        for event in events { encoder.encode(event, into: &output) }
        if let failure { _ = encoder.encodeFailure(failure, into: &output) }
        self.output = String(buffer: output)
        self.events = try eventData(self.output).map { try JSONValue(validating: ByteBuffer(string: $0)) }
        names = self.output.split(separator: "\n").filter { $0.hasPrefix("event: ") }.map { String($0.dropFirst(7)) }
    }

    static let origin = StateOrigin(service: "main.providers.openai", model: "gpt-5")

    static func context(_ request: String = "{}") throws -> AnswerContext {
        var context = AnswerContext(apiType: .openAIResponses, identity: Calls.identity, model: "m")
        context.request = try JSONScan(ByteBuffer(string: request))
        context.origin = origin
        return context
    }

    func events(_ type: String) -> [JSONValue] { events.filter { $0["type"]?.string == type } }

    /// The members that the SDK's type of each event requires (PyPI `openai` 3.52.0, `types/responses`, 2026-11).
    static let required: [String: [String]] = [
        "response.created": ["response"],
        "response.in_progress": ["response"],
        "response.completed": ["response"],
        "response.incomplete": ["response"],
        "response.failed": ["response"],
        "response.output_item.added": ["item", "output_index"],
        "response.output_item.done": ["item", "output_index"],
        "response.content_part.added": ["content_index", "item_id", "output_index", "part"],
        "response.content_part.done": ["content_index", "item_id", "output_index", "part"],
        "response.output_text.delta": ["content_index", "delta", "item_id", "logprobs", "output_index"],
        "response.output_text.done": ["content_index", "item_id", "logprobs", "output_index", "text"],
        "response.output_text.annotation.added": [
            "annotation", "annotation_index", "content_index", "item_id", "output_index",
        ],
        "response.refusal.delta": ["content_index", "delta", "item_id", "output_index"],
        "response.refusal.done": ["content_index", "item_id", "output_index", "refusal"],
        "response.reasoning_summary_part.added": ["item_id", "output_index", "part", "summary_index"],
        "response.reasoning_summary_part.done": ["item_id", "output_index", "part", "summary_index"],
        "response.reasoning_summary_text.delta": ["delta", "item_id", "output_index", "summary_index"],
        "response.reasoning_summary_text.done": ["item_id", "output_index", "summary_index", "text"],
        "response.function_call_arguments.delta": ["delta", "item_id", "output_index"],
        "response.function_call_arguments.done": ["arguments", "item_id", "output_index"],
        "response.custom_tool_call_input.delta": ["delta", "item_id", "output_index"],
        "response.custom_tool_call_input.done": ["input", "item_id", "output_index"],
        "error": ["message"],
    ]

    /// The members that the SDK's types of items require.
    static let requiredOfItems: [String: [String]] = [
        "message": ["id", "content", "role", "status"],
        "reasoning": ["id", "summary"],
        "function_call": ["id", "arguments", "call_id", "name"],
        "custom_tool_call": ["id", "call_id", "input", "name"],
        "local_shell_call": ["id", "action", "call_id", "status"],
        "shell_call": ["id", "action", "call_id", "status"],
        "apply_patch_call": ["id", "operation", "call_id", "status"],
        "image_generation_call": ["id", "result", "status"],
    ]

    /// What clients of the API count on, beyond the words.
    func check(sourceLocation: SourceLocation = #_sourceLocation) throws {
        #expect(names == events.compactMap { $0["type"]?.string }, sourceLocation: sourceLocation)
        #expect(events.first?["type"]?.string == "response.created", sourceLocation: sourceLocation)
        var open: (index: Int, id: String)?
        var next = 0
        for (number, event) in events.enumerated() {
            let type = try #require(event["type"]?.string)
            #expect(event["sequence_number"]?.int == number, "\(type)", sourceLocation: sourceLocation)
            let required = try #require(Self.required[type], "\(type)", sourceLocation: sourceLocation)
            for member in required {
                #expect(event[member] != nil, "\(type) needs \(member)", sourceLocation: sourceLocation)
            }
            if let index = event["output_index"]?.int {
                #expect(index == next, "stream-04: \(type)", sourceLocation: sourceLocation)
                if let id = event["item_id"]?.string {
                    #expect(id == open?.id, "\(type)", sourceLocation: sourceLocation)
                }
            }
            if let item = event["item"] {
                let id = try #require(item["id"]?.string)
                #expect(id.utf8.count <= 64, sourceLocation: sourceLocation)
                let kind = try #require(item["type"]?.string)
                for member in try #require(Self.requiredOfItems[kind], "\(kind)") {
                    #expect(item[member] != nil, "\(kind) needs \(member)", sourceLocation: sourceLocation)
                }
                if type == "response.output_item.added" {
                    #expect(open == nil, sourceLocation: sourceLocation)
                    open = (next, id)
                } else {
                    #expect(open?.id == id, sourceLocation: sourceLocation)
                    open = nil
                    next += 1
                }
            }
        }
    }

    /// The answer in the last event that has one.
    var response: JSONValue? { events.last { $0["response"] != nil }?["response"] }
}

@Suite("Responses, written as a stream")
struct ResponsesStreamTests {
    private static let call = Message.ToolCall(id: "call_1", name: "look", arguments: .text(""))

    /// One part of every kind.
    static let everything: [ModelEvent] = [
        .start(id: "msg_abc", model: "claude"),
        .partStart(candidate: 0, .reasoning(isSummary: false)),
        .reasoning(candidate: 0, "First "),
        .reasoning(candidate: 0, "thought"),
        .reasoningBreak(candidate: 0),
        .reasoning(candidate: 0, "Second"),
        .state(candidate: 0, OpaqueState(.signature, "c2ln", from: WrittenResponse.origin)),
        .partEnd(candidate: 0),
        .partStart(candidate: 0, .text),
        .text(candidate: 0, "Grü"),
        .text(candidate: 0, "ezi \"du\"\n"),
        .citation(candidate: 0, Citation(url: "https://a.example", title: "A", range: 0..<3)),
        .partEnd(candidate: 0),
        .partStart(candidate: 0, .refusal),
        .text(candidate: 0, "No."),
        .partEnd(candidate: 0),
        .partStart(candidate: 0, .toolCall(call, state: OpaqueState(.thought, "dGg=", from: WrittenResponse.origin))),
        .toolArguments(candidate: 0, #"{"a":"#),
        .toolArguments(candidate: 0, "1}"),
        .partEnd(candidate: 0),
        .partStart(
            candidate: 0,
            .toolCall(Message.ToolCall(id: "call_2", name: "none", arguments: .text("")), state: nil)
        ),
        .partEnd(candidate: 0),
        .partStart(
            candidate: 0,
            .toolCall(Message.ToolCall(id: "call_3", name: "patch", arguments: .text(""), isCustom: true), state: nil)
        ),
        .toolArguments(candidate: 0, "*** Begin"),
        .partEnd(candidate: 0),
        .partStart(candidate: 0, .media(Media(.image, .base64(mediaType: "image/png", data: "iVBO")))),
        .partEnd(candidate: 0),
        .usage(TokenUsage(uncachedInput: 10, cacheRead: 5, output: 7, reasoning: 3)),
        .finish(candidate: 0, .toolCalls),
        .end,
    ]

    @Test(
        "stream-01 stream-03 stream-04 stream-08: Every event has the members of the SDK's type, in order and numbered"
    )
    func everyEvent() throws {
        let written = try WrittenResponse(Self.everything)
        try written.check()
        let response = try #require(written.response)
        let output = try #require(response["output"]?.array.map(Array.init))
        #expect(
            output.compactMap { $0["type"]?.string } == [
                "reasoning", "message", "function_call", "function_call", "custom_tool_call", "image_generation_call",
            ]
        )
        // What stands at the end is what was told at each item's end.
        let done = written.events("response.output_item.done").compactMap { $0["item"] }
        #expect(done == output)
        #expect(output[0]["summary"]?.array?.compactMap { $0["text"]?.string } == ["First thought", "Second"])
        let state = try #require(output[0]["encrypted_content"]?.text)
        #expect(OpaqueState(wrapped: state)?.data == "c2ln")
        let content = try #require(output[1]["content"]?.array.map(Array.init))
        #expect(content[0]["text"]?.string == "Grüezi \"du\"\n")
        #expect(content[0]["annotations"]?.array?.first?["url"]?.string == "https://a.example")
        #expect(content[1]["refusal"]?.string == "No.")
        #expect(output[2]["arguments"]?.string == #"{"a":1}"#)
        #expect(OpaqueState.split(id: try #require(output[2]["call_id"]?.text)).state?.data == "dGg=")
        #expect(output[3]["arguments"]?.string == "{}")
        #expect(output[4]["input"]?.string == "*** Begin")
        #expect(output[5]["result"]?.string == "iVBO")
        #expect(response["status"]?.string == "completed")
        #expect(response["usage"]?["input_tokens"]?.int == 15)
        #expect(response["usage"]?["input_tokens_details"]?["cached_tokens"]?.int == 5)
        #expect(response["usage"]?["output_tokens_details"]?["reasoning_tokens"]?.int == 3)
        #expect(response["usage"]?["total_tokens"]?.int == 22)
    }

    @Test("A whole answer is what its stream ends with")
    func wholeAnswer() throws {
        let request =
            #"{"instructions":"Be brief","temperature":0.50,"tools":[{"type":"web_search"}],"metadata":{"k":"v"}}"#
        let written = try WrittenResponse(Self.everything, request: request)
        var decoder = try DecodedStream.empty
        decoder.events = Self.everything
        let whole = OpenAIResponses().encodeResponse(decoder.response, for: try WrittenResponse.context(request))
        #expect(try canonical(whole) == canonical(#require(written.response).bytes))
        let response = try JSONValue(validating: whole)
        #expect(String(buffer: try #require(response["temperature"]).bytes) == "0.50")
        #expect(response["tools"]?.array?.first?["type"]?.string == "web_search")
        #expect(response["metadata"]?["k"]?.string == "v")
        // What the SDK's `Response` requires, and what its clients read.
        for member in [
            "id", "created_at", "model", "object", "output", "parallel_tool_calls", "tool_choice", "tools", "status",
            "error", "incomplete_details", "instructions", "text", "truncation", "usage",
        ] {
            #expect(response[member] != nil, "\(member)")
        }
        #expect(response["id"]?.string == "resp_6a204bd89f254c94a1c63a3ba1a8a8b6")
    }

    @Test("The vendor's id of an answer is kept where clients know its kind")
    func responseID() throws {
        let written = try WrittenResponse([.start(id: "resp_1", model: nil), .end])
        #expect(written.response?["id"]?.string == "resp_1")
        #expect(written.response?["model"]?.string == "m")
        let long = JSONString("resp_" + String(repeating: "a", count: 60))
        #expect(try WrittenResponse([.start(id: long, model: nil), .end]).response?["id"]?.string?.utf8.count == 37)
    }

    @Test(
        "Answers that were cut off are incomplete, for the vendor's reason",
        arguments: [(FinishReason.length, "max_output_tokens"), (.contentFilter, "content_filter")]
    )
    func incomplete(reason: FinishReason, name: String) throws {
        let written = try WrittenResponse([.start(id: nil, model: nil), .finish(candidate: 0, reason), .end])
        #expect(written.names.last == "response.incomplete")
        #expect(written.response?["status"]?.string == "incomplete")
        #expect(written.response?["incomplete_details"]?["reason"]?.string == name)
    }

    @Test("stream-18: A stream that fails says so as Codex and as the SDKs read it, after any number of events")
    func failures() throws {
        let error = GatewayError(.limitExceeded, "Slow down.")
        for count in 0..<Self.everything.count - 1 {
            let written = try WrittenResponse(Array(Self.everything.prefix(count)), failure: error)
            #expect(Array(written.names.suffix(2)) == ["response.failed", "error"])
            let failed = try #require(written.response)
            #expect(failed["status"]?.string == "failed")
            #expect(failed["error"]?["code"]?.string == "rate_limit_exceeded")
            #expect(failed["error"]?["message"]?.string == "Slow down.")
            // Nothing that is half there is told as done.
            #expect(
                failed["output"]?.array.map(Array.init)
                    == written.events("response.output_item.done").compactMap { $0["item"] }
            )
            // The SDKs raise what stands in `error`.
            #expect(written.events.last?["error"]?["message"]?.string == "Slow down.")
        }
        let over = try WrittenResponse(Self.everything, failure: error)
        #expect(over.names.last == "response.completed")
    }

    @Test("Log probabilities go with the piece of text that they belong to")
    func logprobs() throws {
        let value = try JSONValue(
            validating: ByteBuffer(string: #"[{"token":"a","logprob":-0.5,"bytes":[97],"top_logprobs":[]}]"#)
        )
        let written = try WrittenResponse(
            [
                .start(id: nil, model: nil), .partStart(candidate: 0, .text), .text(candidate: 0, "a"),
                .logprobs(candidate: 0, value), .text(candidate: 0, "b"), .partEnd(candidate: 0), .end,
            ],
            request: #"{"include":["message.output_text.logprobs"]}"#
        )
        try written.check()
        let deltas = written.events("response.output_text.delta")
        #expect(deltas.map { $0["logprobs"]?.array?.count } == [1, 0])
        #expect(deltas.compactMap { $0["delta"]?.string } == ["a", "b"])
        let part = written.response?["output"]?.array?.first?["content"]?.array?.first
        #expect(part?["logprobs"] == value)
    }

    @Test("reasoning-01: A state of a text follows it, and comes back to it")
    func stateOfText() throws {
        let state = OpaqueState(.thought, "dGg=", from: WrittenResponse.origin)
        let written = try WrittenResponse([
            .start(id: nil, model: nil), .partStart(candidate: 0, .text), .text(candidate: 0, "a"),
            .state(candidate: 0, state), .partEnd(candidate: 0), .end,
        ])
        try written.check()
        let output = try #require(written.response?["output"])
        let body = #"{"model":"m","input":\#(String(buffer: output.bytes))}"#
        var dropped = DroppedMembers()
        let request = try OpenAIResponses().decodeRequest(
            Calls.envelope("/openai/v1/responses", ByteBuffer(string: body)),
            dropped: &dropped
        )
        #expect(request.messages.first?.parts.first?.text == "a")
        #expect(request.messages.first?.parts.first?.state?.data == "dGg=")
        #expect(request.messages.first?.parts.count == 1)
    }

    @Test("An answer beyond the bound fails instead of growing")
    func bound() throws {
        var encoder = OpenAIResponses().makeStreamEncoder(for: try WrittenResponse.context())
        let piece = JSONString(String(repeating: "x", count: 1 << 20))
        var output = ByteBuffer()
        encoder.encode(.start(id: nil, model: nil), into: &output)
        encoder.encode(.partStart(candidate: 0, .text), into: &output)
        for _ in 0..<40 {
            output.clear()
            encoder.encode(.text(candidate: 0, piece), into: &output)
        }
        #expect(output.readableBytes == 0)
    }

    @Test("stream-02 stream-05: Any order of parts comes back from a stream and from a whole answer as it was")
    func everyOrder() throws {
        var generator = SplitMix(seed: 11)
        for round in 0..<200 {
            let events = Self.randomAnswer(&generator)
            let written = try WrittenResponse(events)
            try written.check()
            var sent = try DecodedStream.empty
            sent.events = events
            let expected = try sent.response.text()
            let decoded = try DecodedStream(OpenAIResponses(), ByteBuffer(string: written.output), .every(97))
            #expect(decoded.failure == nil)
            #expect(decoded.disorder == nil)
            #expect(try decoded.response.text() == expected, "round \(round)")
            let whole = OpenAIResponses().encodeResponse(sent.response, for: try WrittenResponse.context())
            let context = AnswerContext(apiType: .openAIChat, identity: Calls.identity, model: "m")
            let answer = try OpenAIResponses().decodeResponse(JSONValue(validating: whole), for: context)
            #expect(try answer.text() == expected, "round \(round)")
        }
    }

    /// Texts, refusals, thoughts and calls in any order.
    private static func randomAnswer(_ generator: inout SplitMix) -> [ModelEvent] {
        var events: [ModelEvent] = [.start(id: "resp_9", model: "m")]
        var hasCalls = false
        for index in 0..<Int.random(in: 0...7, using: &generator) {
            let words = (0..<Int.random(in: 1...3, using: &generator)).map { JSONString("w\(index).\($0) ü\"\n") }
            switch Int.random(in: 0..<5, using: &generator) {
            case 0:
                events.append(.partStart(candidate: 0, .text))
                for word in words { events.append(.text(candidate: 0, word)) }
            case 1:
                events.append(.partStart(candidate: 0, .refusal))
                for word in words { events.append(.text(candidate: 0, word)) }
            case 2:
                events.append(.partStart(candidate: 0, .reasoning(isSummary: true)))
                for (place, word) in words.enumerated() {
                    if place > 0 { events.append(.reasoningBreak(candidate: 0)) }
                    events.append(.reasoning(candidate: 0, word))
                }
            default:
                hasCalls = true
                let isCustom = Bool.random(using: &generator)
                let call = Message.ToolCall(
                    id: JSONString("call_\(index)"),
                    name: "t",
                    arguments: .text(""),
                    isCustom: isCustom
                )
                events.append(.partStart(candidate: 0, .toolCall(call, state: nil)))
                for piece in [#"{"a":"#, "\(index)", "}"] {
                    events.append(.toolArguments(candidate: 0, JSONString(piece)))
                }
            }
            events.append(.partEnd(candidate: 0))
        }
        events.append(.usage(TokenUsage(uncachedInput: 1, cacheRead: 2, cacheWrite5m: 0, output: 3, reasoning: 0)))
        events.append(.finish(candidate: 0, hasCalls ? .toolCalls : .stop))
        events.append(.end)
        return events
    }
}

extension DecodedStream {
    /// No events.
    static var empty: DecodedStream {
        get throws { try DecodedStream(OpenAIResponses(), ByteBuffer()) }
    }
}
