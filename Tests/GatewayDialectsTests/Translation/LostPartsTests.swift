// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

/// Pieces of answers that stand where one would not look for them.
@Suite("Nothing of an answer is lost")
struct LostPartsTests {
    private static let mlflow = #"{"model":"m","messages":[{"role":"user","content":"x"}]@}"#
    private static let messages = #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}]@}"#
    private static let responses = #"{"model":"m","input":"x"@}"#

    /// The whole answer, and the stream of it, as the client gets them.
    private func answer(
        _ path: String,
        _ body: String,
        from format: WireFormat,
        _ whole: String,
        _ stream: [String],
        model: String = "upstream-model"
    ) throws -> (whole: String, stream: String) {
        let plain = try Calls.translate(path, body.replacing("@", with: ""), to: format, model: model)
        let first = plain.response.run(ByteBuffer(string: whole))
        #expect(first.error == nil)
        let streaming = try Calls.translate(
            path,
            body.replacing("@", with: #","stream":true"#),
            to: format,
            model: model
        )
        let bytes = ByteBuffer(string: stream.map { "data: \($0)\n\n" }.joined())
        let second = streaming.response.run(bytes)
        #expect(second.error == nil)
        #expect(second == streaming.response.run(bytes, .every(1)))
        return (first.output, second.output)
    }

    private func chunk(_ delta: String, _ reason: String = "null") -> String {
        #"{"id":"c","model":"up","choices":[{"index":0,"delta":\#(delta),"finish_reason":\#(reason)}]}"#
    }

    @Test("tools-11: A fence is taken off an answer without its sources and signatures")
    func fence() throws {
        let text = #""```json\n{\"a\":1}\n```""#
        let source =
            #"{"type":"url_citation","url_citation":{"url":"https://e.com","title":"t","start_index":8,"end_index":15}}"#
        let extra = #""annotations":[\#(source)],"extra_content":{"google":{"thought_signature":"c2ln"}}"#
        let body =
            #"{"model":"m","messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_object"}@}"#
        let target = ChatRoundTripTests.target { $0.structuredOutput = .tool }
        func run(_ stream: String, _ bytes: String) throws -> String {
            let envelope = try Calls.envelope(Calls.chatPath, ByteBuffer(string: body.replacing("@", with: stream)))
            return try Dialects().translate(envelope, to: target, answer: Calls.identity).response
                .run(ByteBuffer(string: bytes)).output
        }
        let message = #"{"role":"assistant","content":\#(text),\#(extra)}"#
        let whole = try run("", #"{"choices":[{"message":\#(message),"finish_reason":"stop"}]}"#)
        let stream = try run(
            #","stream":true"#,
            "data: \(chunk(#"{"content":\#(text)}"#))\n\ndata: \(chunk("{\(extra)}"))\n\n"
                + "data: \(chunk("{}", #""stop""#))\n\ndata: [DONE]\n\n"
        )
        for output in [whole, stream] {
            #expect(output.contains(#""content":"{\"a\":1}""#), "\(output)")
            #expect(!output.contains("```"))
            #expect(output.contains(#""url":"https://e.com""#), "\(output)")
            #expect(output.contains(#""start_index":0,"end_index":7"#), "\(output)")
            #expect(output.contains(ChatRoundTripTests.wrapped(.thought, "c2ln")), "\(output)")
        }
    }

    @Test("reasoning-01: Sources and signatures of an answer without text arrive")
    func annotationsWithoutText() throws {
        let call = #""tool_calls":[{"index":0,"id":"t","type":"function","function":{"name":"f","arguments":"{}"}}]"#
        let source =
            #"{"type":"url_citation","url_citation":{"url":"https://e.com","title":"t","start_index":0,"end_index":0}}"#
        let extra = #""annotations":[\#(source)],"extra_content":{"google":{"thought_signature":"c2ln"}}"#
        let (whole, stream) = try answer(
            "/openai/v1/responses",
            Self.responses,
            from: .openAIChat,
            #"{"id":"c","choices":[{"message":{"content":null,\#(extra),\#(call)},"finish_reason":"tool_calls"}]}"#,
            [chunk("{\(extra),\(call)}"), chunk("{}", #""tool_calls""#), "[DONE]"]
        )
        for output in [whole, stream] {
            #expect(output.contains("https://e.com"), "\(output)")
            #expect(output.contains(#""encrypted_content":"gatehouse1_t"#), "\(output)")
            #expect(output.contains(#""name":"f""#))
        }
    }

    @Test("A completion has words for pictures and calls")
    func completions() throws {
        let parts =
            #"{"text":"See: "},{"inlineData":{"mimeType":"image/png","data":"AAAA"}},{"functionCall":{"name":"f","args":{}}}"#
        let whole = #"{"candidates":[{"content":{"parts":[\#(parts)]},"finishReason":"STOP"}]}"#
        let outputs = try answer(
            "/openai/v1/completions",
            #"{"model":"m","prompt":"x"@}"#,
            from: .geminiGenerateContent,
            whole,
            [whole]
        )
        for output in [outputs.whole, outputs.stream] {
            #expect(output.contains("[The model answered with an image (image/png), which this API cannot carry.]"))
            #expect(output.contains("[The model called the tool 'f', which this API cannot carry.]"))
        }
    }

    // MARK: Responses streams that tell parts of an answer only at its end

    private static let created =
        #"{"type":"response.created","response":{"id":"resp_1","model":"up","status":"in_progress","output":[]}}"#
    private static let items = [
        #"{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"one"},{"type":"summary_text","text":"two"}],"encrypted_content":"gAAAA"}"#,
        #"{"type":"message","id":"msg_1","role":"assistant","status":"completed","content":[{"type":"output_text","text":"first ","annotations":[]},{"type":"output_text","text":"second","annotations":[]}]}"#,
        #"{"type":"function_call","id":"fc_1","call_id":"c1","name":"f","arguments":"{\"a\":1}"}"#,
    ]

    private func completed(_ items: [String]) -> String {
        #"{"type":"response.completed","response":{"id":"resp_1","status":"completed","output":[\#(items.joined(separator: ","))],"usage":{"input_tokens":1,"output_tokens":2,"total_tokens":3}}}"#
    }

    private func done(_ item: String, _ index: Int) -> String {
        #"{"type":"response.output_item.done","output_index":\#(index),"item":\#(item)}"#
    }

    private func added(_ item: String, _ index: Int) -> String {
        #"{"type":"response.output_item.added","output_index":\#(index),"item":\#(item)}"#
    }

    private func text(_ text: String, _ index: Int) -> String {
        #"{"type":"response.output_text.delta","output_index":\#(index),"content_index":0,"delta":"\#(text)"}"#
    }

    private func thought(_ text: String, _ index: Int) -> String {
        #"{"type":"response.reasoning_summary_text.delta","output_index":\#(index),"summary_index":0,"delta":"\#(text)"}"#
    }

    @Test("Parts that only the last events of an item or of the answer tell arrive, each of them once")
    func lateParts() throws {
        let message = #"{"type":"message","id":"msg_1","role":"assistant","content":[]}"#
        let streams: [[String]] = [
            // Nothing but the answer.
            [completed(Self.items)],
            // Items without pieces.
            Self.items.enumerated().map { done($1, $0) } + [completed(Self.items)],
            // The first part of each in pieces, the others at its end.
            [
                thought("one", 0), done(Self.items[0], 0), added(message, 1), text("first ", 1), done(Self.items[1], 1),
                done(Self.items[2], 2), completed(Self.items),
            ],
            // The ends of the items are missing.
            [
                thought("one", 0), done(Self.items[0], 0), added(message, 1), text("first ", 1), completed(Self.items),
            ],
            // A server that counts from one, and lists all of it again.
            [
                thought("one", 1), done(Self.items[0], 1), added(message, 2), text("first ", 2), done(Self.items[1], 2),
                done(Self.items[2], 3), completed(Self.items),
            ],
        ]
        for events in streams {
            let (whole, stream) = try answer(
                Calls.mlflowPath,
                Self.mlflow,
                from: .openAIResponses,
                #"{"id":"resp_1","status":"completed","output":[\#(Self.items.joined(separator: ","))]}"#,
                [Self.created] + events
            )
            for output in [whole, stream] {
                for words in ["one", "two", "first ", "second", #"{\"a\":1}"#] {
                    #expect(output.ranges(of: words).count == 1, "\(words) in \(output)")
                }
                #expect(output.contains("gatehouse1_e"))
                #expect(output.contains(#""finish_reason":"tool_calls""#))
            }
        }
    }

    // MARK: Gemini

    @Test("usage-02 reasoning-01: Sources, texts, signatures and usage behind Gemini's finish reason arrive")
    func behindTheReason() throws {
        let grounding =
            #""groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://e.com","title":"t"}}],"groundingSupports":[{"segment":{"startIndex":0,"endIndex":5,"text":"Hello"},"groundingChunkIndices":[0]}]}"#
        let stream = try Calls.translate(
            "/openai/v1/responses",
            Self.responses.replacing("@", with: #","stream":true"#),
            to: .geminiGenerateContent
        )
        let chunks = [
            #"{"candidates":[{"index":0,"content":{"parts":[{"text":"Hello"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"totalTokenCount":3}}"#,
            #"{"candidates":[{"index":0,"content":{"parts":[{"text":" there"}]}}]}"#,
            #"{"candidates":[{"index":0,\#(grounding)}]}"#,
            #"{"candidates":[{"index":0,"content":{"parts":[{"text":"","thoughtSignature":"c2ln"}]}}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":9,"totalTokenCount":12}}"#,
        ]
        let outcome = stream.response.run(ByteBuffer(string: chunks.map { "data: \($0)\r\n\r\n" }.joined()))
        #expect(outcome.error == nil)
        let last = try #require(eventData(outcome.output).last)
        let response = try #require(JSONValue(validating: ByteBuffer(string: last))["response"])
        let output = try #require(response["output"]?.array.map(Array.init))
        let message = try #require(output.first { $0["type"]?.string == "message" })
        #expect(message["content"]?.array?.first?["text"]?.string == "Hello there")
        #expect(message["content"]?.array?.first?["annotations"]?.array?.first?["url"]?.string == "https://e.com")
        #expect(output.contains { $0["encrypted_content"]?.string?.hasPrefix("gatehouse1_t") == true })
        #expect(response["usage"]?["output_tokens"]?.int == 9)
        #expect(outcome.observation.usage.output == 9)
        // A call behind the reason still makes it one of calls (stream-12).
        let call = #"{"candidates":[{"index":0,"content":{"parts":[{"functionCall":{"name":"f","args":{}}}]}}]}"#
        let calls = try Calls.translate(Calls.chatPath, Calls.streamingChat(), to: .geminiGenerateContent).response
            .run(ByteBuffer(string: [chunks[0], call].map { "data: \($0)\r\n\r\n" }.joined()))
        #expect(calls.output.contains(#""finish_reason":"tool_calls""#))
        #expect(calls.output.ranges(of: "finish_reason\":\"").count == 1)
    }

    // MARK: Thoughts that the client does not want to see

    private static let hiding: [(String, String)] = [
        (Calls.chatPath, #"{"model":"m","messages":[{"role":"user","content":"x"}],"reasoning":{"exclude":true}@}"#),
        (
            Calls.mlflowPath,
            #"{"model":"m","messages":[{"role":"user","content":"x"}],"thinking":{"type":"enabled","budget_tokens":2000,"display":"omitted"}@}"#
        ),
        (
            "/anthropic/v1/messages",
            #"{"model":"m","max_tokens":9000,"messages":[{"role":"user","content":"x"}],"thinking":{"type":"enabled","budget_tokens":2000,"display":"omitted"}@}"#
        ),
    ]

    @Test("Thoughts that a client asked not to see are hidden, and what continues them is not", arguments: hiding)
    func hiddenThoughts(path: String, body: String) throws {
        let items = [Self.items[0], Self.items[1]]
        let states = try answer(
            path,
            body,
            from: .openAIResponses,
            #"{"id":"resp_1","status":"completed","output":[\#(items.joined(separator: ","))]}"#,
            [
                Self.created, thought("one", 0), done(items[0], 0), text("first ", 1), done(items[1], 1),
                completed(items),
            ]
        )
        for output in [states.whole, states.stream] {
            #expect(!output.contains("one") && !output.contains("two"), "\(output)")
            #expect(output.contains("first ") && output.contains("second"))
            #expect(output.ranges(of: "gatehouse1_e").count == 1, "\(output)")
        }
        guard path == "/anthropic/v1/messages" else { return }
        // A thought without anything to continue is not told at all.
        let plain = try answer(
            path,
            body,
            from: .openAIChat,
            #"{"id":"c","choices":[{"message":{"content":"hi","reasoning_content":"secret"},"finish_reason":"stop"}]}"#,
            [chunk(#"{"reasoning_content":"secret"}"#), chunk(#"{"content":"hi"}"#), chunk("{}", #""stop""#), "[DONE]"]
        )
        for output in [plain.whole, plain.stream] {
            #expect(!output.contains("secret") && !output.contains("thinking"), "\(output)")
            #expect(output.contains("hi"))
        }
    }

    @Test("A Gemini client that wants no thoughts gets none")
    func hiddenFromGemini() throws {
        let body =
            #"{"contents":[{"parts":[{"text":"x"}]}],"generationConfig":{"thinkingConfig":{"includeThoughts":false,"thinkingLevel":"HIGH"}}}"#
        func run(_ verb: String, _ bytes: String) throws -> String {
            let path = "/gemini/v1beta/models/m:\(verb)"
            return try Calls.translate(path, body, to: .openAIChat).response.run(ByteBuffer(string: bytes)).output
        }
        let whole = try run(
            "generateContent",
            #"{"id":"c","choices":[{"message":{"content":"hi","reasoning_content":"secret"},"finish_reason":"stop"}]}"#
        )
        let chunks = [
            chunk(#"{"reasoning":"secret"}"#), chunk(#"{"content":"hi"}"#), chunk("{}", #""stop""#), "[DONE]",
        ]
        let stream = try run("streamGenerateContent?alt=sse", chunks.map { "data: \($0)\n\n" }.joined())
        for output in [whole, stream] {
            #expect(!output.contains("secret") && !output.contains("thought\""), "\(output)")
            #expect(output.contains(#""text":"hi""#))
        }
    }

    // MARK: What the next vendor will ask for

    @Test(
        "reasoning-01 reasoning-04: Calls for Gemini clients have a signature that Gemini takes, the first of each turn"
    )
    func standIn() throws {
        let body = #"{"contents":[{"parts":[{"text":"x"}]}]}"#
        func call(_ index: Int) -> String {
            #"{"index":\#(index),"id":"t\#(index)","type":"function","function":{"name":"f","arguments":"{}"}}"#
        }
        let calls = #""tool_calls":[\#(call(0)),\#(call(1))]"#
        func run(_ verb: String, _ bytes: String) throws -> String {
            let path = "/gemini/v1beta/models/m:\(verb)"
            return try Calls.translate(path, body, to: .openAIChat).response.run(ByteBuffer(string: bytes)).output
        }
        let whole = try run(
            "generateContent",
            #"{"choices":[{"message":{"content":null,\#(calls)},"finish_reason":"tool_calls"}]}"#
        )
        let chunks = [chunk("{\(calls)}"), chunk("{}", #""tool_calls""#), "[DONE]"]
        let stream = try run("streamGenerateContent?alt=sse", chunks.map { "data: \($0)\n\n" }.joined())
        for output in [whole, stream] {
            #expect(output.ranges(of: "functionCall\"").count == 2)
            #expect(
                output.ranges(of: #""thoughtSignature":"skip_thought_signature_validator""#).count == 1,
                "\(output)"
            )
        }
    }

    @Test(
        "reasoning-04: Thoughts for Responses clients say that nobody can read them, so that OpenAI is not shown them"
    )
    func unsignedThoughts() throws {
        let (whole, stream) = try answer(
            "/openai/v1/responses",
            Self.responses,
            from: .openAIChat,
            #"{"id":"c","choices":[{"message":{"content":"hi","reasoning_content":"hm"},"finish_reason":"stop"}]}"#,
            [chunk(#"{"reasoning_content":"hm"}"#), chunk(#"{"content":"hi"}"#), chunk("{}", #""stop""#), "[DONE]"]
        )
        let last = try #require(eventData(stream).last)
        for text in [
            whole, String(buffer: try #require(JSONValue(validating: ByteBuffer(string: last))["response"]).bytes),
        ] {
            let response = try JSONValue(validating: ByteBuffer(string: text))
            let output = String(buffer: try #require(response["output"]).bytes)
            let back = #"{"model":"m","input":\#(output)}"#
            let relayed = try Calls.translate("/openai/v1/responses", back, to: .openAIResponses)
            #expect(!String(buffer: relayed.joinedBody).contains("hm"))
            #expect(String(buffer: relayed.joinedBody).contains("hi"))
            // Who takes plain thoughts still gets them (reasoning-10).
            let (body, _) = try JSONValue(validating: ByteBuffer(string: back)).asChat()
            #expect(body.contains(#""reasoning_content":"hm""#), "\(body)")
        }
    }

    // MARK: The ids of stored answers

    @Test("reasoning-08: An answer says which earlier one it follows, although the upstream got the whole conversation")
    func previousResponse() throws {
        for stream in ["", #","stream":true"#] {
            let body = Self.responses.replacing("@", with: #","previous_response_id":null\#(stream)"#)
            var envelope = try Calls.envelope("/openai/v1/responses", ByteBuffer(string: body))
            envelope.previousResponseID = "resp_0"
            let target = TranslationTarget(
                format: .openAIChat,
                model: "m",
                limits: ModelLimits(),
                defaultMaximumOutput: 1
            )
            let translation = try Dialects().translate(envelope, to: target, answer: Calls.identity)
            let answer =
                stream.isEmpty
                ? #"{"id":"c","choices":[{"message":{"content":"hi"},"finish_reason":"stop"}]}"#
                : [chunk(#"{"content":"hi"}"#), chunk("{}", #""stop""#), "[DONE]"].map { "data: \($0)\n\n" }.joined()
            let output = translation.response.run(ByteBuffer(string: answer)).output
            let expected = output.ranges(of: #""previous_response_id":"resp_0""#).count
            // In a stream at its beginning and at its end.
            #expect(expected == (stream.isEmpty ? 1 : 3), "\(output)")
            #expect(!output.contains(#""previous_response_id":null"#))
        }
    }
}

extension JSONValue {
    /// This Responses request as a chat upstream that replays thoughts gets it.
    fileprivate func asChat() throws -> (String, [String]) {
        let envelope = try Calls.envelope("/openai/v1/responses", bytes)
        let target = ChatRoundTripTests.target { $0.replaysReasoning = .reasoningContent }
        let translation = try Dialects().translate(envelope, to: target, answer: Calls.identity)
        return (String(buffer: translation.joinedBody), translation.dropped)
    }
}
