// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

@Suite("Responses as an upstream")
struct ResponsesUpstreamTests {
    /// What is sent for a request in the hub's terms.
    private func body(
        model: String = "gpt-5.4",
        dropped expected: [String] = [],
        _ change: (inout ModelRequest) -> Void
    ) throws -> JSONValue {
        var request = ModelRequest(model: model)
        request.messages = [Message(role: .user, parts: [.text("Hello")])]
        request.origin = .anthropicMessages
        change(&request)
        var dropped = DroppedMembers()
        let target = TranslationTarget(
            format: .openAIResponses,
            model: model,
            limits: ModelLimits(),
            defaultMaximumOutput: 1,
            origin: WrittenResponse.origin
        )
        let body = try OpenAIResponses().encodeRequest(request, to: target, dropped: &dropped)
        #expect(dropped.names == expected)
        return try JSONValue(validating: body)
    }

    @Test("reasoning-03: Models that think keep nothing and give their thoughts to the client; others are not asked")
    func encryptedReasoning() throws {
        let body = try body { _ in }
        #expect(body["store"]?.bool == false)
        #expect(body["include"]?.array?.compactMap(\.string) == ["reasoning.encrypted_content"])
        for model in ["gpt-4.1", "gpt-4o-mini", "gpt-5-chat-latest"] {
            #expect(try self.body(model: model) { _ in }["include"] == nil)
        }
    }

    @Test("cache-01: System messages stay in their order: the first as instructions, later ones as the developer's")
    func system() throws {
        func system(_ text: JSONString) -> Message { Message(role: .system, parts: [.text(text)]) }
        let body = try body { $0.messages = [system("a"), system("b")] + $0.messages + [system("c")] }
        #expect(body["instructions"]?.string == "a")
        let input = try #require(body["input"]?.array.map(Array.init))
        #expect(input.compactMap { $0["role"]?.string } == ["developer", "user", "developer"])
        #expect(input.compactMap { $0["content"]?.string } == ["b", "Hello", "c"])
        // Alone it must be said by somebody.
        let alone = try self.body { $0.messages = [system("a")] }
        #expect(alone["instructions"] == nil)
        #expect(alone["input"]?.array?.first?["role"]?.string == "developer")
    }

    @Test("tools-03 tools-04: Results come before what else stands in the turn, with their pictures")
    func results() throws {
        let body = try body(dropped: ["is_error"]) { request in
            let call = Message.ToolCall(id: "toolu_1", name: "f", arguments: .text(""))
            let image = Message.Part(.media(Media(.image, .base64(mediaType: "image/png", data: "iVBO"))))
            let result = Message.ToolResult(callID: "toolu_1", parts: [.text("seen"), image], isError: true)
            request.messages = [
                Message(role: .assistant, parts: [.text("I look"), .toolCall(call)]),
                Message(role: .user, parts: [.text("and then"), .toolResult(result)]),
            ]
        }
        let input = try #require(body["input"]?.array.map(Array.init))
        #expect(input.map { $0["type"]?.string } == ["message", "function_call", "function_call_output", "message"])
        #expect(input[1]["arguments"]?.string == "{}")
        let output = try #require(input[2]["output"]?.array.map(Array.init))
        #expect(output[0]["text"]?.string == "seen")
        #expect(output[1]["image_url"]?.string == "data:image/png;base64,iVBO")
    }

    @Test("Ids longer than the vendor takes are cut, each to its own")
    func longIDs() throws {
        let ids = ["a", "b"].map { JSONString(String(repeating: "x", count: 80) + $0) }
        let body = try body { request in
            request.messages = [
                Message(
                    role: .assistant,
                    parts: ids.map { .toolCall(.init(id: $0, name: "f", arguments: .text("{}"))) }
                ),
                Message(role: .user, parts: ids.map { .toolResult(.init(callID: $0, parts: [.text("r")])) }),
            ]
        }
        let written = body["input"]?.array?.compactMap { $0["call_id"]?.string } ?? []
        #expect(written.count == 4)
        #expect(written.allSatisfy { $0.utf8.count <= 64 })
        #expect(Array(written[..<2]) == Array(written[2...]))
        #expect(Set(written).count == 2)
    }

