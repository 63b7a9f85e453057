// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

@Suite("Requests whose opaque state the upstream has refused")
struct StateWithholdingTests {
    private static let own = StateOrigin(tag: 1)

    private func translate(
        _ path: String,
        _ members: String,
        to format: WireFormat,
        model: String = "m",
        withholds: Bool = true
    ) throws -> Translation {
        var target = TranslationTarget(
            format: format,
            model: model,
            limits: ModelLimits(),
            defaultMaximumOutput: 1,
            origin: Self.own
        )
        target.withholdsState = withholds
        let envelope = try Calls.envelope(path, ByteBuffer(string: #"{"model":"\#(model)",\#(members)}"#))
        let translation = try Dialects().translate(envelope, to: target, answer: Calls.identity)
        _ = try JSONValue(validating: translation.joinedBody)
        return translation
    }

    private func expect(_ translation: Translation, _ body: String) throws {
        #expect(translation.withheldState)
        #expect(translation.dropped.contains("earlier reasoning"))
        try expectEqual(translation.joinedBody, body)
    }

    @Test("reasoning-06: A relayed Messages body loses its thoughts and nothing else, whoever wrote them")
    func anthropic() throws {
        let wrapped = OpaqueState(.signature, "c2ln", from: Self.own).wrapped
        let members = """
            "thinking":{"type":"enabled","budget_tokens":2000},
            "messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}]},
             {"role":"assistant","content":[{"type":"thinking","thinking":"x","signature":"EqQB"},
              {"type":"redacted_thinking","data":"ErQB"},{"type":"thinking","thinking":"y","signature":"\(wrapped)"},
              {"type":"text","text":"b"},
              {"type":"web_search_tool_result","tool_use_id":"s","content":[{"type":"web_search_result","encrypted_content":"E"}]}]},
             {"role":"user","content":"c"}]
            """
        let translation = try translate("/anthropic/v1/messages", members, to: .anthropicMessages)
        try expect(
            translation,
            """
            {"model":"m","thinking":{"type":"enabled","budget_tokens":2000},
            "messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}]},
             {"role":"assistant","content":[{"type":"text","text":"b"},
              {"type":"web_search_tool_result","tool_use_id":"s","content":[{"type":"web_search_result","encrypted_content":"E"}]}]},
             {"role":"user","content":"c"}]}
            """
        )
        #expect(
            try !translate("/anthropic/v1/messages", members, to: .anthropicMessages, withholds: false).withheldState
        )
    }

    @Test(
        "reasoning-06 reasoning-03: In the midst of a tool loop thinking with a budget is switched off, adaptive thinking stays"
    )
    func anthropicLoop() throws {
        func conversation(_ thinking: String) -> String {
            """
            "thinking":\(thinking),
            "messages":[{"role":"user","content":"a"},
             {"role":"assistant","content":[{"type":"thinking","thinking":"x","signature":"EqQB"},
              {"type":"tool_use","id":"t","name":"f","input":{"signature":"s","thoughtSignature":"t"}}]},
             {"role":"user","content":[{"type":"tool_result","tool_use_id":"t"}]}]
            """
        }
        func body(_ thinking: String) -> String {
            """
            {"model":"m","thinking":\(thinking),
            "messages":[{"role":"user","content":"a"},
             {"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{"signature":"s","thoughtSignature":"t"}}]},
             {"role":"user","content":[{"type":"tool_result","tool_use_id":"t"}]}]}
            """
        }
        let enabled = #"{"type":"enabled","budget_tokens":2000}"#
        let off = try translate("/anthropic/v1/messages", conversation(enabled), to: .anthropicMessages)
        try expect(off, body(#"{"type":"disabled"}"#))
        #expect(off.dropped.contains("reasoning of this turn"))
        let adaptive = #"{"type":"adaptive"}"#
        try expect(
            try translate("/anthropic/v1/messages", conversation(adaptive), to: .anthropicMessages),
            body(adaptive)
        )
    }

    @Test("reasoning-06: A relayed Responses body loses its reasoning items, encrypted or not")
    func responses() throws {
        try expect(
            try translate(
                "/openai/v1/responses",
                """
                "input":[{"role":"user","content":"a"},
                 {"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gAAAA"},
                 {"type":"function_call","id":"fc_1","call_id":"c1","name":"f","arguments":"{}"},
                 {"type":"function_call_output","call_id":"c1","output":"x"},{"type":"reasoning","id":"rs_2","summary":[]},
                 {"type":"compaction","encrypted_content":"gAAAB"}]
                """,
                to: .openAIResponses
            ),
            """
            {"model":"m","input":[{"role":"user","content":"a"},
             {"type":"function_call","id":"fc_1","call_id":"c1","name":"f","arguments":"{}"},
             {"type":"function_call_output","call_id":"c1","output":"x"},
             {"type":"compaction","encrypted_content":"gAAAB"}]}
            """
        )
    }

    @Test(
        "reasoning-06: A relayed Gemini body loses thoughts and signatures; calls get the stand-in where the model demands one"
    )
    func gemini() throws {
        func relay(_ model: String) throws -> Translation {
            try translate(
                "/gemini/v1beta/models/\(model):generateContent",
                """
                "contents":[{"role":"user","parts":[{"text":"a"}]},
                 {"role":"model","parts":[{"text":"hm","thought":true,"thoughtSignature":"c2ln"},
                  {"functionCall":{"name":"f","args":{"thoughtSignature":"x"}},"thoughtSignature":"c2ln"},
                  {"functionCall":{"name":"g","args":{}}}]},
                 {"role":"model","parts":[{"text":"b","thought_signature":"c2ln"},{"text":"","thoughtSignature":"c2ln"}]},
                 {"role":"model","parts":[{"text":"","thoughtSignature":"c2ln"}]}]
                """,
                to: .geminiGenerateContent,
                model: model
            )
        }
        func body(_ model: String, _ signature: String) -> String {
            """
            {"model":"\(model)","contents":[{"role":"user","parts":[{"text":"a"}]},
             {"role":"model","parts":[{"functionCall":{"name":"f","args":{"thoughtSignature":"x"}}\(signature)},
              {"functionCall":{"name":"g","args":{}}}]},{"role":"model","parts":[{"text":"b"}]}]}
            """
        }
        let standIn = #","thoughtSignature":"skip_thought_signature_validator""#
        try expect(try relay("gemini-3-pro"), body("gemini-3-pro", standIn))
        try expect(try relay("gemini-2.5-pro"), body("gemini-2.5-pro", ""))
        // What stands in is no state: there is nothing left to repair.
        let repaired = try translate(
            "/gemini/v1beta/models/gemini-3-pro:generateContent",
            #""contents":[{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}\#(standIn)}]}]"#,
            to: .geminiGenerateContent,
            model: "gemini-3-pro"
        )
        #expect(!repaired.withheldState)
    }

    @Test("reasoning-06: A relayed chat body loses what servers attach to thoughts and calls")
    func chat() throws {
        try expect(
            try translate(
                Calls.chatPath,
                """
                "messages":[{"role":"assistant","reasoning_content":"hm","reasoning_details":[{"type":"reasoning.encrypted","data":"E"}],
                  "content":[{"type":"reasoning","summary":[{"type":"summary_text","text":"x","signature":"EqQB"}]},
                   {"type":"text","text":"b"}],"extra_content":{"google":{"thought_signature":"c2ln"}},
                  "tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"},
                   "extra_content":{"google":{"thought_signature":"c2ln"}}}]},{"role":"tool","tool_call_id":"c1","content":"ok"}]
                """,
                to: .openAIChat,
                model: "gemini-3-flash"
            ),
            """
            {"model":"gemini-3-flash","messages":[{"role":"assistant",
              "content":[{"type":"text","text":"b"}],
              "tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"},
               "extra_content":{"google":{"thought_signature":"skip_thought_signature_validator"}}}]},
             {"role":"tool","tool_call_id":"c1","content":"ok"}]}
            """
        )
    }

    @Test("reasoning-06: A body without state is not said to be repaired, and keeps every byte")
    func nothing() throws {
        let conversations: [(String, String, WireFormat)] = [
            ("/anthropic/v1/messages", #""messages" : [{"role":"user","content":"signature"}]"#, .anthropicMessages),
            ("/openai/v1/responses", #""input" : "reasoning""#, .openAIResponses),
            (
                Calls.chatPath, #""messages" : [{"role":"assistant","content":"reasoning_content"}]"#,
                .openAIChat
            ),
            (
                "/gemini/v1beta/models/m:generateContent", #""contents" : [{"parts":[{"text":"b"}]}]"#,
                .geminiGenerateContent
            ),
        ]
        for (path, members, format) in conversations {
            let translation = try translate(path, members, to: format)
            #expect(!translation.withheldState)
            #expect(String(buffer: translation.joinedBody) == #"{"model":"m",\#(members)}"#)
        }
        let hub = try translate(Calls.chatPath, #""messages":[{"role":"user","content":"b"}]"#, to: .anthropicMessages)
        #expect(!hub.withheldState)
    }

    @Test(
        "reasoning-06: A translated request loses the state of its target alone",
        arguments: [
            (.anthropicMessages, .signature, "thinking"), (.openAIResponses, .encrypted, "c2ln"),
            (.geminiGenerateContent, .thought, "c2ln"), (.bedrockConverse, .signature, "reasoningContent"),
        ] as [(WireFormat, OpaqueState.Kind, String)]
    )
    func translated(format: WireFormat, kind: OpaqueState.Kind, mark: String) throws {
        func members(_ origin: StateOrigin) -> String {
            let state = OpaqueState(kind, "c2ln", from: origin).wrapped
            return """
                "messages":[{"role":"user","content":"a"},{"role":"assistant","content":[
                 {"type":"reasoning","summary":[{"type":"summary_text","text":"x","signature":"\(state)"}]},
                 {"type":"text","text":"b"}]},{"role":"user","content":"c"}]
                """
        }
        let model = format == .bedrockConverse ? "anthropic.claude-sonnet-4-5" : "claude-sonnet-4-5"
        let first = try translate(Calls.mlflowPath, members(Self.own), to: format, model: model, withholds: false)
        #expect(String(buffer: first.joinedBody).contains(mark))
        let second = try translate(Calls.mlflowPath, members(Self.own), to: format, model: model)
        #expect(second.withheldState)
        #expect(second.dropped.contains("earlier reasoning"))
        #expect(!String(buffer: second.joinedBody).contains(mark))
        let foreign = try translate(Calls.mlflowPath, members(StateOrigin(tag: 2)), to: format, model: model)
        #expect(!foreign.withheldState)
    }

    @Test(
        "reasoning-06: An upstream's refusal of state is known by its words; no other error is taken for one",
        arguments: [
            (.anthropicMessages, 400, "messages.1.content.0: Invalid `signature` in `thinking` block", nil, true),
            (.anthropicMessages, 400, "messages.23.content.2: Invalid `data` in `redacted_thinking` block", nil, true),
            (
                .anthropicMessages, 400,
                "messages.9.content.15: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified. More.",
                nil, true
            ),
            (.anthropicMessages, 400, "messages.1.content.0.thinking.signature: Field required", nil, true),
            (.anthropicMessages, 400, "messages.1.content.0.text: Field required", nil, false),
            (.anthropicMessages, 500, "Invalid `signature` in `thinking` block", nil, false),
            (
                .bedrockConverse, 400,
                "The model returned the following errors: messages.1.content.0: Invalid `signature` in `thinking` block",
                nil, true
            ),
            (.bedrockConverse, 400, "The provided model identifier is invalid.", nil, false),
            (.openAIResponses, 400, "Something new.", "invalid_encrypted_content", true),
            (.openAIResponses, 400, "The encrypted content gAAA...Rg== could not be verified.", nil, true),
            (.openAIResponses, 400, "Invalid value.", "invalid_value", false),
            (
                .openAIResponses, 404,
                "Item with id 'rs_6884' not found. Items are not persisted when `store` is set to false.",
                nil, true
            ),
            (.openAIResponses, 404, "Item with id 'msg_6884' not found.", nil, false),
            (.geminiGenerateContent, 400, "Corrupted thought signature.", nil, true),
            (
                .geminiGenerateContent, 400, "Unable to submit request because Thought signature is not valid..", nil,
                true
            ),
            (
                .geminiGenerateContent, 400, "Function call is missing a thought_signature in functionCall parts.", nil,
                false
            ),
            (.openAIChat, 400, "Corrupted thought signature.", nil, true),
            (.openAIChat, 400, "Invalid value.", nil, false),
            (
                .openAIChat, 400, "property 'messages.1.assistant.reasoning_content' is unsupported",
                "wrong_api_format",
                true
            ),
            (.openAIChat, 400, "Unknown parameter: 'messages[1].reasoning'.", "unknown_parameter", true),
            (.openAIChat, 400, "Reasoning input is not enabled for this model", nil, true),
            (
                .openAIChat, 400, "The `reasoning_content` in the thinking mode must be passed back to the API.", nil,
                false
            ),
            (.openAIChat, 400, "Unsupported parameter: 'reasoning_effort' is not supported.", nil, false),
        ] as [(WireFormat, Int, String, String?, Bool)]
    )
    func refusals(format: WireFormat, status: Int, message: String, code: String?, isRefusal: Bool) {
        let body = JSONValue { writer in
            writer.object { writer in
                writer.key("error")
                writer.object { writer in
                    writer.member("message", message)
                    if let code { writer.member("code", code) }
                }
            }
        }
        let error = Dialects().upstreamError(format, status: status, body: body.bytes, retryAfter: nil, provider: "p")
        #expect(Dialects().refusesState(error, from: format) == isRefusal)
    }

    @Test(
        "reasoning-13: A server's refusal of another's reasoning is known by the field that it names",
        arguments: [
            (
                .openAIResponses, 400,
                #"{"error":{"message":"Invalid 'input[39].content': array too long. Expected an array with maximum length 0, but got an array with length 1 instead.","type":"invalid_request_error","param":"input[39].content","code":"array_above_max_length"}}"#,
                true
            ),
            (
                .openAIResponses, 400,
                #"{"error":{"message":"Array too long.","type":"invalid_request_error","param":"tools","code":"array_above_max_length"}}"#,
                false
            ),
            (
                .openAIChat, 422,
                #"{"detail":[{"type":"extra_forbidden","loc":["body","messages",2,"assistant","reasoning_content"],"msg":"Extra inputs are not permitted","input":"secret"}]}"#,
                true
            ),
            (
                .openAIChat, 422,
                #"{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","messages",2,"assistant","reasoning_content"],"msg":"Extra inputs are not permitted"}]},"type":"invalid_request_error"}"#,
                true
            ),
            (
                .openAIChat, 422,
                #"{"detail":[{"loc":["body","messages",2,"user","name"],"msg":"Extra inputs are not permitted"}]}"#,
                false
            ),
        ] as [(WireFormat, Int, String, Bool)]
    )
    func refusalsOfFields(format: WireFormat, status: Int, body: String, isRefusal: Bool) {
        let body = ByteBuffer(string: body)
        let error = Dialects().upstreamError(format, status: status, body: body, retryAfter: nil, provider: "p")
        #expect(Dialects().refusesState(error, from: format) == isRefusal, "\(error.message)")
        #expect(!error.message.contains("secret"))
        if format == .openAIChat { #expect(error.message.hasPrefix("messages.2.")) }
    }

    @Test("reasoning-13: Reasoning that another server told in plain text leaves a relayed body")
    func plainReasoning() throws {
        let message = #"{"role":"user","content":"a"}"#
        try expect(
            translate(
                Calls.chatPath,
                #""messages":[\#(message),{"role":"assistant","reasoning_content":"x","reasoning":"x","content":"b"},\#(message)]"#,
                to: .openAIChat
            ),
            #"{"model":"m","messages":[\#(message),{"role":"assistant","content":"b"},\#(message)]}"#
        )
        try expect(
            translate(
                Calls.responsesPath,
                #""input":[\#(message),{"type":"reasoning","id":"rs_1","summary":[],"content":[{"type":"reasoning_text","text":"x"}]},{"role":"assistant","content":"b"},\#(message)]"#,
                to: .openAIResponses
            ),
            #"{"model":"m","input":[\#(message),{"role":"assistant","content":"b"},\#(message)]}"#
        )
        try expect(
            translate(
                "/anthropic/v1/messages",
                #""messages":[\#(message),{"role":"assistant","content":[{"type":"thinking","thinking":"x"},{"type":"text","text":"b"}]},\#(message)]"#,
                to: .anthropicMessages
            ),
            #"{"model":"m","messages":[\#(message),{"role":"assistant","content":[{"type":"text","text":"b"}]},\#(message)]}"#
        )
    }
}
