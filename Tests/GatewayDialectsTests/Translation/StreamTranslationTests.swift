// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

@Suite("Streams for chat clients")
struct StreamTranslationTests {
    /// Chunks as values.
    private func chunks(_ output: String) throws -> [JSONValue] {
        try eventData(output).map { try JSONValue(validating: ByteBuffer(string: $0)) }
    }

    private func run(
        _ events: [String],
        from format: WireFormat = .anthropicMessages,
        path: String = Calls.chatPath,
        members: String = ""
    ) throws -> Outcome {
        let stream = events.map { "data: \($0)\n\n" }.joined()
        return try Calls.translate(path, Calls.streamingChat(members), to: format).response
            .run(ByteBuffer(string: stream))
    }

    private static let start =
        #"{"type":"message_start","message":{"id":"msg_1","model":"c","usage":{"input_tokens":5,"output_tokens":1}}}"#
    private static let stop = #"{"type":"message_stop"}"#

    private func blockStart(_ index: Int, _ block: String) -> String {
        #"{"type":"content_block_start","index":\#(index),"content_block":\#(block)}"#
    }

    private func delta(_ index: Int, _ delta: String) -> String {
        #"{"type":"content_block_delta","index":\#(index),"delta":\#(delta)}"#
    }

    private func blockStop(_ index: Int) -> String { #"{"type":"content_block_stop","index":\#(index)}"# }

    private func end(_ reason: String, usage: String = #"{"output_tokens":9}"#) -> [String] {
        [
            #"{"type":"message_delta","delta":{"stop_reason":"\#(reason)","stop_sequence":null},"usage":\#(usage)}"#,
            Self.stop,
        ]
    }

    /// An answer put together as the SDKs' accumulators do, by the indices in the chunks.
    private struct Answer: Equatable {
        var text = ""
        var calls: [Call] = []
        var finishReason: String?

        struct Call: Equatable {
            var id: String
            var name: String
            var arguments: String
        }
    }

    private func answer(_ output: String) throws -> Answer {
        var answer = Answer()
        for chunk in try chunks(output) {
            #expect(chunk["object"]?.string == "chat.completion.chunk")
            #expect(chunk["id"]?.string?.hasPrefix("chatcmpl-") == true)
            #expect(chunk["created"]?.int == Calls.identity.created)
            for choice in try #require(chunk["choices"]?.array) {
                #expect(choice["index"]?.int == 0)
                let delta = try #require(choice["delta"])
                answer.text += delta["content"]?.string ?? ""
                for call in delta["tool_calls"]?.array.map(Array.init) ?? [] {
                    let index = try #require(call["index"]?.int)
                    if index == answer.calls.count {
                        answer.calls.append(
                            Answer.Call(
                                id: try #require(call["id"]?.string),
                                name: try #require(call["function"]?["name"]?.string),
                                arguments: ""
                            )
                        )
                    }
                    try #require(index < answer.calls.count)
                    answer.calls[index].arguments += call["function"]?["arguments"]?.string ?? ""
                }
                if let reason = choice["finish_reason"]?.string {
                    #expect(answer.finishReason == nil)
                    answer.finishReason = reason
                }
            }
        }
        return answer
    }

