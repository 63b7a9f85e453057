// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import NIOCore
import Testing

@Suite("Relayed responses")
struct ResponsesRelayTests {
    private func run(_ events: [String]) throws -> Outcome {
        let text = events.map { "data: \($0)\n\n" }.joined()
        return try Calls.translate(
            "/openai/v1/responses",
            #"{"model":"m","input":"x","stream":true}"#,
            to: .openAIResponses
        )
        .response.run(ByteBuffer(string: text))
    }

    @Test("A stream is complete with any of its three ends", arguments: ["completed", "incomplete", "failed"])
    func ends(end: String) throws {
        let event =
            #"{"response":{"usage":{"input_tokens":3,"output_tokens":4},"error":null},"type":"response.\#(end)"}"#
        let outcome = try run([#"{"type":"response.created","response":{}}"#, event])
        #expect(outcome.error == nil)
        #expect(outcome.observation.isComplete)
        #expect(outcome.observation.usage == TokenUsage(uncachedInput: 3, output: 4))
        #expect((outcome.observation.error != nil) == (end == "failed"))
    }

    @Test("A failure says why, and nothing before it was content")
    func failure() throws {
        let outcome = try run([
            #"{"type":"response.created","response":{}}"#, #"{"type":"response.in_progress","response":{}}"#,
            #"{"type":"response.failed","response":{"error":{"code":"rate_limit_exceeded","message":"Slow down"}}}"#,
        ])
        #expect(outcome.observation.error?.code == .limitExceeded)
        #expect(!outcome.observation.hasContent)
        let event = try run([#"{"type":"error","code":"server_error","message":"Broken","sequence_number":1}"#])
        #expect(event.observation.error?.message == "Broken")
        #expect(event.error == nil)
    }
}
