// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

@Suite("Relayed Gemini streams")
struct GeminiRelayTests {
    private func arrayRelay() throws -> any ResponseTransform {
        try Calls.translate(
            "/gemini/v1/models/g:streamGenerateContent",
            #"{"contents":[]}"#,
            to: .geminiGenerateContent
        )
        .response
    }

    @Test("A client without alt=sse gets the same elements as a JSON array, wherever the bytes are cut")
    func arrays() throws {
        let stream = try Fixtures.bytes("Gemini/stream.sse")
        let relay = try arrayRelay()
        #expect(relay.contentType == "application/json")
        let expected = relay.run(stream)
        let elements = String(buffer: stream).split(separator: "\r\n\r\n").map { String($0.dropFirst(6)) }
        #expect(expected.output == "[" + elements.joined(separator: ",\r\n") + "]")
        #expect(try JSONValue(validating: ByteBuffer(string: expected.output)).array?.count == elements.count)
        #expect(expected.observation.usage.output == 20)
        #expect(expected.observation.isComplete)
        for cut in Cut.all(of: stream) { #expect(relay.run(stream, cut) == expected, "\(cut)") }
    }

    @Test("stream-09 stream-18: An array that cannot be completed ends with an error element")
    func brokenArray() throws {
        var relay = try arrayRelay()
        let stream = String(buffer: try Fixtures.bytes("Gemini/stream.sse"))
        var output = try relay.consume(ByteBuffer(string: String(stream.prefix(700))))
        #expect(throws: GatewayError.self) { _ = try relay.finish() }
        output.writeImmutableBuffer(relay.fail(GatewayError(.upstreamTimeout, "Too slow.")))
        let elements = Array(try #require(JSONValue(validating: output).array))
        #expect(elements.last?["error"]?["status"]?.string == "DEADLINE_EXCEEDED")
        #expect(elements.count > 1)
    }

    @Test("stream-18: An event that is not JSON is an error, and never breaks the array")
    func unreadableElement() throws {
        let good = #"{"candidates":[{"index":0,"content":{"parts":[{"text":"a"}]}}]}"#
        for bad in ["nonsense", #"{"a":"#, "{}]", "1,2"] {
            for cut in [Cut.whole, .every(1)] {
                var relay = try arrayRelay()
                let bytes = ByteBuffer(string: "data: \(good)\r\n\r\ndata: \(bad)\r\n\r\ndata: \(good)\r\n\r\n")
                var output = ByteBuffer()
                let error = #expect(throws: GatewayError.self) {
                    for piece in cut.pieces(of: bytes) { output.writeImmutableBuffer(try relay.consume(piece)) }
                    output.writeImmutableBuffer(try relay.finish())
                }
                #expect(error?.code == .upstreamUnavailable)
                output.writeImmutableBuffer(relay.fail(error ?? GatewayError(.internalFailure, "")))
                let elements = try #require(JSONValue(validating: output).array.map(Array.init))
                #expect(elements.count == 2)
                #expect(elements.last?["error"]?["status"]?.string == "UNAVAILABLE")
            }
        }
    }

    @Test("A prompt that was blocked is complete without any candidate")
    func blockedPrompt() throws {
        let event = ByteBuffer(string: #"data: {"promptFeedback":{"blockReason":"SAFETY"}}"# + "\r\n\r\n")
        let outcome = try arrayRelay().run(event)
        #expect(outcome.error == nil)
        #expect(outcome.observation.isComplete)
    }

    @Test("The model in a body is not touched: the path names it")
    func bodyIsUntouched() throws {
        let body = #"{"model":"x","contents":[]}"#
        let translation = try Calls.translate("/gemini/v1/models/g:generateContent", body, to: .geminiGenerateContent)
        #expect(String(buffer: translation.joinedBody) == body)
    }
}
