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

    private static let usageChunk =
        #"data: {"id":"c","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}"# + "\n\n"
    private static let done = "data: [DONE]\n\n"

    /// Streams whose whole text is "ab" and which have ended.
    private static let chatStreams = [
        chunk("a", "") + chunk("b", "") + chunk(nil, "stop") + usageChunk + done,
        chunk("a", nil) + chunk("b", "stop") + usageChunk + done,
        chunk("a", "stop") + chunk("b", "stop") + usageChunk + done,
        chunk("a", nil) + chunk(nil, "stop") + chunk("b", nil) + usageChunk + done,
        chunk("a", nil) + chunk("b", "stop") + usageChunk,
        chunk("a", nil) + chunk("b", nil) + chunk(nil, "stop"),
        chunk("a", nil) + chunk("b", nil) + usageChunk + done,
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
            (
                "/anthropic/v1/messages", #"{"model":"m","max_tokens":9,"messages":[],"stream":true}"#,
                .anthropicMessages, Self.message, Self.messageEnd
            ),
            (Calls.chatPath, Calls.streamingChat(), .anthropicMessages, Self.message, Self.messageEnd),
            (Calls.chatPath, Calls.streamingChat(), .anthropicMessages, Self.message + Self.emptyEnd, Self.messageEnd),
            (Calls.chatPath, Calls.streamingChat(), .geminiGenerateContent, Self.candidate(""), Self.candidate("STOP")),
            (
                "/gemini/v1beta/models/m:streamGenerateContent?alt=sse", #"{"contents":[]}"#, .geminiGenerateContent,
                Self.candidate(""), Self.candidate("STOP")
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

    private static let message =
        #"data: {"type":"message_start","message":{"id":"m","model":"c","usage":{"input_tokens":1}}}"# + "\n\n"
        + #"data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":"ab"}}"# + "\n\n"
    private static let messageEnd =
        #"data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}}"# + "\n\n"
    private static let emptyEnd =
        #"data: {"type":"message_delta","delta":{"stop_reason":""},"usage":{"output_tokens":1}}"# + "\n\n"

    private static func candidate(_ reason: String) -> String {
        #"data: {"candidates":[{"content":{"parts":[{"text":"ab"}]},"finishReason":"\#(reason)","index":0}]}"# + "\n\n"
    }

    @Test("stream-20: content of Messages and Converse that comes behind the reason is not lost")
    func contentBehindReason() throws {
        let stop = #"data: {"type":"message_stop"}"# + "\n\n"
        let block = Self.message.split(separator: "\n\n").last.map(String.init) ?? ""
        let later = block.replacing(#""index":0"#, with: #""index":1"#) + "\n\n"
        for end in [stop, ""] {
            let stream = ByteBuffer(string: Self.message + Self.messageEnd + later + end)
            let decoded = try DecodedStream(AnthropicMessages(), stream)
            #expect(decoded.failure == nil && decoded.disorder == nil)
            #expect(decoded.response.candidates[0].parts.compactMap(\.text?.string).joined() == "abab")
            #expect(decoded.response.candidates[0].finishReason == .stop)
        }
    }

    @Test("A response that is called complete and says that it failed has failed")
    func failedResponse() throws {
        let event =
            #"data: {"type":"response.completed","response":{"id":"r","status":"failed","error":{"code":"server_error","message":"No."},"output":[]}}"#
        let body = #"{"model":"m","messages":[{"role":"user","content":"x"}],"stream":true}"#
        var transform = try Calls.translate(Calls.chatPath, body, to: .openAIResponses).response
        _ = try transform.consume(ByteBuffer(string: event + "\n\n"))
        #expect(transform.observation.error?.message == "No.")
        let cancelled = #"data: {"type":"response.completed","response":{"id":"r","status":"cancelled","output":[]}}"#
        transform = try Calls.translate(Calls.chatPath, body, to: .openAIResponses).response
        _ = try transform.consume(ByteBuffer(string: cancelled + "\n\n"))
        #expect(transform.observation.error?.code == .upstreamUnavailable)
    }

    // MARK: Every client and every upstream

    @Test(
        "stream-20 stream-09: a stream is complete from its reason on and not before, for any client",
        arguments: StepClient.conforming
    )
    func endOfStream(_ client: StepClient) throws {
        for upstream in UpstreamAnswers.all {
            for emptiesReasons in [false, true] {
                let events = upstream.events("Hello", isStreaming: true) { json in
                    guard emptiesReasons else { return json }
                    return json.replacing(/"(finish_reason|stop_reason|finishReason)": ?null/) { match in
                        "\"\(match.output.1)\":\"\""
                    }
                }
                // Behind the reason nothing comes that an answer must have.
                let last = try #require(
                    events.lastIndex { String(buffer: $0).contains(upstream.tooLong ?? #""cost""#) }
                )
                for count in 0...events.count {
                    let stream = events[..<count].reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) }
                    let transform = try upstream.transform(for: client, isStreaming: true, orRelays: true)
                    guard let outcome = transform?.run(stream, .every(40)) else { continue }
                    let name = "\(client.name) \(upstream.dialect.format) \(count) of \(events.count)"
                    #expect((outcome.error == nil) == (count > last), "\(name)")
                    #expect(outcome.observation.isComplete == (count > last), "\(name)")
                    guard count == events.count, try upstream.transform(for: client, isStreaming: true) != nil else {
                        continue
                    }
                    let candidate = try client.response(outcome.output, isStreaming: true).candidates[0]
                    #expect(candidate.parts.compactMap(\.text?.string).joined() == "Hello", "\(name)")
                    guard client.dialect != nil, upstream.tooLong != nil else { continue }
                    #expect(candidate.finishReason == .length, "\(name)")
                }
            }
        }
    }

    @Test("usage-01 usage-11: what any upstream says of usage is what is recorded", arguments: StepClient.conforming)
    func usage(_ client: StepClient) throws {
        for upstream in UpstreamAnswers.all {
            for isStreaming in [false, true] {
                let transform = try upstream.transform(for: client, isStreaming: isStreaming, orRelays: true)
                let bytes = upstream.answer("Hello", isStreaming: isStreaming)
                guard let outcome = transform?.run(bytes) else { continue }
                let name = "\(client.name) \(upstream.dialect.format) \(isStreaming)"
                #expect(outcome.observation.usage.uncachedInput == 3, "\(name)")
                #expect(outcome.observation.usage.output == 1, "\(name)")
                guard client.dialect != nil, try upstream.transform(for: client, isStreaming: false) != nil else {
                    continue
                }
                let told = try client.response(outcome.output, isStreaming: isStreaming).usage
                #expect(told.uncachedInput == 3 && told.output == 1, "\(name)")
            }
        }
    }

    @Test(
        "stream-21: an end that the gateway does not know is no good end, for any client",
        arguments: StepClient.conforming
    )
    func unknownReason(_ client: StepClient) throws {
        for upstream in UpstreamAnswers.all {
            guard let tooLong = upstream.tooLong else { continue }
            for isStreaming in [false, true] {
                func bytes(_ text: JSONString?) -> ByteBuffer {
                    upstream.answer(text, isStreaming: isStreaming) {
                        $0.replacing(tooLong, with: #""MALFORMED_FUNCTION_CALL""#)
                    }
                }
                guard var said = try upstream.transform(for: client, isStreaming: isStreaming),
                    var silent = try upstream.transform(for: client, isStreaming: isStreaming)
                else { continue }
                let name = "\(client.name) \(upstream.dialect.format) \(isStreaming)"
                var output = try said.consume(bytes("Hello"))
                output.writeImmutableBuffer(try said.finish())
                if client.name == "completions" {
                    #expect(String(buffer: output).contains(#""finish_reason":"length""#), "\(name)")
                } else if client.dialect != nil {
                    let response = try client.response(String(buffer: output), isStreaming: isStreaming)
                    switch response.candidates.first?.finishReason {
                    case .length, .other: break
                    case let reason: Issue.record("\(name): \(String(describing: reason))")
                    }
                }
                do throws(GatewayError) {
                    _ = try silent.consume(bytes(nil))
                    _ = try silent.finish()
                } catch {
                    #expect(error.code == .upstreamUnavailable, "\(name)")
                }
                #expect(silent.observation.error?.code == .upstreamUnavailable, "\(name)")
                // It was paid for all the same.
                #expect(silent.observation.usage.output == 1, "\(name)")
            }
        }
    }

    @Test("A picture is content, whatever ends the answer behind it")
    func picture() throws {
        let body =
            #"{"candidates":[{"content":{"role":"model","parts":[{"inlineData":{"mimeType":"image/png","data":"iVBO"}}]},"finishReason":"IMAGE_OTHER","index":0}]}"#
        for isStreaming in [false, true] {
            let request = #"{"model":"m","messages":[{"role":"user","content":"x"}],"stream":\#(isStreaming)}"#
            var transform = try Calls.translate(Calls.chatPath, request, to: .geminiGenerateContent).response
            _ = try transform.consume(ByteBuffer(string: isStreaming ? "data: \(body)\n\n" : body))
            _ = try transform.finish()
            #expect(transform.observation.error == nil && transform.observation.isComplete)
        }
    }
}