    @Test("Settings that the format has are mapped, the others named")
    func settings() throws {
        let body = try body(dropped: [
            "max_output_tokens below 16", "temperature", "logprobs", "top_k", "frequency_penalty", "seed",
        ]) { request in
            request.maximumOutput = 5
            request.sampling.temperature = JSONNumber(0.5)
            request.sampling.topK = JSONNumber(4)
            request.sampling.seed = JSONNumber(4)
            request.sampling.frequencyPenalty = JSONNumber(0.5)
            request.sampling.presencePenalty = JSONNumber(0)
            request.sampling.logprobs = true
            request.sampling.topLogprobs = 3
            request.user = "u"
            request.serviceTier = "standard_only"
            request.promptCacheKey = "k"
            request.verbosity = "low"
            request.isStreaming = true
            request.reasoning = ReasoningConfiguration(mode: .enabled, budget: 5_000)
        }
        #expect(body["max_output_tokens"]?.int == 16)
        #expect(body["temperature"] == nil)
        #expect(body["top_logprobs"] == nil)
        #expect(body["include"]?.array?.count == 1)
        #expect(body["user"]?.string == "u")
        #expect(body["service_tier"]?.string == "default")
        #expect(body["prompt_cache_key"]?.string == "k")
        #expect(body["text"]?["verbosity"]?.string == "low")
        #expect(body["stream"]?.bool == true)
        #expect(body["reasoning"]?["effort"]?.string == "medium")
        #expect(body["reasoning"]?["summary"]?.string == "auto")
        #expect(throws: GatewayError.self) { try self.body { $0.sampling.candidateCount = 2 } }
    }

    @Test(
        "Efforts are those that the model takes, and a change is named",
        arguments: [
            ("o4-mini", ReasoningConfiguration.Effort.max, "high"), ("o3", .none, "low"), ("gpt-5", .none, "minimal"),
            ("gpt-5-mini", .xhigh, "high"), ("gpt-5.1", .minimal, "low"), ("gpt-5.4", .none, "none"),
            ("gpt-6-sol", .max, "max"), ("gpt-5-pro", .low, "high"), ("gpt-5.2", .minimal, "low"),
            ("gpt-5.4-mini", .max, "xhigh"), ("gpt-5.1-codex-max", .max, "xhigh"), ("gpt-5.6-sol", .max, "max"),
            ("gpt-6-astra", .none, "low"), ("a-deployment", .minimal, "minimal"),
            ("databricks-gpt-5-4-mini", .max, "xhigh"), ("databricks-gpt-5", .none, "minimal"),
            ("gpt-5-2025-08-07", .none, "minimal"), ("databricks-gpt-5-1", .none, "none"),
        ]
    )
    func efforts(model: String, effort: ReasoningConfiguration.Effort, expected: String) throws {
        let dropped = effort.rawValue == expected ? [] : ["reasoning effort '\(effort.rawValue)'"]
        let body = try body(model: model, dropped: dropped) { $0.reasoning.effort = effort }
        #expect(body["reasoning"]?["effort"]?.string == expected)
    }

