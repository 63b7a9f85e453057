// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

@Suite("Clients of every API on Bedrock")
struct BedrockClientTests {
    private static let claude = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
    private static let llama = "meta.llama3-3-70b-instruct-v1:0"

    private func body(_ path: String, _ body: String, model: String = claude) throws -> JSONValue {
        let translation = try Calls.translate(path, body, to: .bedrockConverse, model: model)
        return try JSONValue(validating: translation.joinedBody)
    }

    @Test("cache-01: A client's cache controls become cache points")
    func cachePoints() throws {
        let control = #""cache_control":{"type":"ephemeral"}"#
        let request = #"""
            {"model":"m","max_tokens":9,"system":[{"type":"text","text":"Rules.",\#(control)}],\#(control),
            "tools":[{"name":"f","input_schema":{"type":"object"},\#(control)}],
            "messages":[{"role":"user","content":"Hi"}]}
            """#
        let written = try body("/anthropic/v1/messages", request)
        for member in ["system", "messages", "toolConfig"] {
            let text = written[member].map { String(buffer: $0.bytes) } ?? ""
            #expect(text.ranges(of: #"{"cachePoint":{"type":"default"}}"#).count == 1, "\(member): \(text)")
        }
        let other = try body("/anthropic/v1/messages", request, model: Self.llama)
        #expect(!String(buffer: other.bytes).contains("cachePoint"))
    }

    @Test(
        "Stop sequences are the model's, and Claude tells which one it met",
        arguments: [
            (Calls.chatPath, #"{"model":"m","stop":["END"],"messages":[{"role":"user","content":"Hi"}]@}"#),
            (
                "/anthropic/v1/messages",
                #"{"model":"m","max_tokens":9,"stop_sequences":["END"],"messages":[{"role":"user","content":"Hi"}]@}"#
            ),
        ]
    )
    func stopSequences(_ path: String, _ template: String) throws {
        let request = template.replacing("@", with: "")
        let written = try body(path, request)
        #expect(written["inferenceConfig"]?["stopSequences"]?.array?.compactMap(\.string) == ["END"])
        #expect(written["additionalModelResponseFieldPaths"]?.array?.compactMap(\.string) == ["/stop_sequence"])
        #expect(try body(path, request, model: Self.llama)["additionalModelResponseFieldPaths"] == nil)
    }

    @Test("A Messages client learns which stop sequence was met, in one piece and streamed")
    func metSequence() throws {
        func translation(_ stream: Bool) throws -> Translation {
            try Calls.translate(
                "/anthropic/v1/messages",
                #"{"model":"m","max_tokens":9,"stream":\#(stream),"stop_sequences":["END"],"messages":[{"role":"user","content":"Hi"}]}"#,
                to: .bedrockConverse,
                model: Self.claude
            )
        }
        let stop = #""stopReason":"stop_sequence","additionalModelResponseFields":{"stop_sequence":"END"}"#
        let whole = #"{"output":{"message":{"role":"assistant","content":[{"text":"Well"}]}},\#(stop)}"#
        let answer = try JSONValue(
            validating: ByteBuffer(string: try translation(false).response.run(ByteBuffer(string: whole)).output)
        )
        #expect(answer["stop_reason"]?.string == "stop_sequence" && answer["stop_sequence"]?.string == "END")
        let stream = Self.stream([
            ("messageStart", #"{"role":"assistant"}"#),
            ("contentBlockDelta", #"{"contentBlockIndex":0,"delta":{"text":"Well"}}"#),
            ("messageStop", "{\(stop)}"), ("metadata", "{}"),
        ])
        let events = eventData(try translation(true).response.run(stream).output)
        let delta = try events.map { try JSONValue(validating: ByteBuffer(string: $0)) }.first {
            $0["type"]?.string == "message_delta"
        }
        #expect(delta?["delta"]?["stop_sequence"]?.string == "END")
    }

    @Test("Events that come twice or late break no promise of a stream, and nothing that they say is lost")
    func disorder() throws {
        let start = ("messageStart", #"{"role":"assistant"}"#)
        let text = ("contentBlockDelta", #"{"contentBlockIndex":0,"delta":{"text":"a"}}"#)
        let stop = ("messageStop", #"{"stopReason":"end_turn"}"#)
        let end = ("metadata", "{}")
        for events in [
            [start, start, text, stop, end], [text, stop, stop, end], [stop, end], [text, start, stop, end],
        ] {
            let decoded = try DecodedStream(BedrockConverse(), Self.stream(events))
            #expect(decoded.disorder == nil && decoded.failure == nil, "\(events)")
        }
        let later = ("contentBlockDelta", #"{"contentBlockIndex":1,"delta":{"text":"b"}}"#)
        for late in [text, later, ("contentBlockStart", #"{"contentBlockIndex":1}"#)] {
            let decoded = try DecodedStream(BedrockConverse(), Self.stream([start, text, stop, late, end]))
            #expect(decoded.disorder == nil && decoded.failure == nil, "\(late)")
            let said = late == text ? "aa" : late == later ? "ab" : "a"
            #expect(decoded.response.candidates[0].parts.compactMap(\.text?.string).joined() == said)
        }
        // Nothing can be added to a block that is over.
        let ended = ("contentBlockStop", #"{"contentBlockIndex":0}"#)
        let decoded = try DecodedStream(BedrockConverse(), Self.stream([start, text, ended, text, stop, end]))
        #expect(decoded.failure?.contains("the end of its block") == true)
    }

    private static func stream(_ events: [(String, String)]) -> ByteBuffer {
        var output = ByteBuffer()
        for (type, payload) in events {
            EventStreamMessage.write(
                headers: [":message-type": "event", ":event-type": type],
                payload: ByteBuffer(string: payload),
                into: &output
            )
        }
        return output
    }
}
