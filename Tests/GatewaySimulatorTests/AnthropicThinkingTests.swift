// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import GatewaySimulator
import NIOCore
import Testing

@Suite("Anthropic's thinking")
struct AnthropicThinkingTests {
    private static let thinking = #""thinking":{"type":"enabled","budget_tokens":2000},"#

    /// The answer to a request for a tool call, and the conversation that a client would send next.
    private func loop(_ text: String = "call get_weather", edit: (String) -> String = { $0 }) -> SimulatedCall {
        let first = SimulatedCall.messages(Sample.user(text), more: Sample.claudeTools + Self.thinking)
        let content = edit(first.json["content"]?.written ?? "[]")
        let id = first.json["content"]?.array?.compactMap { $0["id"]?.string }.first ?? ""
        let result = #"{"role":"user","content":[{"type":"tool_result","tool_use_id":"\#(id)","content":"ok"}]}"#
        let messages = [Sample.user(text), #"{"role":"assistant","content":\#(content)}"#, result].joined(
            separator: ","
        )
        return SimulatedCall.messages(messages, more: Sample.claudeTools + Self.thinking)
    }

    @Test("Thoughts come first, signed, and count as output")
    func thinks() {
        let call = SimulatedCall.messages(Sample.user, more: #""max_tokens":4000,"# + Self.thinking)
        #expect(call.json["content"]?.array?.compactMap { $0["type"]?.string } == ["thinking", "text"])
        #expect(call.json[path: "content.0.signature"]?.string?.isEmpty == false)
        let thoughts = call.json[path: "usage.output_tokens_details.thinking_tokens"]?.int ?? 0
        #expect(thoughts > 0 && thoughts < call.json[path: "usage.output_tokens"]?.int ?? 0)
    }

    @Test("A stream gives the same thoughts and the signature in a delta of its own")
    func streams() {
        let whole = SimulatedCall.messages(Sample.user, more: #""max_tokens":4000,"# + Self.thinking)
        let stream = SimulatedCall.messages(Sample.user, more: #""max_tokens":4000,"stream":true,"# + Self.thinking)
        let text = stream.events.compactMap { $0[path: "delta.thinking"]?.string }.joined()
        #expect(text == whole.json[path: "content.0.thinking"]?.string)
        #expect(stream.events.filter { $0[path: "delta.type"]?.string == "signature_delta" }.count == 1)
    }

    @Test("An unchanged thinking block is taken back")
    func unchanged() {
        #expect(loop().json[path: "content.1.text"]?.string?.contains(#"returned: "ok""#) == true)
    }

    @Test("A changed text, a changed signature and a missing block are refused")
    func changed() {
        let text = loop { $0.replacing("The last message", with: "The first message") }
        #expect(
            text.json[path: "error.message"]?.string == "messages.1.content.0: Invalid `signature` in `thinking` block"
        )
        let signature = loop { $0.replacing(#""signature":""#, with: #""signature":"AAAA"#) }
        #expect(signature.status == 400)
        let missing = loop { content in
            let blocks =
                (try? JSONValue(validating: ByteBuffer(string: content)))?.array?.dropFirst().map(\.written) ?? []
            return "[\(blocks.joined(separator: ","))]"
        }
        #expect(
            missing.json[path: "error.message"]?.string?.contains(
                "Expected `thinking` or `redacted_thinking`, but found `text`"
            ) == true
        )
    }

    @Test("Redacted thoughts come on request and are taken back, unless altered")
    func redacted() {
        let prompt = "call get_weather [[simulate: redacted]]"
        let first = SimulatedCall.messages(Sample.user(prompt), more: Sample.claudeTools + Self.thinking)
        #expect(first.json[path: "content.0.type"]?.string == "redacted_thinking")
        #expect(loop(prompt).status == 200)
        #expect(loop(prompt) { $0.replacing(#""data":""#, with: #""data":"AAAA"#) }.status == 400)
    }

    @Test("Thoughts can be omitted: empty, but signed")
    func omitted() {
        let more = #""max_tokens":4000,"thinking":{"type":"adaptive","display":"omitted"},"#
        let call = SimulatedCall.messages(Sample.user, model: "claude-opus-4-8", more: more)
        #expect(call.json[path: "content.0.thinking"]?.string == "")
        #expect(call.json[path: "content.0.signature"]?.string?.isEmpty == false)
        #expect((call.json[path: "usage.output_tokens_details.thinking_tokens"]?.int ?? 0) > 0)
    }

    @Test("Signatures of a simulator with another key are not recognised")
    func otherKey() {
        let more = #""max_tokens":4000,"# + Self.thinking
        let first = SimulatedCall.messages(Sample.user, more: more)
        let messages =
            Sample.user + #",{"role":"assistant","content":\#(first.json["content"]?.written ?? "")},"# + Sample.user
        #expect(SimulatedCall.messages(messages, more: more).status == 200)
        let other = SimulatedCall(
            "/v1/messages",
            #"{\#(more)"model":"claude-sonnet-4-5","messages":[\#(messages)]}"#,
            headers: SimulatedCall.anthropicHeaders,
            settings: SimulatorSettings(stateKey: "another")
        )
        #expect(other.status == 400)
    }

    @Test(
        "Settings that thinking does not go with are refused",
        arguments: [
            ("claude-sonnet-4-5", #""max_tokens":1024,"thinking":{"type":"enabled","budget_tokens":1024},"#),
            ("claude-sonnet-4-5", #""max_tokens":4000,"thinking":{"type":"enabled","budget_tokens":100},"#),
            (
                "claude-sonnet-4-5",
                #""max_tokens":4000,"temperature":0.5,"thinking":{"type":"enabled","budget_tokens":2000},"#
            ),
            ("claude-sonnet-4-5", #""max_tokens":4000,"top_k":5,"thinking":{"type":"enabled","budget_tokens":2000},"#),
            ("claude-sonnet-4-5", #""max_tokens":4000,"thinking":{"type":"adaptive"},"#),
            ("claude-opus-4-8", #""max_tokens":4000,"thinking":{"type":"enabled","budget_tokens":2000},"#),
            ("claude-opus-4-8", #""max_tokens":4000,"temperature":0.5,"#),
            (
                "claude-sonnet-4-5",
                Sample.claudeTools
                    + #""tool_choice":{"type":"any"},"thinking":{"type":"enabled","budget_tokens":2000},"#
            ),
        ]
    )
    func settings(_ model: String, _ more: String) {
        #expect(SimulatedCall.messages(Sample.user, model: model, more: more).status == 400)
    }
}
