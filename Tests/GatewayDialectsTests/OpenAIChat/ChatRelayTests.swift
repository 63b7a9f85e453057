// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

@Suite("Relayed chats")
struct ChatRelayTests {
    private func body(_ path: String, _ request: String, model: String = "up") throws -> String {
        String(buffer: try Calls.translate(path, request, to: .openAIChat, model: model).joinedBody)
    }

    @Test(
        "usage-05: Usage is asked for where the client did not, and nothing else changes",
        arguments: [
            (#"{"model":"m","stream":true}"#, #"{"model":"up","stream":true,"stream_options":{"include_usage":true}}"#),
            (
                #"{"model":"m", "stream_options" : null ,"stream":true}"#,
                #"{"model":"up", "stream_options" : {"include_usage":true} ,"stream":true}"#
            ),
            (
                #"{"stream_options":{},"model":"m","stream":true}"#,
                #"{"stream_options":{"include_usage":true},"model":"up","stream":true}"#
            ),
            (
                #"{"stream_options":{ "include_obfuscation":false},"model":"m","stream":true}"#,
                #"{"stream_options":{"include_usage":true, "include_obfuscation":false},"model":"up","stream":true}"#
            ),
            (
                #"{"stream_options":{"x":1,"include_usage": false},"model":"m","stream":true}"#,
                #"{"stream_options":{"x":1,"include_usage": true},"model":"up","stream":true}"#
            ),
            (
                #"{"model":"m","stream_options":{"include_usage":null},"stream":true}"#,
                #"{"model":"up","stream_options":{"include_usage":true},"stream":true}"#
            ),
        ]
    )
    func usageIsInjected(request: String, expected: String) throws {
        #expect(try body(Calls.chatPath, request) == expected)
    }

    @Test(
        "Nothing is injected where the client asked, does not stream, or sent what is for the upstream to refuse",
        arguments: [
            #"{"stream":true,"stream_options":{"include_usage":true}}"#, #"{"stream":false}"#,
            #"{"stream_options":{"include_usage":false}}"#, #"{"stream":true,"stream_options":7}"#,
            #"{"stream":true,"stream_options":{"include_usage":"yes"}}"#,
        ]
    )
    func nothingInjected(members: String) throws {
        let request = members.replacing("{\"stream", with: #"{"model":"same","stream"#, maxReplacements: 1)
        let translation = try Calls.translate(Calls.chatPath, request, to: .openAIChat, model: "same")
        #expect(String(buffer: translation.joinedBody) == request)
        #expect(translation.body.count == 1)
    }

    @Test("A member that the gateway acts on may not stand there twice")
    func duplicates() {
        for request in [
            #"{"model":"m","stream":true,"stream_options":{},"stream_options":{}}"#,
            #"{"model":"m","stream":true,"stream_options":{"include_usage":true,"include_usage":false}}"#,
        ] {
            let error = #expect(throws: GatewayError.self) { try self.body(Calls.chatPath, request) }
            #expect(error?.code == .invalidRequest)
        }
    }

    @Test("usage-05: A client that did not ask gets every byte of the stream but the chunk that only reports usage")
    func hiddenUsage() throws {
        let stream = try Fixtures.bytes("OpenAIChat/stream.sse")
        let text = String(buffer: stream)
        let asked = Calls.streamingChat(#","stream_options":{"include_usage":true}"#)
        #expect(try Calls.translate(Calls.chatPath, asked, to: .openAIChat).response.run(stream).output == text)
        let hidden = try Calls.translate(Calls.chatPath, Calls.streamingChat(), to: .openAIChat).response
        let expected = hidden.run(stream)
        let usageChunk = try #require(text.split(separator: "\n\n").first { $0.contains(#""choices":[]"#) })
        #expect(expected.output == text.replacing(usageChunk + "\n\n", with: ""))
        #expect(expected.observation.usage.totalInput == 120)
        for cut in Cut.all(of: stream) { #expect(hidden.run(stream, cut) == expected, "\(cut)") }
    }

    @Test("A chunk that reports usage beside choices is never hidden")
    func usageBesideChoices() throws {
        let stream = ByteBuffer(
            string:
                #"data: {"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#
                + "\n\ndata: [DONE]\n\n"
        )
        let outcome = try Calls.translate(Calls.chatPath, Calls.streamingChat(), to: .openAIChat).response.run(stream)
        #expect(outcome.output == String(buffer: stream))
        #expect(outcome.observation.usage.output == 2)
    }

    @Test("usage-07: Usage of zero is usage, and no usage is none")
    func zeroUsage() throws {
        let relay = try Calls.translate(Calls.chatPath, Calls.streamingChat(), to: .openAIChat).response
        let zero = #"data: {"choices":[],"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}"#
        let reported = relay.run(ByteBuffer(string: zero + "\n\ndata: [DONE]\n\n")).observation.usage
        #expect(reported == TokenUsage(uncachedInput: 0, output: 0))
        #expect(!reported.isEmpty)
        let silent = #"data: {"choices":[{"delta":{"content":"\u00e9\n😀"}}],"usage":null}"#
        let observation = relay.run(ByteBuffer(string: silent + "\n\ndata: [DONE]\n\n")).observation
        #expect(observation.usage.isEmpty)
        #expect(observation.contentBytes == "é\n😀".utf8.count)
    }

    @Test("A whole answer without usage counts its text, in every dialect")
    func uncountedAnswer() throws {
        for (name, count) in [
            ("OpenAIChat", "Let me see.".utf8.count + #"{"city":"Zürich"}{}"#.utf8.count),
            ("OpenAIResponses", "Grüezi".utf8.count), ("OpenAIEmbeddings", 0),
        ] {
            let subject = try #require(DialectConformance.all.first { $0.name == name })
            let answer = String(buffer: try subject.response).replacing(#""usage""#, with: #""unused""#)
            let observation = subject.relay(isStreaming: false).run(ByteBuffer(string: answer), .every(10)).observation
            #expect(observation.usage.isEmpty)
            #expect(observation.contentBytes == count, "\(name)")
        }
    }

    @Test("stream-18: An error inside a stream is passed on and noted, and its end is no second error")
    func streamError() throws {
        let text =
            #"data: {"choices":[{"index":0,"delta":{"content":"x"}}]}"# + "\n\n"
            + #"data: {"error":{"message":"The server is overloaded","type":"overloaded_error","code":null}}"# + "\n\n"
        for path in [Calls.chatPath, Calls.mlflowPath] {
            let outcome = try Calls.translate(path, Calls.streamingChat(), to: .openAIChat).response
                .run(ByteBuffer(string: text))
            #expect(outcome.error == nil)
            #expect(outcome.observation.error?.code == .upstreamUnavailable)
            #expect(!outcome.observation.isComplete)
            #expect(outcome.output.contains("The server is overloaded"))
        }
    }

    @Test("errors-02: An error as the first event is noted before any content")
    func errorFirst() throws {
        var relay = try Calls.translate(Calls.chatPath, Calls.streamingChat(), to: .openAIChat).response
        let event = #"data: {"error":{"message":"Slow down","type":"requests","code":"rate_limit_exceeded"}}"# + "\n\n"
        _ = try relay.consume(ByteBuffer(string: event))
        #expect(relay.observation.error?.code == .limitExceeded)
        #expect(relay.observation.error?.status == 429)
        #expect(!relay.observation.hasContent)
    }

    @Test("The MLflow variant counts up from the prompt's estimate to the exact figures, in every chunk")
    func runningUsage() throws {
        let prompt = String(repeating: "word ", count: 40)
        let request =
            #"{"model":"m","stream":true,"messages":[{"role":"system","content":"\#(prompt)"},{"role":"user","content":[{"type":"text","text":"\#(prompt)"},{"type":"image_url","image_url":{"url":"data:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}}]}]}"#
        let translation = try Calls.translate(Calls.mlflowPath, request, to: .openAIChat)
        let outcome = translation.response.run(try Fixtures.bytes("OpenAIChat/stream.sse"))
        var last = -1
        let chunks = eventData(outcome.output)
        #expect(chunks.count == 9)
        for (index, data) in chunks.enumerated() {
            let usage = try JSONValue(validating: ByteBuffer(string: data))["usage"]
            let input = try #require(usage?["prompt_tokens"]?.int)
            let output = try #require(usage?["completion_tokens"]?.int)
            #expect(usage?["total_tokens"]?.int == input + output)
            #expect(output >= last)
            last = output
            // An image counts a thousand, whatever its size.
            #expect(input == (index == 8 ? 120 : TokenUsage.estimate(textBytes: 400) + 1_000))
        }
        #expect(last == 40)
    }

    @Test(
        "The MLflow variant copes with chunks of any shape",
        arguments: [
            (#"{}"#, #"{"usage":{"prompt_tokens":3,"completion_tokens":0,"total_tokens":3}}"#),
            (
                #"{ "choices" : [] }"#,
                #"{ "choices" : [] ,"usage":{"prompt_tokens":3,"completion_tokens":0,"total_tokens":3}}"#
            ),
            (
                #"{"usage" : null , "choices":[]}"#,
                #"{"usage" : {"prompt_tokens":3,"completion_tokens":0,"total_tokens":3} , "choices":[]}"#
            ),
            (#"{"usage":{"prompt_tokens":9},"choices":[]}"#, #"{"usage":{"prompt_tokens":9},"choices":[]}"#),
            (#"[]"#, #"[]"#), (#"7"#, #"7"#),
        ]
    )
    func oddChunks(chunk: String, expected: String) throws {
        let relay = try Calls.translate(Calls.mlflowPath, Calls.streamingChat(), to: .openAIChat).response
        let outcome = relay.run(ByteBuffer(string: "data: \(chunk)\n\ndata: [DONE]\n\n"))
        #expect(outcome.output == "data: \(expected)\n\ndata: [DONE]\n\n")
        // The same in several lines.
        let lines = chunk.replacing(":", with: "\ndata::", maxReplacements: 1)
        let joined = relay.run(ByteBuffer(string: "event: e\ndata: \(lines)\n\ndata: [DONE]\n\n")).output
        if chunk.contains("usage\":{") || !chunk.contains("{") {
            #expect(joined == "event: e\ndata: \(lines)\n\ndata: [DONE]\n\n")
        } else {
            #expect(try canonical(try #require(eventData(joined).first)) == canonical(expected))
        }
    }

    @Test("An invocation gets the upstream's model, whether its body names one or not")
    func invocationModel() throws {
        let path = "/serving-endpoints/endpoint/invocations"
        #expect(try body(path, #"{"messages":[]}"#) == #"{"messages":[],"model":"up"}"#)
        #expect(try body(path, #"{"messages":[],"model":"x"}"#) == #"{"messages":[],"model":"up"}"#)
        #expect(try body(path, #"{"messages":[],"model":{"a":1}}"#) == #"{"messages":[],"model":"up"}"#)
        #expect(
            try body(path, #"{"messages":[],"stream":true}"#)
                == #"{"messages":[],"stream":true,"model":"up","stream_options":{"include_usage":true}}"#
        )
        let embeddings = try Calls.translate(path, #"{"input":"x"}"#, to: .openAIEmbeddings)
        #expect(String(buffer: embeddings.joinedBody) == #"{"input":"x","model":"upstream-model"}"#)
    }

    @Test("A large body goes on in pieces that share its memory")
    func largeBody() throws {
        let image = String(repeating: "A", count: 200_000)
        let request = ByteBuffer(string: #"{"model":"m","messages":"\#(image)","stream":true}"#)
        let translation = try Calls.translate(Calls.chatPath, request, to: .openAIChat)
        #expect(translation.body.count > 1)
        #expect(
            String(buffer: translation.joinedBody)
                == #"{"model":"upstream-model","messages":"\#(image)","stream":true,"stream_options":{"include_usage":true}}"#
        )
        let memory = request.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) }
        let largest = try #require(translation.body.max { $0.readableBytes < $1.readableBytes })
        let address = largest.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) }
        #expect(address > memory && address < memory + 200_000)
    }
}
