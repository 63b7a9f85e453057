// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

/// Responses that follow one which the gateway keeps, relayed by a provider that knows nothing of it.
@Suite("The earlier response in a relayed one")
struct PreviousResponseTests {
    private static let id = "resp_\"odd\""
    private static let written = #""resp_\"odd\"""#

    private func relay(streaming: Bool, _ recording: ResponseRecording = .none) throws -> any ResponseTransform {
        let body = #"{"model":"m","input":"x","previous_response_id":\#(Self.written),"stream":\#(streaming)}"#
        let resumed = try Dialects().resume(
            Calls.envelope(Calls.responsesPath, ByteBuffer(string: body)),
            after: StoredResponse.Exchange(
                input: ByteBuffer(string: #""hi""#),
                response: ByteBuffer(string: #"{"output":[]}"#)
            )
        )
        var target = TranslationTarget(
            format: .openAIResponses,
            model: "gpt-5",
            limits: ModelLimits(),
            defaultMaximumOutput: 1
        )
        target.recording = recording
        return try Dialects().translate(resumed, to: target, answer: Calls.identity).response
    }

    /// What upstreams say of the earlier response, and what a client is to get of it.
    private static let spellings = [
        (
            #"{"id":"r","previous_response_id":null,"object":"response"}"#,
            #"{"id":"r","previous_response_id":@,"object":"response"}"#
        ),
        (#"{"id":"r", "previous_response_id" : null}"#, #"{"id":"r", "previous_response_id" : @}"#),
        (#"{"previous_response_id":"resp_of_theirs","id":"r"}"#, #"{"previous_response_id":@,"id":"r"}"#),
        (
            #"{"id":"r","instructions":"say \"previous_response_id\":null","output":[{"previous_response_id":null}]}"#,
            #"{"id":"r","instructions":"say \"previous_response_id\":null","output":[{"previous_response_id":null}],"previous_response_id":@}"#
        ),
        (#"{"id":"r"}"#, #"{"id":"r","previous_response_id":@}"#),
        (#"{"error":{"message":"no"}}"#, #"{"error":{"message":"no"}}"#),
    ].map { ($0, $1.replacing("@", with: written)) }

    @Test("reasoning-08: A whole response names the id that the client sent", arguments: spellings)
    func whole(_ answer: String, _ expected: String) throws {
        let bytes = ByteBuffer(string: answer + "\n")
        for cut in Cut.all(of: bytes) {
            let outcome = try relay(streaming: false).run(bytes, cut)
            #expect(outcome.output == expected + "\n", "\(cut)")
            #expect(outcome.error == nil)
        }
    }

    @Test(
        "reasoning-08: Every event that carries the response names it, wherever the stream is cut",
        arguments: ["completed", "incomplete", "failed"],
        ["\n", "\r\n", "\r"]
    )
    func stream(_ end: String, _ line: String) throws {
        let response = #""response":{"id":"r","previous_response_id":null,"status":"x"}"#
        let events = [
            #"event: response.created@data: {"type":"response.created",\#(response)}"#,
            #"data: {\#(response),"type":"response.in_progress"}"#, ": keep-alive",
            #"data: {"type":"response.output_text.delta","item_id":"i","delta":"\"response\":{\"id\":\"r\"}"}"#,
            #"data: {"type":"response.\#(end)","sequence_number":3,\#(response)}"#,
        ]
        let bytes = ByteBuffer(string: events.map { $0.replacing("@", with: line) + line + line }.joined())
        // What a call without such an id gets.
        let plain = try Calls.translate(
            Calls.responsesPath,
            #"{"model":"m","input":"x","stream":true}"#,
            to: .openAIResponses
        ).response.run(bytes).output
        let expected = plain.replacing(":null", with: ":\(Self.written)")
        #expect(plain.contains(":null") && expected.hasPrefix(events[0].prefix(20)))
        for cut in Cut.all(of: bytes) {
            let outcome = try relay(streaming: true).run(bytes, cut)
            #expect(outcome.output == expected, "\(cut)")
            #expect(outcome.observation.isComplete && outcome.error == nil)
        }
    }

    @Test("reasoning-08: An event whose data stands on several lines names it too")
    func lines() throws {
        let stream = """
            event: response.created
            data: {"type":"response.created",
            data: "response":{"id":"r",
            data: "previous_response_id":null}}

            data: {"type":"response.completed","response":{"id":"r"}}


            """
        let bytes = ByteBuffer(string: stream)
        let expected = try relay(streaming: true).run(bytes)
        #expect(
            expected.output.hasPrefix(
                #"event: response.created\#ndata: {"type":"response.created", "response":{"id":"r", "previous_response_id":\#(Self.written)}}"#
                    + "\n\n"
            )
        )
        for cut in Cut.all(of: bytes) { #expect(try relay(streaming: true).run(bytes, cut) == expected) }
    }

    @Test("What is stored is what the client got")
    func recorded() throws {
        let answer = #"{"id":"r","previous_response_id":null,"output":[]}"#
        for isStreaming in [false, true] {
            var transform = try relay(streaming: isStreaming, .whole(maximumBytes: 1000))
            let event = #"data: {"type":"response.completed","response":\#(answer)}"# + "\n\n"
            _ = try transform.consume(ByteBuffer(string: isStreaming ? event : answer))
            _ = try transform.finish()
            let body = try #require(transform.recorded?.body)
            #expect(String(buffer: body) == answer.replacing("null", with: Self.written))
        }
    }
}
