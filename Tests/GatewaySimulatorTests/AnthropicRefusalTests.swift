// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import GatewaySimulator
import Testing

@Suite("What Anthropic messages refuses")
struct AnthropicRefusalTests {
    private func message(_ call: SimulatedCall) -> String {
        #expect(call.status == 400)
        #expect(call.json["type"]?.string == "error")
        #expect(call.json[path: "error.type"]?.string == "invalid_request_error")
        #expect(call.json["request_id"]?.string == call.headers.first { $0.name == "request-id" }?.value)
        return call.json[path: "error.message"]?.string ?? ""
    }

    @Test(
        "A member that breaks a rule is named",
        arguments: [
            ("", "max_tokens: Field required"),
            (#""max_tokens":-1,"#, "max_tokens: Input should be greater than or equal to 0"),
            (#""max_tokens":"9","#, "max_tokens: Input should be a valid number"),
            (#""max_tokens":99999999,"#, "max_tokens: 99999999 > 64000"),
            (#""max_tokens":9,"foo":1,"#, "foo: Extra inputs are not permitted"),
            (#""max_tokens":9,"context_management":{},"#, "context_management: Extra inputs are not permitted"),
            (#""max_tokens":9,"temperature":1.5,"#, "temperature: Input should be less than or equal to 1"),
            (
                #""max_tokens":9,"stop_sequences":[" "],"#,
                "stop_sequences.0: each stop sequence must contain non-whitespace"
            ),
            (
                #""max_tokens":9,"tool_choice":{"type":"any"},"#,
                "tool_choice: `tool_choice` may only be specified while providing `tools`"
            ),
            (
                #""max_tokens":9,"tools":[{"name":"a b","input_schema":{"type":"object"}}],"#,
                "tools.0.name: String should match pattern"
            ),
            (#""max_tokens":9,"tools":[{"name":"a"}],"#, "tools.0.input_schema: Field required"),
            (#""max_tokens":9,"tools":[{"name":"a","input_schema":{}}],"#, "tools.0.input_schema.type: Field required"),
            (
                #""max_tokens":9,"tools":[{"name":"a","input_schema":{"type":"string"}}],"#,
                "tools.0.input_schema.type: Input"
            ),
            (
                #""max_tokens":9,"tools":[{"type":"custom","name":"a","input_schema":{"type":"object","required":"x"}}],"#,
                "tools.0.custom.input_schema: JSON schema is invalid."
            ),
            (
                #""max_tokens":9,"tools":[{"name":"a","input_schema":{"type":"object","anyOf":[{}]}}],"#,
                "tools.0.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level"
            ),
            (
                #""max_tokens":9,"tools":[{"name":"a","input_schema":{"type":"object"}},{"name":"a","input_schema":{"type":"object"}}],"#,
                "tools: Tool names must be unique."
            ),
            (
                #""max_tokens":9,"tools":[{"type":"teleport_2026","name":"t"}],"#,
                "tools.0.type: Input tag 'teleport_2026' does not match"
            ),
            (
                Sample.claudeTools + #""tool_choice":{"type":"tool","name":"x"},"#,
                "Tool 'x' not found in provided tools"
            ),
            (#""max_tokens":9,"system":[{"type":"text","text":""}],"#, "system: text content blocks must be non-empty"),
        ]
    )
    func members(_ more: String, _ expected: String) {
        let message = message(SimulatedCall.messages(Sample.user, more: more))
        #expect(message.hasPrefix(expected), "\(message)")
    }

    private static let call =
        #"{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{}},{"type":"tool_use","id":"b","name":"f","input":{}}]}"#
    private static func result(_ id: String) -> String {
        #"{"type":"tool_result","tool_use_id":"\#(id)","content":"x"}"#
    }

    @Test(
        "Messages that break a rule are named",
        arguments: [
            ("", "messages: List should have at least 1 item(s)"),
            (#"{"role":"assistant","content":"x"}"#, "messages: first message must use the \"user\" role"),
            (#"{"role":"robot","content":"x"}"#, "messages.0.role: Input should be 'user', 'assistant', or 'system'"),
            (#"{"role":"user","content":""}"#, "messages.0: user messages must have non-empty content"),
            (#"{"role":"user","content":[]}"#, "messages.0: user messages must have non-empty content"),
            (
                #"{"role":"user","content":[{"type":"text","text":""}]}"#,
                "messages: text content blocks must be non-empty"
            ),
            (
                #"{"role":"user","content":[{"type":"text","text":"x","foo":1}]}"#,
                "messages.0.content.0.text.foo: Extra inputs are not permitted"
            ),
            (
                #"{"role":"user","content":[{"type":"image_url","image_url":{}}]}"#,
                "messages.0.content.0.type: Input tag 'image_url'"
            ),
            (
                #"{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/bmp","data":"AAAA"}}]}"#,
                "messages.0.content.0.image.source.base64.media_type: Input should be 'image/jpeg'"
            ),
            (
                #"{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"<no>"}}]}"#,
                "messages.0.content.0.image.source.base64: invalid base64 data"
            ),
            (
                #"{"role":"user","content":[{"type":"tool_use","id":"a","name":"f","input":{}}]}"#,
                "messages.0.content.0: `tool_use` blocks can only be in `assistant` messages"
            ),
            (
                #"{"role":"user","content":[\#(result("a"))]}"#,
                "messages.0.content.0: unexpected `tool_use_id` found in `tool_result` blocks: a."
            ),
            (
                "\(Sample.user),\(call)",
                "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: a, b."
            ),
            (
                "\(Sample.user),\(call),\(Sample.user)",
                "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: a, b."
            ),
            (
                #"\#(Sample.user),\#(call),{"role":"user","content":[\#(result("a"))]},{"role":"user","content":[\#(result("b"))]}"#,
                "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: b."
            ),
            (
                #"\#(Sample.user),\#(call),{"role":"user","content":[\#(result("a")),\#(result("a")),\#(result("b"))]}"#,
                "messages.2.content.1: each tool_use must have a single result."
            ),
            (
                #"\#(Sample.user),\#(call),{"role":"user","content":[{"type":"text","text":"x"},\#(result("a")),\#(result("b"))]}"#,
                "messages.2.content.1: `tool_result` blocks must come before all other blocks"
            ),
            (
                #"\#(Sample.user),{"role":"assistant","content":[{"type":"thinking","thinking":"x","signature":"y"},{"type":"text","text":"x"}]},\#(Sample.user)"#,
                "messages.1.content.0: Invalid `signature` in `thinking` block"
            ),
            (
                #"\#(Sample.user),{"role":"assistant","content":"x "}"#,
                "messages: final assistant content cannot end with trailing whitespace"
            ),
        ]
    )
    func messages(_ messages: String, _ expected: String) {
        let message = message(SimulatedCall.messages(messages))
        #expect(message.hasPrefix(expected), "\(message)")
    }

    @Test("Words put into the assistant's mouth are taken by old models alone")
    func prefill() {
        let messages = Sample.user + #",{"role":"assistant","content":"It is"}"#
        #expect(SimulatedCall.messages(messages).status == 200)
        #expect(SimulatedCall.messages(messages, model: "claude-opus-4-6").status == 400)
    }

    @Test("Known beta headers open beta members, unknown ones are refused")
    func betas() {
        let more = #""max_tokens":9,"context_management":{"edits":[]},"#
        let beta = [("anthropic-beta", "context-management-2025-06-27,interleaved-thinking-2025-05-14")]
        #expect(SimulatedCall.messages(Sample.user, more: more, headers: beta).status == 200)
        // Of an agent that is newer than the simulator.
        let new = [("anthropic-beta", "claude-code-20250219,something-new-2026-11-25,efs-2026-10-01")]
        #expect(SimulatedCall.messages(Sample.user, headers: new).status == 200)
        for wrong in ["context-management", "2026-11-25", "a b-2026-11-25", "x-2026-1-5", "-2026-11-25"] {
            #expect(SimulatedCall.messages(Sample.user, headers: [("anthropic-beta", wrong)]).status == 400, "\(wrong)")
        }
        let unknown = SimulatedCall.messages(Sample.user, headers: [("anthropic-beta", "warp-drive-2031-01-01")])
        #expect(message(unknown) == "Unexpected value(s) `warp-drive-2031-01-01` for the `anthropic-beta` header.")
    }

    @Test("A model of another API is not found", arguments: ["nothing", "gpt-5", "gemini-3-1-pro"])
    func otherModels(_ name: String) {
        let call = SimulatedCall.messages(Sample.user, model: name)
        #expect(call.status == 404)
        #expect(call.json[path: "error.type"]?.string == "not_found_error")
    }

    @Test("A prompt longer than the model's context is too long")
    func tooLong() {
        let call = SimulatedCall.messages(Sample.user(String(repeating: "word ", count: 200_001)))
        #expect(message(call) == "prompt is too long: 200005 tokens > 200000 maximum")
    }
}
