// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

@Suite("Bedrock's answers")
struct BedrockAnswerTests {
    private static let origin = StateOrigin(service: "main.providers.bedrock", model: "m")
    private let usage = TokenUsage(uncachedInput: 20, cacheRead: 64, cacheWrite5m: 16, cacheWrite1h: 32, output: 45)

    private func context(_ type: APIType = .openAIChat) -> AnswerContext {
        var context = AnswerContext(apiType: type, identity: Calls.identity, model: "m")
        context.origin = Self.origin
        return context
    }

    private func response() throws -> ModelResponse {
        try BedrockConverse().decodeResponse(Fixtures.json("BedrockConverse/response.json"), for: context())
    }

    @Test("stream-10: A stream means the same wherever it is cut, and adds up to what the whole answer says")
    func streamEqualsAnswer() throws {
        let bytes = try Fixtures.bytes("BedrockConverse/stream.bin")
        let expected = try DecodedStream(BedrockConverse(), bytes)
        #expect(expected.failure == nil)
        #expect(expected.disorder == nil)
        #expect(expected.events.last?.text == "end")
        for cut in Cut.all(of: bytes) {
            let stream = try DecodedStream(BedrockConverse(), bytes, cut)
            #expect(stream.events.map(\.text) == expected.events.map(\.text), "\(cut)")
        }
        let streamed = expected.response
        let whole = try BedrockConverse().decodeResponse(
            Fixtures.json("BedrockConverse/response.json"),
            for: AnswerContext(apiType: .openAIChat, identity: Calls.identity, model: "m")
        )
        #expect(streamed.usage == whole.usage)
        #expect(streamed.usage == usage)
        #expect(streamed.candidates.first?.finishReason == .toolCalls)
        let parts = try #require(streamed.candidates.first?.parts)
        #expect(parts.count == whole.candidates[0].parts.count)
        for (left, right) in zip(parts, whole.candidates[0].parts) {
            #expect(left.text?.string == right.text?.string)
            #expect(left.reasoning?.texts.map(\.string).joined() == right.reasoning?.texts.map(\.string).joined())
            #expect(left.state?.wrapped == right.state?.wrapped)
            #expect(left.toolCall?.id.string == right.toolCall?.id.string)
            #expect(left.toolCall?.name.string == right.toolCall?.name.string)
        }
    }

    @Test("reasoning-02 reasoning-03: Thoughts keep their signatures, and redacted ones their data")
    func thoughts() throws {
        let parts = try response().candidates[0].parts
        #expect(parts[0].reasoning?.texts.map(\.string) == ["Größe first 🤔"])
        #expect(parts[0].state?.kind == .signature)
        #expect(parts[0].state?.data.string == "EqoBCkgIARABGAIiQL2UoU0b1OHYi+yCHpBY7U8FQW8/JQ==")
        #expect(parts[0].state?.origin == Self.origin)
        #expect(parts[1].state?.kind == .redacted)
        #expect(parts[1].state?.data.string == "RW5jcnlwdGVkVGhvdWdodA==")
    }

    @Test("usage-01: Usage is read into disjoint buckets, once")
    func usageBuckets() throws {
        #expect(try response().usage == usage)
        #expect(usage.totalInput + 45 == 177)
        #expect(try response().serviceTier == "default")
    }

    @Test(
        "A stop reason is told in the hub's terms",
        arguments: [
            ("end_turn", .stop), ("tool_use", .toolCalls), ("max_tokens", .length),
            ("stop_sequence", .stopSequence(nil)),
            ("model_context_window_exceeded", .length), ("guardrail_intervened", .contentFilter),
            ("content_filtered", .contentFilter), ("malformed_tool_use", .other("malformed_tool_use")),
        ] as [(String, FinishReason)]
    )
    func stopReasons(_ reason: String, _ expected: FinishReason) throws {
        let body = try JSONValue(
            validating: ByteBuffer(
                string: #"{"output":{"message":{"role":"assistant","content":[]}},"stopReason":"\#(reason)"}"#
            )
        )
        let response = try BedrockConverse().decodeResponse(body, for: context())
        #expect(response.candidates[0].finishReason == expected)
    }

    @Test("Citations stand beside the text that cites")
    func citations() throws {
        let body = try JSONValue(
            validating: ByteBuffer(
                string: """
                    {"output":{"message":{"role":"assistant","content":[{"citationsContent":{"content":[{"text":"Warm."}],\
                    "citations":[{"title":"Weather","sourceContent":[{"text":"It is warm."}],\
                    "location":{"web":{"url":"https://example.com/w"}}}]}}]}},"stopReason":"end_turn"}
                    """
            )
        )
        let part = try BedrockConverse().decodeResponse(body, for: context()).candidates[0].parts[0]
        #expect(part.text?.string == "Warm.")
        #expect(part.citations.first?.url?.string == "https://example.com/w")
        #expect(part.citations.first?.title?.string == "Weather")
        #expect(part.citations.first?.citedText?.string == "It is warm.")
    }