    @Test("tools-11: Formats of the answer use the vendor's own control")
    func formats() throws {
        let schema = JSONValue { $0.raw(#"{"type":"object","additionalProperties":false}"#) }
        let body = try body { $0.responseFormat = .jsonSchema(.init(schema: schema, isStrict: true)) }
        #expect(
            try canonical(#require(body["text"]).bytes)
                == canonical(
                    #"{"format":{"type":"json_schema","name":"answer","schema":{"type":"object","additionalProperties":false},"strict":true}}"#
                )
        )
        let object = try self.body { $0.responseFormat = .jsonObject }
        #expect(object["text"]?["format"]?["type"]?.string == "json_object")
        #expect(object["input"]?.array?.count == 1)
        // The vendor wants JSON spoken of; Gemini's clients do not know that.
        let gemini = try self.body {
            $0.responseFormat = .jsonObject
            $0.origin = .geminiGenerateContent
        }
        #expect(gemini["input"]?.array?.first?["content"]?.string == "Answer with a JSON object.")
    }

    @Test("Functions are as strict as the client said, which in chat is not at all")
    func strictness() throws {
        let body = try body { $0.tools = [ModelRequest.Tool(name: "f")] }
        #expect(body["tools"]?.array?.first?["strict"]?.bool == false)
        #expect(body["tools"]?.array?.first?["parameters"]?["type"]?.string == "object")
    }

    @Test("A grammar in chat's shape is written in this one's")
    func grammar() throws {
        let format = JSONValue { $0.raw(#"{"type":"grammar","grammar":{"syntax":"lark","definition":"s"}}"#) }
        let body = try body { $0.tools = [ModelRequest.Tool(name: "f", kind: .custom(format: format))] }
        #expect(
            try canonical(#require(body["tools"]).bytes)
                == canonical(
                    #"[{"type":"custom","name":"f","format":{"type":"grammar","syntax":"lark","definition":"s"}}]"#
                )
        )
    }

    @Test("Media that the format has no place for are refused, and files of other vendors")
    func refusedMedia() {
        for media in [
            Media(.video, .url("https://a.example/v.mp4", mediaType: nil)), Media(.image, .file("file_1")),
            Media(.audio, .base64(mediaType: "audio/flac", data: "x")),
            Media(.audio, .url("https://a.example", mediaType: nil)),
            Media(.document, .url("gs://b/c.pdf", mediaType: nil)),
        ] {
            #expect(throws: GatewayError.self) {
                try body { $0.messages = [Message(role: .user, parts: [Message.Part(.media(media))])] }
            }
        }
    }

    // MARK: Answers

    @Test(
        "stream-10 stream-11: Everything that OpenAI streams is read, wherever it is cut, and equals the whole answer"
    )
    func richStream() throws {
        let stream = try Fixtures.bytes("OpenAIResponses/rich.stream.sse")
        let expected = try DecodedStream(OpenAIResponses(), stream)
        #expect(expected.failure == nil)
        #expect(expected.disorder == nil)
        let events = expected.events.map(\.text)
        for cut in [Cut.every(1), .every(7), .every(100)] {
            #expect(try DecodedStream(OpenAIResponses(), stream, cut).events.map(\.text) == events)
        }
        let last = try #require(eventData(String(buffer: stream)).last)
        let body = try #require(JSONValue(validating: ByteBuffer(string: last))["response"])
        let context = AnswerContext(apiType: .openAIChat, identity: Calls.identity, model: "m")
        let whole = try OpenAIResponses().decodeResponse(body, for: context)
        #expect(try expected.response.text() == whole.text())
        let parts = whole.candidates[0].parts
        #expect(parts.first?.reasoning?.texts.map(\.string) == ["One", "Two"])
        #expect(parts.first?.state?.data == "Z0FBQQ==")
        #expect(parts.first?.state?.itemID == "rs_1")
        #expect(parts[1].citations.first?.url == "https://a.example")
        #expect(parts.compactMap(\.toolCall).map(\.id) == ["call_1", "call_2"])
        #expect(parts.compactMap(\.toolCall).map(\.isCustom) == [false, true])
        #expect(whole.candidates[0].finishReason == .toolCalls)
        #expect(whole.serviceTier == "priority")
    }

    private func decoded(_ events: [String]) throws -> DecodedStream {
        try DecodedStream(OpenAIResponses(), ByteBuffer(string: events.map { "data: \($0)\n\n" }.joined()))
    }

    @Test("Servers that tell only whole items are understood")
    func wholeItems() throws {
        let stream = try decoded([
            #"{"type":"response.created","response":{"id":"resp_1","model":"m"}}"#,
            #"{"type":"response.output_item.done","output_index":0,"item":{"type":"message","content":[{"type":"output_text","text":"a","annotations":[{"type":"url_citation","url":"u"}]},{"type":"refusal","refusal":"r"}]}}"#,
            #"{"type":"response.output_item.done","output_index":1,"item":{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}}"#,
            #"{"type":"response.output_item.done","output_index":2,"item":{"type":"web_search_call","id":"w"}}"#,
            #"{"type":"response.output_item.done","output_index":3,"item":{"type":"image_generation_call","id":"w","result":"iVBO"}}"#,
            #"{"type":"response.completed","response":{"status":"completed","usage":null}}"#,
        ])
        #expect(stream.failure == nil)
        #expect(stream.disorder == nil)
        #expect(
            stream.events.map(\.text) == [
                "start resp_1 m", "0: text", "0: + a", "0: cites u", "0: end of part", "0: refusal", "0: + r",
                "0: end of part", "0: call c f", "0: ( {}", "0: end of part", "0: image", "0: end of part",
                "0: finish toolCalls", "end",
            ]
        )
    }

    @Test("Words that come only with the end of a text are not lost")
    func wordsAtTheEnd() throws {
        let stream = try decoded([
            #"{"type":"response.output_item.added","output_index":0,"item":{"type":"message","content":[]}}"#,
            #"{"type":"response.output_text.done","output_index":0,"content_index":0,"text":"a"}"#,
            #"{"type":"response.output_item.added","output_index":1,"item":{"type":"function_call","call_id":"c","name":"f","arguments":""}}"#,
            #"{"type":"response.function_call_arguments.done","output_index":1,"arguments":"{\"x\":1}"}"#,
            #"{"type":"response.completed","response":{"status":"completed"}}"#,
        ])
        #expect(stream.disorder == nil)
        #expect(stream.events.map(\.text).contains("0: + a"))
        #expect(stream.events.map(\.text).contains(#"0: ( {"x":1}"#))
    }

    @Test(
        "stream-18: Failures inside an answer are errors of the kind that they are",
        arguments: [
            (#"{"code":"rate_limit_exceeded","message":"Slow"}"#, GatewayError.Code.limitExceeded, 429),
            (#"{"code":"server_error","message":"Broken"}"#, .upstreamUnavailable, 502),
            (#"{"code":"invalid_prompt","message":"No"}"#, .upstreamRefused, 400),
            (#"{"code":"image_too_large","message":"Big"}"#, .upstreamRefused, 400),
        ]
    )
    func failures(error: String, code: GatewayError.Code, status: Int) throws {
        let failed = #"{"type":"response.failed","response":{"id":"resp_1","status":"failed","error":\#(error)}}"#
        let event = #"{"type":"error","sequence_number":3,\#(error.dropFirst())"#
        let nested = #"{"type":"error","error":\#(error)}"#
        for event in [failed, event, nested] {
            var decoder = OpenAIResponses().makeStreamDecoder(for: try WrittenResponse.context())
            var events: [ModelEvent] = []
            let thrown = #expect(throws: StreamFailure.self) {
                try decoder.decode(ByteBuffer(string: event), into: &events)
            }
            guard case .reported(let reported) = thrown else { throw GatewayError(.internalFailure, "not reported") }
            #expect(reported.code == code)
            #expect(reported.status == status)
            #expect(!events.contains { if case .end = $0 { true } else { false } })
        }
        let whole = #"{"id":"resp_1","status":"failed","output":[],"error":\#(error)}"#
        let thrown = #expect(throws: GatewayError.self) {
            _ = try OpenAIResponses().decodeResponse(
                JSONValue(validating: ByteBuffer(string: whole)),
                for: WrittenResponse.context()
            )
        }
        #expect(thrown?.code == code)
    }

    @Test(
        "stream-23: items that are interleaved are told in order, and what belongs to an item that is over is an error"
    )
    func interleaved() throws {
        let events = [
            #"{"type":"response.output_item.added","output_index":0,"item":{"type":"function_call","call_id":"a","name":"f","arguments":""}}"#,
            #"{"type":"response.output_item.added","output_index":1,"item":{"type":"function_call","call_id":"b","name":"f","arguments":""}}"#,
            #"{"type":"response.function_call_arguments.delta","output_index":1,"delta":"{\"x\":1}"}"#,
            #"{"type":"response.function_call_arguments.delta","output_index":0,"delta":"{"}"#,
        ]
        let rest = [
            #"{"type":"response.function_call_arguments.delta","output_index":0,"delta":"}"}"#,
            #"{"type":"response.completed","response":{"status":"completed","output":[]}}"#,
        ]
        let stream = try decoded(events + rest)
        #expect(stream.failure == nil && stream.disorder == nil)
        let calls = stream.response.candidates[0].parts.compactMap(\.toolCall)
        #expect(calls.map(\.id.string) == ["a", "b"])
        let done =
            #"{"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","call_id":"a","name":"f","arguments":"{"}}"#
        #expect(try decoded(events + [done] + rest).failure?.contains("has ended") == true)
    }
}
