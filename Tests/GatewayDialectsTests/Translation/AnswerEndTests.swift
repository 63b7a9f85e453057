// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

/// How answers end, whatever the upstream makes of it.
@Suite("Ends of answers")
struct AnswerEndTests {
    private static func chunk(_ text: String?, _ reason: String?, index: Int = 0) -> String {
        let delta = text.map { #"{"content":"\#($0)"}"# } ?? "{}"
        let end = reason.map { #""\#($0)""# } ?? "null"
        return #"data: {"id":"c","choices":[{"index":\#(index),"delta":\#(delta),"finish_reason":\#(end)}]}"# + "\n\n"
    }

    private static let usage =
        #"data: {"id":"c","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}"# + "\n\n"
    private static let done = "data: [DONE]\n\n"

    /// Streams whose whole text is "ab" and which have ended.
    private static let chatStreams = [
        chunk("a", "") + chunk("b", "") + chunk(nil, "stop") + usage + done,
        chunk("a", nil) + chunk("b", "stop") + usage + done,
        chunk("a", "stop") + chunk("b", "stop") + usage + done,
        chunk("a", nil) + chunk(nil, "stop") + chunk("b", nil) + usage + done,
        chunk("a", nil) + chunk("b", "stop") + usage,
        chunk("a", nil) + chunk("b", nil) + chunk(nil, "stop"),
        chunk("a", nil) + chunk("b", nil) + usage + done,
    ]

    @Test("stream-20: a chat stream ends where it ends, whatever each chunk says of a reason", arguments: chatStreams)
    func chatStream(_ stream: String) throws {
        for cut in [Cut.whole, .every(1), .every(7)] {
            let decoded = try DecodedStream(OpenAIChat(), ByteBuffer(string: stream), cut)
            #expect(decoded.failure == nil && decoded.disorder == nil)
            #expect(decoded.events.last?.text == "end")
            let candidate = try #require(decoded.response.candidates.first)
            #expect(candidate.parts.compactMap(\.text?.string).joined() == "ab")
            #expect(candidate.finishReason == .stop)
        }
    }

    @Test("stream-20: a stream that lacks only its last event is complete; one that lacks its reason is not")
    func missingEnd() throws {
        let completion = #"data: {"choices":[{"index":0,"text":"ab","finish_reason":null}]}"# + "\n\n"
        let completed = #"data: {"choices":[{"index":0,"text":"","finish_reason":"stop"}]}"# + "\n\n"
        for (path, body, format, open, end) in [
            (
                Calls.chatPath, Calls.streamingChat(), WireFormat.openAIChat, Self.chunk("ab", nil),
                Self.chunk(nil, "stop")
            ),
            (Calls.mlflowPath, Calls.streamingChat(), .openAIChat, Self.chunk("ab", ""), Self.chunk(nil, "length")),
            (
                Calls.chatPath, Calls.streamingChat(), .openAIChat,
                Self.chunk("a", nil) + Self.chunk("b", "stop", index: 1),
                Self.chunk(nil, "stop")
            ),
            (
                "/openai/v1/completions", #"{"model":"m","prompt":"x","stream":true}"#, .openAICompletions, completion,
                completed
            ),
            (
                "/openai/v1/responses", #"{"model":"m","input":"x","stream":true}"#, .openAIChat, Self.chunk("ab", nil),
                Self.chunk(nil, "stop")
            ),
        ] {
            var whole = try Calls.translate(path, body, to: format).response
            _ = try whole.consume(ByteBuffer(string: open + end))
            _ = try whole.finish()
            #expect(whole.observation.isComplete, "\(path) \(format)")
            var cut = try Calls.translate(path, body, to: format).response
            _ = try cut.consume(ByteBuffer(string: open))
            #expect(throws: GatewayError.self, "\(path) \(format)") { try cut.finish() }
        }
    }

    // MARK: Unknown reasons

    /// An upstream's format, and how it writes that an answer is too long, which stands in for a reason that nobody knows.
    private static let upstreams: [(dialect: any ClientDialect, known: String, unknown: String)] = [
        (OpenAIChat(), #""length""#, #""insufficient_system_resource""#),
        (OpenAIResponses(), #""max_output_tokens""#, #""some_reason""#),
        (AnthropicMessages(), #""max_tokens""#, #""some_reason""#),
        (Gemini(), #""MAX_TOKENS""#, #""MALFORMED_FUNCTION_CALL""#),
    ]

    private static func answer(_ dialect: any ClientDialect, _ text: JSONString?, isStreaming: Bool) -> ByteBuffer {
        let context = AnswerContext(apiType: .openAIChat, identity: Calls.identity, model: "m", includesUsage: true)
        guard isStreaming else {
            let parts = text.map { [Message.Part.text($0)] } ?? []
            let candidate = ModelResponse.Candidate(parts: parts, finishReason: .length)
            return dialect.encodeResponse(
                ModelResponse(id: "r", candidates: [candidate], usage: TokenUsage()),
                for: context
            )
        }
        var events: [ModelEvent] = [.start(id: "r", model: "m")]
        if let text {
            events += [.partStart(candidate: 0, .text), .text(candidate: 0, text), .partEnd(candidate: 0)]
        }
        var encoder = dialect.makeStreamEncoder(for: context)
        var output = ByteBuffer()
        for event in events + [.finish(candidate: 0, .length), .usage(TokenUsage(output: 1)), .end] {
            encoder.encode(event, into: &output)
        }
        return output
    }

    @Test("stream-21: an end that the gateway does not know is no good end, for any client", arguments: StepClient.all)
    func unknownReason(_ client: StepClient) throws {
        for upstream in Self.upstreams {
            for isStreaming in [false, true] {
                let envelope = try client.envelope(isStreaming: isStreaming)
                guard envelope.apiType.wireFormat != upstream.dialect.format else { continue }
                let target = TranslationTarget(
                    format: upstream.dialect.format,
                    model: "m",
                    limits: ModelLimits(),
                    defaultMaximumOutput: 100
                )
                func bytes(_ text: JSONString?) -> ByteBuffer {
                    let known = String(buffer: Self.answer(upstream.dialect, text, isStreaming: isStreaming))
                    return ByteBuffer(string: known.replacing(upstream.known, with: upstream.unknown))
                }
                let name = "\(client.name) \(upstream.dialect.format) \(isStreaming)"
                var said = try Dialects().translate(envelope, to: target, answer: Calls.identity).response
                var output = try said.consume(bytes("Hello"))
                output.writeImmutableBuffer(try said.finish())
                if client.dialect == nil {
                    #expect(String(buffer: output).contains(#""finish_reason":"length""#), "\(name)")
                } else {
                    let response = try client.response(String(buffer: output), isStreaming: isStreaming)
                    switch response.candidates.first?.finishReason {
                    case .length, .other: break
                    case let reason: Issue.record("\(name): \(String(describing: reason))")
                    }
                }
                var silent = try Dialects().translate(envelope, to: target, answer: Calls.identity).response
                do throws(GatewayError) {
                    _ = try silent.consume(bytes(nil))
                    _ = try silent.finish()
                } catch {
                    #expect(error.code == .upstreamUnavailable, "\(name)")
                }
                #expect(silent.observation.error?.code == .upstreamUnavailable, "\(name)")
            }
        }
    }

    @Test("limits-12: No more is asked of a model than it can say, and that is told", arguments: StepClient.all)
    func maximumOutput(_ client: StepClient) throws {
        for format in [
            WireFormat.openAIChat, .openAIResponses, .anthropicMessages, .geminiGenerateContent, .bedrockConverse,
        ] {
            let envelope = try client.envelope(isStreaming: false)
            guard envelope.apiType.wireFormat != format else { continue }
            let limit = client.limitField
            let asked = limit == "generationConfig" ? #"{"maxOutputTokens":32000}"# : "32000"
            var body = String(buffer: envelope.scan.value.bytes)
            body = body.replacing(#","max_tokens":99"#, with: "")
            body = body.replacing("{", with: #"{"\#(limit)":\#(asked),"#, maxReplacements: 1)
            for (most, expected) in [(8_192, 8_192), (64_000, 32_000)] {
                let translation = try Calls.translate(
                    client.path,
                    ByteBuffer(string: body),
                    to: format,
                    limits: ModelLimits(maximumOutput: most)
                )
                let sent = translation.body.map { String(buffer: $0) }.joined()
                #expect(sent.contains("\(expected)"), "\(client.name) \(format) \(sent)")
                #expect(sent.contains("32000") == (most > 32_000))
                #expect(translation.dropped.contains("max_tokens above 8192") == (most == 8_192))
            }
        }
    }

    // MARK: Half an emoji

    @Test("stream-22: half of a surrogate pair costs no answer", arguments: StepClient.all)
    func loneSurrogates(_ client: StepClient) throws {
        for upstream in Self.upstreams {
            for isStreaming in [false, true] {
                let envelope = try client.envelope(isStreaming: isStreaming)
                guard envelope.apiType.wireFormat != upstream.dialect.format else { continue }
                let target = TranslationTarget(
                    format: upstream.dialect.format,
                    model: "m",
                    limits: ModelLimits(),
                    defaultMaximumOutput: 100
                )
                let whole = String(buffer: Self.answer(upstream.dialect, "xyz", isStreaming: isStreaming))
                for (half, expected) in [
                    (#"\ud83d"#, "\u{FFFD}"), (#"\uDE00 \\ud83d"#, "\u{FFFD} \\ud83d"),
                    (#"\ud83d\ude00\ud83d"#, "\u{1F600}\u{FFFD}"),
                ] {
                    var transform = try Dialects().translate(envelope, to: target, answer: Calls.identity).response
                    var output = try transform.consume(ByteBuffer(string: whole.replacing("xyz", with: half)))
                    output.writeImmutableBuffer(try transform.finish())
                    guard client.dialect != nil else { continue }
                    let response = try client.response(String(buffer: output), isStreaming: isStreaming)
                    let text = response.candidates.first?.parts.compactMap(\.text?.string).joined()
                    #expect(text == expected, "\(client.name) \(upstream.dialect.format) \(isStreaming)")
                }
            }
        }
    }

    // MARK: Token usage

    @Test(
        "usage-13: Token usage counts in every spelling that servers of OpenAI's API have",
        arguments: [
            #""prompt_tokens_details":{"cached_tokens":800}"#,
            #""prompt_cache_hit_tokens":800,"prompt_cache_miss_tokens":200"#, #""cached_tokens":800"#,
            #""cache_read_input_tokens":800,"cache_creation_input_tokens":0"#,
        ]
    )
    func usageSpellings(_ caches: String) throws {
        let usage = #""usage":{"prompt_tokens":1000,"completion_tokens":5,"reasoning_tokens":3,\#(caches)}"#
        let whole =
            #"{"choices":[{"index":0,"message":{"role":"assistant","content":"a"},"finish_reason":"stop"}],\#(usage)}"#
        let stream = Self.chunk("a", "stop") + #"data: {"choices":[],\#(usage)}"# + "\n\n" + Self.done
        for (path, isRelayed) in [(Calls.chatPath, true), ("/openai/v1/responses", false)] {
            for isStreaming in [false, true] {
                let field = isRelayed ? #""messages":[{"role":"user","content":"x"}]"# : #""input":"x""#
                let body = #"{"model":"m",\#(field),"stream":\#(isStreaming)}"#
                var transform = try Calls.translate(path, body, to: .openAIChat).response
                _ = try transform.consume(ByteBuffer(string: isStreaming ? stream : whole))
                _ = try transform.finish()
                let observed = transform.observation.usage
                #expect(observed.cacheRead == 800 && observed.uncachedInput == 200, "\(path)")
                #expect(observed.reasoning == 3 && observed.output == 5)
            }
        }
    }
}

extension StepClient {
    /// The field that bounds the answer.
    fileprivate var limitField: String {
        if name.hasPrefix("gemini") { return "generationConfig" }
        return name == "responses" ? "max_output_tokens" : "max_tokens"
    }
}