    @Test(
        "stream-01 stream-04 stream-05 stream-06 stream-07 stream-08: Any order of text, thinking and tool blocks arrives whole, densely numbered, as choice 0"
    )
    func randomBlocks() throws {
        var generator = SplitMix(seed: 5)
        for round in 0..<300 {
            var events = [Self.start]
            var expected = Answer(finishReason: "stop")
            for index in 0..<Int.random(in: 0...7, using: &generator) {
                switch Int.random(in: 0..<3, using: &generator) {
                case 0:
                    events.append(blockStart(index, #"{"type":"text","text":""}"#))
                    for _ in 0..<Int.random(in: 0...3, using: &generator) {
                        expected.text += "t\(index) "
                        events.append(delta(index, #"{"type":"text_delta","text":"t\#(index) "}"#))
                    }
                case 1:
                    events.append(blockStart(index, #"{"type":"thinking","thinking":"","signature":""}"#))
                    events.append(delta(index, #"{"type":"thinking_delta","thinking":"hm"}"#))
                    events.append(delta(index, #"{"type":"signature_delta","signature":"c2ln"}"#))
                default:
                    let id = "toolu_\(round)_\(index)"
                    events.append(blockStart(index, #"{"type":"tool_use","id":"\#(id)","name":"f","input":{}}"#))
                    var arguments = ""
                    for piece in [#"{"k\#(index)""#, ":", "[1,2]}"].prefix(Bool.random(using: &generator) ? 3 : 0) {
                        arguments += piece
                        events.append(
                            delta(
                                index,
                                #"{"type":"input_json_delta","partial_json":\#(JSONValue { $0.string(piece) }.bytes.text)}"#
                            )
                        )
                    }
                    expected.calls.append(
                        Answer.Call(id: id, name: "f", arguments: arguments.isEmpty ? "{}" : arguments)
                    )
                    expected.finishReason = "tool_calls"
                }
                events.append(blockStop(index))
            }
            events += end(expected.calls.isEmpty ? "end_turn" : "tool_use")
            let outcome = try run(events)
            #expect(outcome.error == nil)
            #expect(try answer(outcome.output) == expected)
            #expect(outcome.output.hasSuffix("data: [DONE]\n\n"))
        }
    }

    @Test("stream-03: Arguments in the same event as the tool's name are not lost")
    func argumentsWithTheName() throws {
        let anthropic = try run(
            [
                Self.start, blockStart(0, #"{"type":"tool_use","id":"a","name":"f","input":{"x":[1]}}"#), blockStop(0),
            ] + end("tool_use")
        )
        #expect(try answer(anthropic.output).calls.map(\.arguments) == [#"{"x":[1]}"#])
        let gemini = try run(
            [
                #"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"x":[1]}}}]},"finishReason":"STOP"}]}"#
            ],
            from: .geminiGenerateContent
        )
        #expect(try answer(gemini.output).calls.map(\.arguments) == [#"{"x":[1]}"#])
    }

    @Test("stream-02: However often a stream says that it starts, the client hears of one answer")
    func oneAnswer() throws {
        let outcome = try run(
            [
                Self.start, Self.start.replacing("msg_1", with: "msg_2"), blockStart(0, #"{"type":"text","text":"a"}"#),
                blockStop(0),
            ] + end("end_turn")
        )
        #expect(Set(try chunks(outcome.output).map { $0["id"]?.string }) == ["chatcmpl-msg_1"])
        #expect(try chunks(outcome.output).filter { $0["choices"]?.array?.first?["delta"]?["role"] != nil }.count == 1)
    }

    @Test("stream-12: An answer with tool calls ends with tool_calls, even where the vendor says STOP")
    func toolCallsFinish() throws {
        let part = #"{"functionCall":{"name":"f","args":{}}}"#
        let gemini = try run(
            [#"{"candidates":[{"content":{"parts":[{"text":"a"},\#(part)]},"finishReason":"STOP"}]}"#],
            from: .geminiGenerateContent
        )
        #expect(try answer(gemini.output).finishReason == "tool_calls")
        let anthropic = try run(
            [Self.start, blockStart(0, #"{"type":"tool_use","id":"a","name":"f","input":{}}"#), blockStop(0)]
                + end("end_turn")
        )
        #expect(try answer(anthropic.output).finishReason == "tool_calls")
    }

    @Test(
        "Reasons to finish, from both vendors",
        arguments: [
            ("end_turn", "stop"), ("stop_sequence", "stop"), ("max_tokens", "length"),
            ("model_context_window_exceeded", "length"), ("refusal", "content_filter"), ("pause_turn", "stop"),
            ("STOP", "stop"), ("MAX_TOKENS", "length"), ("SAFETY", "content_filter"),
            ("PROHIBITED_CONTENT", "content_filter"), ("OTHER", "length"), ("NEW_REASON", "length"),
        ]
    )
    func finishReasons(reason: String, expected: String) throws {
        let outcome: Outcome
        if reason == reason.uppercased() {
            let event = #"{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"\#(reason)"}]}"#
            outcome = try run([event], from: .geminiGenerateContent)
            let whole = try Calls.translate(
                Calls.chatPath,
                #"{"model":"m","messages":[{"role":"user","content":"x"}]}"#,
                to: .geminiGenerateContent
            )
            let answer = whole.response.run(ByteBuffer(string: event)).output
            #expect(answer.contains(#""finish_reason":"\#(expected)""#))
        } else {
            outcome = try run([Self.start, blockStart(0, #"{"type":"text","text":"a"}"#), blockStop(0)] + end(reason))
        }
        #expect(try answer(outcome.output).finishReason == expected)
    }

    @Test("A blocked prompt is an answer that was filtered, whole and streamed")
    func blockedPrompt() throws {
        let body =
            #"{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":4},"modelVersion":"g"}"#
        let stream = try run([body], from: .geminiGenerateContent)
        #expect(stream.error == nil)
        #expect(try answer(stream.output) == Answer(finishReason: "content_filter"))
        let whole = try Calls.translate(
            Calls.chatPath,
            #"{"model":"m","messages":[{"role":"user","content":"x"}]}"#,
            to: .geminiGenerateContent
        )
        let outcome = whole.response.run(ByteBuffer(string: body))
        #expect(outcome.output.contains(#""finish_reason":"content_filter""#))
        #expect(outcome.observation.usage.uncachedInput == 4)
    }

    @Test("stream-09: A stream that ends before its terminal event is an error, at every event")
    func earlyEnd() throws {
        for (name, format) in GoldenTests.upstreams {
            let subject = try #require(DialectConformance.all.first { $0.name == name })
            for stream in try subject.cutStreams {
                let outcome = try Calls.translate(Calls.chatPath, Calls.streamingChat(), to: format).response.run(
                    stream
                )
                #expect(outcome.error?.code == .upstreamUnavailable)
                #expect(!outcome.output.contains("[DONE]"))
            }
        }
    }

    @Test(
        "stream-18: An error inside a stream becomes the client's, after what came before it, without [DONE]",
        arguments: [Calls.chatPath, Calls.mlflowPath]
    )
    func streamErrors(path: String) throws {
        let anthropic = try run(
            [
                Self.start, blockStart(0, #"{"type":"text","text":"before"}"#),
                #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
                delta(0, #"{"type":"text_delta","text":"after"}"#),
            ],
            path: path
        )
        let gemini = try run(
            [
                #"{"candidates":[{"content":{"parts":[{"text":"before"}]}}]}"#,
                #"{"error":{"code":503,"message":"Overloaded","status":"UNAVAILABLE"}}"#,
            ],
            from: .geminiGenerateContent,
            path: path
        )
        for outcome in [anthropic, gemini] {
            #expect(outcome.error == nil)
            #expect(outcome.observation.error?.code == .upstreamUnavailable)
            #expect(outcome.observation.error?.status == 503)
            let chunks = try chunks(outcome.output)
            #expect(chunks.count == 2)
            #expect(chunks.first?["choices"]?.array?.first?["delta"]?["content"]?.string == "before")
            let error = chunks.last?["error"]
            #expect(error?["message"]?.string == "Overloaded")
            #expect(error?["type"]?.string == "server_error")
            #expect(chunks.last?["error_code"]?.string == "TEMPORARILY_UNAVAILABLE")
            #expect(!outcome.output.contains("[DONE]"))
        }
    }

    @Test("errors-02: An error before any content is noted as such")
    func errorBeforeContent() throws {
        let outcome = try run([
            Self.start, #"{"type":"error","error":{"type":"rate_limit_error","message":"Slow down"}}"#,
        ])
        #expect(outcome.observation.error?.code == .limitExceeded)
        #expect(!outcome.observation.hasContent)
    }

    @Test("Bytes that make no sense end the stream with an error, after what came before them")
    func unreadableStream() throws {
        for broken in ["{", "null", #"{"type":"content_block_delta","index":0}"#] {
            let events = [Self.start, blockStart(0, #"{"type":"text","text":"before"}"#), broken, Self.stop]
            let stream = ByteBuffer(string: events.map { "data: \($0)\n\n" }.joined())
            let transform = try Calls.translate(Calls.chatPath, Calls.streamingChat(), to: .anthropicMessages).response
            let expected = transform.run(stream)
            #expect(expected.error?.code == .upstreamUnavailable)
            #expect(expected.output.contains("before"))
            for cut in Cut.all(of: stream) { #expect(transform.run(stream, cut) == expected, "\(cut)") }
        }
    }

    @Test(
        "usage-01 usage-02 usage-03 usage-04: Anthropic's usage may stand at the start, at the end or in both, and is never added up",
        arguments: [
            (
                #"{"input_tokens":5,"cache_read_input_tokens":3,"cache_creation_input_tokens":2,"output_tokens":1}"#,
                #"{"output_tokens":9}"#
            ),
            (
                #"{}"#,
                #"{"input_tokens":5,"cache_read_input_tokens":3,"cache_creation_input_tokens":2,"output_tokens":9}"#
            ),
            (
                #"{"input_tokens":5,"cache_read_input_tokens":3,"cache_creation_input_tokens":2,"output_tokens":1}"#,
                #"{"input_tokens":5,"cache_read_input_tokens":3,"cache_creation_input_tokens":2,"output_tokens":9}"#
            ),
        ]
    )
    func anthropicUsage(start: String, delta: String) throws {
        let events =
            [#"{"type":"message_start","message":{"id":"m","usage":\#(start)}}"#] + end("end_turn", usage: delta)
        let outcome = try run(events, members: #","stream_options":{"include_usage":true}"#)
        let expected = TokenUsage(uncachedInput: 5, cacheRead: 3, cacheWrite5m: 2, output: 9)
        #expect(outcome.observation.usage == expected)
        let usage = try #require(chunks(outcome.output).last?["usage"])
        #expect(usage["prompt_tokens"]?.int == 10)
        #expect(usage["prompt_tokens_details"]?["cached_tokens"]?.int == 3)
        // usage-04: recomputed, prompt included.
        #expect(usage["total_tokens"]?.int == 19)
        let relayed = AnthropicMessages().makeRelay(
            for: RelayContext(
                apiType: .anthropicMessages,
                isStreaming: true,
                requestID: "r",
                hidesUsage: false,
                wantsServerSentEvents: true,
                estimatedInput: 0
            )
        ).run(ByteBuffer(string: events.map { "data: \($0)\n\n" }.joined()))
        #expect(relayed.observation.usage == expected)
    }

    @Test("usage-08: Writes to caches keep their split when only the total is repeated")
    func cacheSplit() throws {
        let start =
            #"{"input_tokens":5,"cache_creation_input_tokens":7,"cache_creation":{"ephemeral_5m_input_tokens":3,"ephemeral_1h_input_tokens":4},"output_tokens":1}"#
        let events =
            [#"{"type":"message_start","message":{"id":"m","usage":\#(start)}}"#]
            + end("end_turn", usage: #"{"cache_creation_input_tokens":7,"output_tokens":9}"#)
        #expect(
            try run(events).observation.usage
                == TokenUsage(uncachedInput: 5, cacheWrite5m: 3, cacheWrite1h: 4, output: 9)
        )
    }

    @Test(
        "usage-05: OpenAI's clients get usage only if they asked, Databricks' in every chunk, with exact figures at the end"
    )
    func usageForClients() throws {
        let events =
            [
                Self.start, blockStart(0, #"{"type":"text","text":""}"#),
                delta(0, #"{"type":"text_delta","text":"twelve bytes"}"#), blockStop(0),
            ]
            + end("end_turn")
        #expect(!(try run(events).output.contains("usage")))
        let asked = try chunks(run(events, members: #","stream_options":{"include_usage":true}"#).output)
        #expect(asked.dropLast().allSatisfy { $0["usage"]?.isNull == true })
        #expect(asked.last?["choices"]?.array?.isEmpty == true)
        #expect(asked.last?["usage"]?["total_tokens"]?.int == 14)
        let mlflow = try chunks(run(events, path: Calls.mlflowPath).output)
        #expect(mlflow.map { $0["usage"]?["prompt_tokens"]?.int } == [5, 5])
        #expect(mlflow.map { $0["usage"]?["completion_tokens"]?.int } == [3, 9])
        #expect(mlflow.last?["choices"]?.array?.first?["finish_reason"]?.string == "stop")
    }

    @Test("Without figures from the upstream the client's are estimated, the record's are empty")
    func missingUsage() throws {
        let outcome = try run(
            [#"{"candidates":[{"content":{"parts":[{"text":"twelve bytes"}]},"finishReason":"STOP"}]}"#],
            from: .geminiGenerateContent,
            path: Calls.mlflowPath
        )
        let usage = try #require(chunks(outcome.output).last?["usage"])
        #expect(usage["prompt_tokens"]?.int == TokenUsage.estimate(textBytes: "Hello there".utf8.count))
        #expect(usage["completion_tokens"]?.int == TokenUsage.estimate(textBytes: 12))
        #expect(outcome.observation.usage.isEmpty)
        #expect(outcome.observation.contentBytes == 12)
    }

    @Test("Several candidates keep apart, each with its role and its end")
    func severalCandidates() throws {
        let outcome = try run(
            [
                #"{"candidates":[{"index":0,"content":{"parts":[{"text":"a"}]}},{"index":1,"content":{"parts":[{"text":"b"}]}}]}"#,
                #"{"candidates":[{"index":1,"content":{"parts":[{"text":"B"}]},"finishReason":"STOP"}]}"#,
                #"{"candidates":[{"index":0,"content":{"parts":[{"text":"A"}]},"finishReason":"MAX_TOKENS"}]}"#,
            ],
            from: .geminiGenerateContent
        )
        var texts = ["", ""]
        var reasons: [String?] = [nil, nil]
        var roles = 0
        for chunk in try chunks(outcome.output) {
            let choice = try #require(chunk["choices"]?.array?.first)
            let index = try #require(choice["index"]?.int)
            texts[index] += choice["delta"]?["content"]?.string ?? ""
            reasons[index] = choice["finish_reason"]?.string ?? reasons[index]
            if choice["delta"]?["role"] != nil { roles += 1 }
        }
        #expect(texts == ["aA", "bB"])
        #expect(reasons == ["length", "stop"])
        #expect(roles == 2)
        let missing = try run(
            [
                #"{"candidates":[{"index":0,"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"},{"index":1,"content":{"parts":[{"text":"b"}]}}]}"#
            ],
            from: .geminiGenerateContent
        )
        #expect(missing.error?.code == .upstreamUnavailable)
    }

    @Test("tools-09: A call without an id gets one that is unique and at most 40 characters")
    func madeIDs() throws {
        let part = #"{"functionCall":{"name":"f"}}"#
        for id in [#","responseId":"r""#, #","responseId":"\#(String(repeating: "r", count: 100))""#, ""] {
            let outcome = try run(
                [#"{"candidates":[{"content":{"parts":[\#(part),\#(part)]},"finishReason":"STOP"}]\#(id)}"#],
                from: .geminiGenerateContent
            )
            let ids = try answer(outcome.output).calls.map(\.id)
            #expect(Set(ids).count == 2)
            #expect(ids.allSatisfy { $0.hasPrefix("call_") && $0.count <= 40 })
        }
    }

    @Test("stream-14: Each event's text goes out with that event")
    func incremental() throws {
        for (name, format) in GoldenTests.upstreams {
            var transform = try Calls.translate(Calls.chatPath, Calls.streamingChat(), to: format).response
            let stream = String(buffer: try Fixtures.bytes("\(name)/stream.sse"))
            let separator = stream.contains("\r\n") ? "\r\n\r\n" : "\n\n"
            for event in stream.split(separator: separator) where event.contains(" see: Z") {
                _ = try? transform.consume(ByteBuffer(string: stream.prefix(upTo: event.startIndex).description))
                let output = String(buffer: try transform.consume(ByteBuffer(string: event + separator)))
                #expect(output.contains(" see: Zürich"))
                break
            }
        }
    }

    @Test("A stream of chunks means the same through the hub: decoded and encoded it adds up to the answer")
    func chatThroughTheHub() throws {
        let decoded = try DecodedStream(OpenAIChat(), Fixtures.bytes("OpenAIChat/stream.sse"))
        let context = AnswerContext(apiType: .openAIChat, identity: Calls.identity, model: "m", includesUsage: true)
        var encoder = OpenAIChat().makeStreamEncoder(for: context)
        var output = ByteBuffer()
        for event in decoded.events { encoder.encode(event, into: &output) }
        let answer = try answer(String(buffer: output))
        #expect(answer.text == "Let me see.")
        #expect(answer.calls.map(\.id) == ["call_1", "call_2"])
        #expect(answer.calls.map(\.arguments) == [#"{"city":"Zürich"}"#, "{}"])
        #expect(answer.finishReason == "tool_calls")
        let again = try DecodedStream(OpenAIChat(), output)
        #expect(try again.response.text() == decoded.response.text())
        let whole = try OpenAIChat().decodeResponse(Fixtures.json("OpenAIChat/response.json"), for: context)
        let encoded = OpenAIChat().encodeResponse(whole, for: context)
        let decodedAgain = try OpenAIChat().decodeResponse(JSONValue(validating: encoded), for: context)
        #expect(try decodedAgain.text() == whole.text())
    }

    @Test("Fragments of calls may lack their index, their id or come after their name")
    func oddToolCalls() throws {
        func decode(_ deltas: [String]) throws -> DecodedStream {
            let events = deltas.map { #"data: {"choices":[{"delta":{"tool_calls":[\#($0)]}}]}"# + "\n\n" }
            let end = #"data: {"choices":[{"delta":{},"finish_reason":"tool_calls"}]}"# + "\n\ndata: [DONE]\n\n"
            return try DecodedStream(OpenAIChat(), ByteBuffer(string: events.joined() + end))
        }
        let noIndex = try decode([
            #"{"id":"a","function":{"name":"f","arguments":"{"}}"#, #"{"function":{"arguments":"}"}}"#,
            #"{"id":"b","function":{"name":"g","arguments":"{}"}}"#,
        ])
        #expect(noIndex.failure == nil)
        #expect(try noIndex.response.text().contains("call a f {}\ncall b g {}"))
        let late = try decode([
            #"{"index":0,"id":"a"}"#, #"{"index":0,"function":{"arguments":"{"}}"#,
            #"{"index":0,"function":{"name":"f","arguments":"}"}}"#,
        ])
        #expect(try late.response.text().contains("call a f {}"))
        let noID = try decode([#"{"index":0,"function":{"name":"f","arguments":"{}"}}"#])
        #expect(try noID.response.text().contains("call call_6a204bd89f254c94a1c63a3ba1a8a8b6_0 f {}"))
        let nameless = try decode([#"{"index":0,"id":"a"}"#])
        #expect(nameless.failure?.contains("no name") == true)
    }
}

extension ByteBuffer {
    fileprivate var text: String { String(buffer: self) }
}
