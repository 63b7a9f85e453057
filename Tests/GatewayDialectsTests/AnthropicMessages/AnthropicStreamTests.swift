// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

@Suite("Streams of the Messages API, read into the hub")
struct AnthropicStreamTests {
    private func decode(_ events: [String]) throws -> DecodedStream {
        try DecodedStream(AnthropicMessages(), ByteBuffer(string: events.map { "data: \($0)\n\n" }.joined()))
    }

    private func block(_ index: Int, _ block: String, _ deltas: String...) -> [String] {
        [#"{"type":"content_block_start","index":\#(index),"content_block":\#(block)}"#]
            + deltas.map { #"{"type":"content_block_delta","index":\#(index),"delta":\#($0)}"# }
            + [#"{"type":"content_block_stop","index":\#(index)}"#]
    }

    private static let start =
        #"{"type":"message_start","message":{"id":"msg_1","model":"c","usage":{"input_tokens":5}}}"#
    private static let stop = #"{"type":"message_stop"}"#

    private func end(_ delta: String) -> [String] {
        [#"{"type":"message_delta","delta":\#(delta),"usage":{"output_tokens":9}}"#, Self.stop]
    }

    @Test(
        "reasoning-02 reasoning-03: A signature proves the whole block, wherever it comes; redacted thoughts travel as they are"
    )
    func thoughts() throws {
        let decoded = try decode(
            [Self.start]
                + block(
                    0,
                    #"{"type":"thinking","thinking":"","signature":""}"#,
                    #"{"type":"thinking_delta","thinking":"Two \u00fc"}"#,
                    #"{"type":"thinking_delta","thinking":"ber"}"#,
                    #"{"type":"signature_delta","signature":"c2ln+/=="}"#
                ) + block(1, #"{"type":"redacted_thinking","data":"cmVk"}"#)
                + block(2, #"{"type":"thinking","thinking":""}"#, #"{"type":"signature_delta","signature":"aGlk"}"#)
                + end(#"{"stop_reason":"pause_turn"}"#)
        )
        #expect(decoded.failure == nil)
        #expect(decoded.disorder == nil)
        let parts = decoded.response.candidates[0].parts
        #expect(parts.map { $0.reasoning?.texts.map(\.string).joined() ?? "-" } == ["Two über", "", ""])
        #expect(parts.map { $0.state?.data.string } == ["c2ln+/==", "cmVk", "aGlk"])
        #expect(parts.map { $0.state?.kind } == [.signature, .redacted, .signature])
        #expect(decoded.response.candidates[0].finishReason == .pause)
        // The same as of the whole answer, checksum included.
        let whole = try AnthropicMessages().decodeResponse(
            JSONValue(
                validating: ByteBuffer(
                    string: #"{"content":[{"type":"thinking","thinking":"Two über","signature":"c2ln+/=="}]}"#
                )
            ),
            for: AnswerContext(apiType: .openAIChat, identity: Calls.identity, model: "m")
        )
        #expect(whole.candidates[0].parts[0].state?.wrapped == parts[0].state?.wrapped)
    }

    @Test("stream-01: Thoughts in a block that began as text become a part of their own")
    func mixedBlock() throws {
        let decoded = try decode(
            [Self.start]
                + block(
                    0,
                    #"{"type":"text","text":""}"#,
                    #"{"type":"thinking_delta","thinking":"Hm"}"#,
                    #"{"type":"text_delta","text":"Hi"}"#
                ) + end(#"{"stop_reason":"end_turn"}"#)
        )
        #expect(decoded.disorder == nil)
        let parts = decoded.response.candidates[0].parts.filter { $0.text?.isEmpty != true }
        #expect(parts.map { $0.text?.string ?? $0.reasoning?.texts.map(\.string).joined() } == ["Hm", "Hi"])
    }

    @Test("Citations, blocks of the vendor's own tools, unknown events and pings")
    func others() throws {
        let decoded = try decode(
            [Self.start, #"{"type":"ping"}"#, #"{"type":"future_event","x":1}"#]
                + block(
                    0,
                    #"{"type":"server_tool_use","id":"s","name":"web_search","input":{}}"#,
                    #"{"type":"input_json_delta","partial_json":"{}"}"#
                ) + block(1, #"{"type":"web_search_tool_result","tool_use_id":"s","content":[]}"#)
                + block(
                    2,
                    #"{"type":"text","text":""}"#,
                    #"{"type":"citations_delta","citation":{"type":"web_search_result_location","url":"https://a","title":"A","cited_text":"w","encrypted_index":"E"}}"#,
                    #"{"type":"text_delta","text":"So."}"#
                ) + end(#"{"stop_reason":"end_turn"}"#)
        )
        #expect(decoded.disorder == nil)
        let parts = decoded.response.candidates[0].parts
        #expect(parts.count == 1)
        #expect(parts[0].text == "So.")
        #expect(parts[0].citations.map(\.url?.string) == ["https://a"])
        #expect(parts[0].citations.first?.citedText == "w")
    }

    @Test("A refusal has the vendor's words, in streams and in whole answers")
    func refusals() throws {
        let details = #""stop_details":{"type":"refusal","category":"cyber","explanation":"Not this."}"#
        let decoded = try decode([Self.start] + end(#"{"stop_reason":"refusal",\#(details)}"#))
        #expect(decoded.disorder == nil)
        let whole = try AnthropicMessages().decodeResponse(
            JSONValue(validating: ByteBuffer(string: #"{"content":[],"stop_reason":"refusal",\#(details)}"#)),
            for: AnswerContext(apiType: .openAIChat, identity: Calls.identity, model: "m")
        )
        for candidate in [decoded.response.candidates[0], whole.candidates[0]] {
            #expect(candidate.finishReason == .refusal)
            guard case .refusal(let text)? = candidate.parts.first?.content else {
                Issue.record("no refusal")
                continue
            }
            #expect(text == "Not this.")
        }
    }

    @Test(
        "usage-02 usage-03 usage-07 usage-08: Reports replace one another, zero is a figure, an unsplit total counts as short-lived",
        arguments: [
            (
                #"{"input_tokens":5,"cache_read_input_tokens":7,"output_tokens":1}"#,
                #"{"input_tokens":5,"cache_read_input_tokens":7,"output_tokens":9}"#,
                TokenUsage(uncachedInput: 5, cacheRead: 7, output: 9)
            ),
            ("null", #"{"input_tokens":3,"output_tokens":4}"#, TokenUsage(uncachedInput: 3, output: 4)),
            (
                #"{"input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0}"#, #"{"output_tokens":0}"#,
                TokenUsage(uncachedInput: 0, cacheRead: 0, output: 0)
            ),
            (
                #"{"input_tokens":1,"cache_creation_input_tokens":8,"cache_creation":null}"#, #"{"output_tokens":2}"#,
                TokenUsage(uncachedInput: 1, cacheWrite5m: 8, output: 2)
            ),
        ]
    )
    func usage(start: String, delta: String, expected: TokenUsage) throws {
        let decoded = try decode([
            #"{"type":"message_start","message":{"id":"m","usage":\#(start)}}"#,
            #"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":\#(delta)}"#, Self.stop,
        ])
        #expect(decoded.response.usage == expected)
    }
}