    // MARK: Failures

    private func translate(_ bytes: ByteBuffer, _ cut: Cut = .whole) throws -> Outcome {
        try Calls.translate(
            Calls.chatPath,
            Calls.streamingChat(),
            to: .bedrockConverse,
            model: "anthropic.claude-sonnet-4-5-20250929-v1:0"
        )
        .response.run(bytes, cut)
    }

    @Test("stream-18: An exception in the stream becomes an error of the client's dialect, with the right status")
    func exception() throws {
        let bytes = try Fixtures.bytes("BedrockConverse/throttled.bin")
        for cut in [Cut.whole, .every(1), .every(33)] {
            let outcome = try translate(bytes, cut)
            #expect(outcome.error == nil)
            #expect(outcome.observation.error?.code == .limitExceeded)
            #expect(outcome.observation.error?.status == 429)
            #expect(outcome.observation.error?.vendorType == "throttlingException")
            #expect(outcome.output.contains("Too many tokens"))
            #expect(!outcome.output.contains("[DONE]"))
        }
    }

    @Test("An error message of the stream is an error")
    func errorMessage() throws {
        let outcome = try translate(Fixtures.bytes("BedrockConverse/failed.bin"))
        #expect(outcome.observation.error?.code == .upstreamUnavailable)
        #expect(outcome.observation.error?.message == "An internal server error occurred.")
    }

    @Test(
        "An exception has the status that Amazon gives it",
        arguments: [
            ("throttlingException", 429), ("validationException", 400), ("modelStreamErrorException", 502),
            ("internalServerException", 502), ("serviceUnavailableException", 503), ("modelTimeoutException", 504),
            ("somethingNewException", 502),
        ]
    )
    func statuses(_ type: String, _ status: Int) throws {
        var bytes = ByteBuffer()
        EventStreamMessage.write(
            headers: [":message-type": "exception", ":exception-type": type],
            payload: ByteBuffer(string: #"{"message":"no"}"#),
            into: &bytes
        )
        #expect(try translate(bytes).observation.error?.status == status)
    }

    @Test("stream-09 stream-20: A stream that ends before its reason is an error; one without metadata is complete")
    func endsEarly() throws {
        let bytes = try Fixtures.bytes("BedrockConverse/stream.bin")
        var framer = EventStreamFramer()
        var messages: [ByteBuffer] = []
        try framer.consume(bytes, into: &messages)
        for count in 0..<messages.count - 1 {
            let cut = messages[..<count].reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) }
            let outcome = try translate(cut)
            #expect(outcome.error?.code == .upstreamUnavailable, "\(count) messages")
            #expect(!outcome.output.contains("[DONE]"))
        }
        let reasoned = messages.dropLast().reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) }
        #expect(try translate(reasoned).error == nil)
        #expect(try translate(reasoned).output.hasSuffix("data: [DONE]\n\n"))
        #expect(try translate(bytes).error == nil)
        #expect(try translate(bytes).output.hasSuffix("data: [DONE]\n\n"))
    }

    @Test("A damaged message ends the stream with an error, after what came before it")
    func damaged() throws {
        var bytes = try Fixtures.bytes("BedrockConverse/stream.bin")
        let last = bytes.readerIndex + bytes.readableBytes - 40
        bytes.setInteger(UInt8(0), at: last)
        for cut in [Cut.whole, .every(1)] {
            let outcome = try translate(bytes, cut)
            #expect(outcome.error?.code == .upstreamUnavailable)
            #expect(outcome.output.contains("warm"))
            #expect(!outcome.output.contains("[DONE]"))
        }
    }

    @Test(
        "Errors of whole answers keep Amazon's words",
        arguments: [
            (400, #"{"message":"The provided model identifier is invalid."}"#, 400),
            (429, #"{"message":"Too many requests, please wait before trying again."}"#, 429),
            (424, #"{"message":"The model failed.","originalStatusCode":500}"#, 502),
            (503, #"{"message":"Service unavailable"}"#, 503), (408, #"{"message":"Too slow"}"#, 504),
        ]
    )
    func errors(_ status: Int, _ body: String, _ expected: Int) {
        let error = Dialects().upstreamError(
            .bedrockConverse,
            status: status,
            body: ByteBuffer(string: body),
            retryAfter: nil,
            provider: "main.providers.bedrock"
        )
        #expect(error.status == expected)
        #expect(body.contains(error.message))
    }

    @Test("An expired or wrong key is the gateway's affair, not the caller's")
    func credential() {
        let error = Dialects().upstreamError(
            .bedrockConverse,
            status: 403,
            body: ByteBuffer(
                string: #"{"message":"The security token included in the request is invalid. AKIDSECRET"}"#
            ),
            retryAfter: nil,
            provider: "main.providers.bedrock"
        )
        #expect(error.status == 502)
        #expect(!error.message.contains("AKIDSECRET"))
    }
}
