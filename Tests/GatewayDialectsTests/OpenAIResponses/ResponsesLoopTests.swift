// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

@Suite("Responses over several turns, and when something breaks")
struct ResponsesLoopTests {
    @Test(
        "reasoning-07 tools-09: What a model thought goes out wrapped and comes back to it byte for byte, with its calls"
    )
    func reasoningLoop() throws {
        let last = try #require(eventData(String(buffer: Fixtures.bytes("OpenAIResponses/rich.stream.sse"))).last)
        let body = try #require(try JSONValue(validating: ByteBuffer(string: last))["response"])
        let context = try WrittenResponse.context()
        let answer = try OpenAIResponses().decodeResponse(body, for: context)
        let told = try JSONValue(validating: OpenAIResponses().encodeResponse(answer, for: context))
        let output = String(buffer: try #require(told["output"]).bytes)
        // The client sees nothing that it could take to the vendor itself.
        #expect(!output.contains(#""Z0FBQQ==""#))
        let results =
            #"{"type":"function_call_output","call_id":"call_1","output":"a"},{"type":"custom_tool_call_output","call_id":"call_2","output":"b"}"#
        let next = try ReadRequest(input: "[\(output.dropFirst().dropLast()),\(results)]")
        let input = try #require(try next.written()["input"]?.array.map(Array.init))
        #expect(
            input.compactMap { $0["type"]?.string } == [
                "reasoning", "message", "function_call", "custom_tool_call", "function_call_output",
                "custom_tool_call_output",
            ]
        )
        #expect(input[0]["id"]?.string == "rs_1")
        #expect(input[0]["encrypted_content"]?.string == "Z0FBQQ==")
        #expect(input[0]["summary"]?.array?.compactMap { $0["text"]?.string } == ["One", "Two"])
        #expect(input[2]["call_id"]?.string == "call_1")
        #expect(input[3]["input"]?.string == #"{"n":2}"#)
    }

    @Test(
        "stream-09 stream-18: An upstream that ends early leaves the client with a response that failed, not one that looks complete"
    )
    func endsEarly() throws {
        let request = #"{"model":"m","input":"x","stream":true}"#
        let chunks = [
            #"{"id":"chatcmpl-1","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"Hal"}}]}"#,
            #"{"id":"chatcmpl-1","model":"m","choices":[{"index":0,"delta":{"content":"lo"}}]}"#,
        ]
        for count in 0...chunks.count {
            var transform = try Calls.translate("/openai/v1/responses", request, to: .openAIChat).response
            var output = ""
            let error = #expect(throws: GatewayError.self) {
                let bytes = ByteBuffer(string: chunks.prefix(count).map { "data: \($0)\n\n" }.joined())
                output += String(buffer: try transform.consume(bytes))
                output += String(buffer: try transform.finish())
            }
            output += String(buffer: transform.fail(try #require(error)))
            #expect(!output.contains("response.completed"))
            let events = try eventData(output).map { try JSONValue(validating: ByteBuffer(string: $0)) }
            #expect(events.first?["type"]?.string == "response.created")
            #expect(events.suffix(2).map { $0["type"]?.string } == ["response.failed", "error"])
            #expect(events.map { $0["sequence_number"]?.int } == Array(0..<events.count))
        }
    }

    @Test("stream-18: An error that the upstream reports in its stream is told as a failed response")
    func reportedError() throws {
        let request = #"{"model":"m","input":"x","stream":true}"#
        let stream = #"data: {"error":{"message":"Slow down","type":"rate_limit_error"}}"# + "\n\n"
        let outcome = try Calls.translate("/openai/v1/responses", request, to: .openAIChat).response
            .run(ByteBuffer(string: stream))
        #expect(outcome.observation.error?.code == .limitExceeded)
        let events = try eventData(outcome.output).map { try JSONValue(validating: ByteBuffer(string: $0)) }
        let failed = try #require(events.first { $0["type"]?.string == "response.failed" })
        #expect(failed["response"]?["error"]?["code"]?.string == "rate_limit_exceeded")
    }

    /// The bytes with some of them replaced.
    private func mutated(_ bytes: [UInt8], _ generator: inout SplitMix) -> ByteBuffer {
        let alphabet = Array(#"{}[]",:\u01 anulltrue"#.utf8)
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...6, using: &generator) {
            let position = Int.random(in: 0..<bytes.count, using: &generator)
            bytes[position] = alphabet.randomElement(using: &generator) ?? 0
        }
        return ByteBuffer(bytes: bytes)
    }

    @Test("Any body at all is served or refused")
    func brokenRequests() throws {
        var generator = SplitMix(seed: 3)
        let bodies = try ["everything.request", "codex.request"].map {
            Array(try Fixtures.bytes("OpenAIResponses/\($0).json").readableBytesView)
        }
        var served = 0
        for round in 0..<600 {
            let body = mutated(bodies[round % 2], &generator)
            for format in [WireFormat.openAIChat, .anthropicMessages, .geminiGenerateContent] {
                do throws(GatewayError) {
                    let translation = try Calls.translate("/openai/v1/responses", body, to: format)
                    served += 1
                    let json = try? JSONValue(validating: translation.joinedBody)
                    #expect(json != nil)
                } catch {
                    #expect(error.status == 400)
                }
            }
        }
        #expect(served > 0)
    }

    @Test("Any stream at all is read or refused, and what the client gets is always whole")
    func brokenStreams() throws {
        var generator = SplitMix(seed: 5)
        let stream = Array(try Fixtures.bytes("OpenAIResponses/rich.stream.sse").readableBytesView)
        for _ in 0..<300 {
            let decoded = try DecodedStream(OpenAIResponses(), mutated(stream, &generator))
            if decoded.failure == nil, decoded.events.contains(where: { if case .end = $0 { true } else { false } }) {
                #expect(decoded.disorder == nil)
                try WrittenResponse(decoded.events).check()
            }
        }
    }

    @Test("A body that is spread over lines does not break the events that repeat it")
    func linesInEcho() throws {
        let written = try WrittenResponse(
            [.start(id: nil, model: nil), .end],
            request: "{\"tools\": [\r\n{\"type\":\n\"web_search\"}],\"metadata\":{\n\"a\":\"b\"}}"
        )
        try written.check()
        #expect(written.response?["tools"]?.array?.first?["type"]?.string == "web_search")
        #expect(written.response?["metadata"]?["a"]?.string == "b")
    }
}
