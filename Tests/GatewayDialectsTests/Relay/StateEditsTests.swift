// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

@Suite("Relayed conversations that came from other vendors")
struct StateEditsTests {
    private static let own = StateOrigin(tag: 1)
    private static let other = StateOrigin(tag: 2)

    private func relay(
        _ path: String,
        _ members: String,
        to format: WireFormat
    ) throws -> (body: String, dropped: [String]) {
        let body = ByteBuffer(string: #"{"model":"m",\#(members)}"#)
        let target = TranslationTarget(
            format: format,
            model: "m",
            limits: ModelLimits(),
            defaultMaximumOutput: 1,
            origin: Self.own
        )
        let translation = try Dialects().translate(Calls.envelope(path, body), to: target, answer: Calls.identity)
        _ = try JSONValue(validating: translation.joinedBody)
        return (String(buffer: translation.joinedBody), translation.dropped)
    }

    private func messages(_ members: String) throws -> (body: String, dropped: [String]) {
        try relay("/anthropic/v1/messages", members, to: .anthropicMessages)
    }

    private func wrapped(_ kind: OpaqueState.Kind, _ data: String, own: Bool) -> String {
        OpaqueState(kind, JSONString(data), from: own ? Self.own : Self.other).wrapped
    }

    @Test("reasoning-09 cache-01: A body without wrapped state keeps every byte, and so does one that only talks of it")
    func untouched() throws {
        let state = wrapped(.signature, "c2ln", own: false)
        for members in [
            #""messages" : [ {"role":"assistant","content":[{"type":"thinking","thinking":"a","signature":"EqQB"}]} ]"#,
            #""messages":[{"role":"user","content":"What is \#(state)?"}]"#,
            #""messages":[{"role":"user","content":[{"type":"text","text":"\#(state)"}]}],"system":"\#(state)""#,
            #""messages":[{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{"id":"x_\#(state)","signature":"\#(state)"}}]}]"#,
            #""messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"\#(state)"}]}]"#,
            #""messages":[],"metadata":{"signature":"\#(state)"}"#,
        ] {
            let (body, dropped) = try messages(members)
            #expect(body == #"{"model":"m",\#(members)}"#)
            #expect(dropped.isEmpty)
        }
    }

    @Test("reasoning-02 reasoning-04: The target's own state is the vendor's again, any other goes with what holds it")
    func anthropic() throws {
        let thought = wrapped(.thought, "dGhv", own: false)
        let (body, dropped) = try messages(
            """
            "messages":[{"role":"user","content":"a"},
             {"role":"assistant","content":[
              {"type":"thinking","thinking":"x","signature":"\(wrapped(.encrypted, "ZW5j", own: false))"} ,
              {"type":"redacted_thinking","data":"\(wrapped(.redacted, "cmVk", own: true))"},
              {"type":"redacted_thinking","data":"\(wrapped(.redacted, "cmVk", own: false))"},
              {"type":"text","text":"b","citations":[{"type":"web_search_result_location","url":"u","title":null,
               "cited_text":"","encrypted_index":"\(thought)"}]},
              {"type":"tool_use","id":"t1_\(thought)","name":"f","input":{}}]},
             {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1_\(thought)","content":"c"}]},
             {"role":"assistant","content":[{"type":"thinking","thinking":"only","signature":"\(thought)"}]},
             {"role":"user","content":"d"}]
            """
        )
        try expectEqual(
            ByteBuffer(string: body),
            #"""
            {"model":"m","messages":[{"role":"user","content":"a"},
             {"role":"assistant","content":[{"type":"redacted_thinking","data":"cmVk"},{"type":"text","text":"b"},
              {"type":"tool_use","id":"t1","name":"f","input":{}}]},
             {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"c"}]},
             {"role":"user","content":"d"}]}
            """#
        )
        #expect(dropped == ["earlier reasoning"])
    }

    @Test("reasoning-03 reasoning-04: A turn that lost its thoughts goes on without thinking")
    func thinkingOff() throws {
        let foreign = wrapped(.encrypted, "ZW5j", own: false)
        let signed = wrapped(.signature, "c2ln", own: true)
        func conversation(_ signature: String, last: String) -> String {
            """
            "thinking":{"type":"enabled","budget_tokens":2000},
            "context_management":{"edits":[{"type":"clear_thinking_20251015"},{"type":"clear_tool_uses_20250919"}]},
            "messages":[{"role":"user","content":"a"},
             {"role":"assistant","content":[{"type":"thinking","thinking":"x","signature":"\(signature)"},
              {"type":"tool_use","id":"t","name":"f","input":{}}]},{"role":"user","content":\(last)}]
            """
        }
        let result = #"[{"type":"tool_result","tool_use_id":"t"}]"#
        let off = try messages(conversation(foreign, last: result))
        #expect(off.body.contains(#""thinking":{"type":"disabled"}"#))
        #expect(off.body.contains(#""edits":[{"type":"clear_tool_uses_20250919"}]"#))
        #expect(off.dropped == ["earlier reasoning", "reasoning of this turn"])
        let on = try messages(conversation(signed, last: result))
        #expect(on.body.contains(#""signature":"c2ln""#))
        #expect(on.body.contains(#""budget_tokens":2000"#))
        #expect(on.dropped.isEmpty)
        // A new question of the user may be thought about.
        #expect(try messages(conversation(foreign, last: #""b""#)).body.contains(#""budget_tokens":2000"#))
    }

    @Test("reasoning-04 reasoning-07: Chat, Responses and Gemini bodies")
    func otherFormats() throws {
        let thought = wrapped(.thought, "dGhv", own: false)
        let chat = try relay(
            Calls.chatPath,
            """
            "messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"c1_\(thought)","type":"function",
             "function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"\(thought)"}}}]},
             {"role":"tool","tool_call_id":"c1_\(thought)","content":"ok"}]
            """,
            to: .openAIChat
        )
        try expectEqual(
            ByteBuffer(string: chat.body),
            """
            {"model":"m","messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function",
             "function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c1","content":"ok"}]}
            """
        )
        let own = OpaqueState(.encrypted, "ZW5j", from: Self.own, itemID: "rs_9").wrapped
        let responses = try relay(
            "/openai/v1/responses",
            """
            "input":[{"type":"reasoning","id":"rs_x","summary":[],"encrypted_content":"\(own)"},
             {"type":"reasoning","id":"rs_y","summary":[],"encrypted_content":"\(wrapped(.signature, "c2ln", own: false))"},
             {"type":"function_call","id":"fc_1","call_id":"c1_\(thought)","name":"f","arguments":"\(thought)"},
             {"type":"function_call_output","call_id":"c1_\(thought)","output":"\(thought)"}]
            """,
            to: .openAIResponses
        )
        try expectEqual(
            ByteBuffer(string: responses.body),
            """
            {"model":"m","input":[{"type":"reasoning","id":"rs_9","summary":[],"encrypted_content":"ZW5j"},
             {"type":"function_call","id":"fc_1","call_id":"c1","name":"f","arguments":"\(thought)"},
             {"type":"function_call_output","call_id":"c1","output":"\(thought)"}]}
            """
        )
        let signature = wrapped(.signature, "c2ln", own: false)
        let gemini = try relay(
            "/gemini/v1beta/models/g:generateContent",
            """
            "contents":[{"role":"model","parts":[{"text":"hm","thought":true,"thoughtSignature":"\(signature)"},
             {"functionCall":{"name":"f","args":{"id":"a_\(signature)"}},"thoughtSignature":"\(signature)"},
             {"functionCall":{"name":"g","args":{}},"thoughtSignature":"\(wrapped(.thought, "b3du", own: true))"}]}]
            """,
            to: .geminiGenerateContent
        )
        #expect(gemini.body.contains(#"{"text":"hm","thought":true}"#))
        #expect(
            gemini.body.contains(
                #""args":{"id":"a_\#(signature)"}},"thoughtSignature":"skip_thought_signature_validator""#
            )
        )
        #expect(gemini.body.contains(#""thoughtSignature":"b3du""#))
    }

    @Test("reasoning-04: A turn of another vendor loses its thoughts, with or without a state, and nothing else")
    func foreignChatTurns() throws {
        let thought = wrapped(.thought, "dGhv", own: false)
        let call =
            #"{"id":"c1_\#(thought)","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"\#(thought)"}}}"#
        let plain = #"{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}"#
        let block = #"{"type":"reasoning","summary":[{"type":"summary_text","text":"hm"}]}"#
        let turns: [(foreign: String, expected: String)] = [
            (
                #""content":null,"reasoning_content":"hm","tool_calls":[\#(call)]"#,
                #""content":null,"tool_calls":[\#(plain)]"#
            ),
            (#""content":[\#(block)],"tool_calls":[\#(call)]"#, #""tool_calls":[\#(plain)]"#),
            (
                #""content":[\#(block),{"type":"text","text":"a"}],"tool_calls":[\#(call)]"#,
                #""content":[{"type":"text","text":"a"}],"tool_calls":[\#(plain)]"#
            ),
        ]
        for (foreign, expected) in turns {
            let other = #"{"role":"assistant","content":"b","reasoning_content":"own"}"#
            let chat = try relay(
                Calls.chatPath,
                #""messages":[\#(other),{"role":"assistant",\#(foreign)}]"#,
                to: .openAIChat
            )
            try expectEqual(
                ByteBuffer(string: chat.body),
                #"{"model":"m","messages":[\#(other),{"role":"assistant",\#(expected)}]}"#
            )
            #expect(chat.dropped == ["earlier reasoning"])
        }
    }

    @Test(
        "stream-05 reasoning-04: What the gateway wrote to a Messages client can be sent to any target of that format"
    )
    func roundTrip() throws {
        var context = AnswerContext(apiType: .anthropicMessages, identity: Calls.identity, model: "m")
        context.origin = Self.other
        let parts: [Message.Part] = [
            Message.Part(.reasoning(Message.Reasoning(texts: ["Plain."]))),
            Message.Part(
                .reasoning(Message.Reasoning(texts: ["Sum."])),
                state: OpaqueState(.encrypted, "ZW5j", from: Self.other)
            ),
            Message.Part(.text("Hi"), state: OpaqueState(.thought, "dGhv", from: Self.other)),
        ]
        let response = ModelResponse(
            candidates: [ModelResponse.Candidate(parts: parts, finishReason: .stop)],
            usage: TokenUsage()
        )
        let answer = try JSONValue(validating: AnthropicMessages().encodeResponse(response, for: context))
        let content = String(buffer: try #require(answer["content"]).bytes)
        let relayed = try messages(
            #""messages":[{"role":"assistant","content":\#(content)},{"role":"user","content":"b"}]"#
        )
        try expectEqual(
            ByteBuffer(string: relayed.body),
            #"{"model":"m","messages":[{"role":"assistant","content":[{"type":"text","text":"Hi","citations":null}]},{"role":"user","content":"b"}]}"#
        )
    }

    @Test("Any mixture of kept and removed elements leaves valid JSON")
    func randomMixtures() throws {
        var generator = SplitMix(seed: 11)
        let foreign = wrapped(.redacted, "cmVk", own: false)
        for _ in 0..<400 {
            var kept = 0
            let blocks = (0..<Int.random(in: 1...6, using: &generator)).map { index in
                let space = Bool.random(using: &generator) ? " \n" : ""
                if Bool.random(using: &generator) {
                    return #"\#(space){"type":"redacted_thinking","data":"\#(foreign)"}\#(space)"#
                }
                kept += 1
                return #"\#(space){"type":"text","text":"\#(index)"}"#
            }
            let (body, _) = try messages(
                #""messages":[{"role":"user","content":"q"},{"role":"assistant","content":[\#(blocks.joined(separator: ","))]}]"#
            )
            let value = try JSONValue(validating: ByteBuffer(string: body))
            let messages = try #require(value["messages"]?.array.map(Array.init))
            #expect(messages.count == (kept == 0 ? 1 : 2))
            if kept > 0 { #expect(messages[1]["content"]?.array?.count == kept) }
            #expect(!body.contains("gatehouse1_"))
        }
    }

    @Test("An item has the vendor's id again with the vendor's thought, wherever its id stands and however often")
    func restoredIDs() throws {
        let state = OpaqueState(.encrypted, "ZW5j", from: Self.own, itemID: "rs_1").wrapped
        let carried = "rs_9_" + wrapped(.thought, "dGhv", own: false)
        let content = #""encrypted_content":"\#(state)""#
        for members in [
            #""id":"\#(carried)",\#(content)"#, #"\#(content),"id":"\#(carried)""#, #""id":"rs_9",\#(content)"#,
            #""id":"\#(carried)",\#(content),\#(content)"#,
        ] {
            let (body, dropped) = try relay(
                "/openai/v1/responses",
                #""input":[{"type":"reasoning",\#(members),"summary":[]},{"role":"user","content":"b"}]"#,
                to: .openAIResponses
            )
            #expect(dropped.isEmpty)
            #expect(body.contains(#""id":"rs_1""#))
            #expect(!body.contains("rs_9"))
            #expect(body.contains(#""encrypted_content":"ZW5j""#))
        }
    }

    @Test("A thought with many signatures keeps those that prove it")
    func repeatedSignatures() throws {
        var checksum = FNV1a()
        checksum.add("x")
        let good = OpaqueState(.signature, "c2ln", from: Self.own, itemID: checksum.text).wrapped
        let many = Array(repeating: #""signature":"\#(good)""#, count: 50).joined(separator: ",")
        let (body, dropped) = try messages(
            #""messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"thinking",\#(many),"thinking":"x"}]},{"role":"user","content":"b"}]"#
        )
        #expect(dropped.isEmpty)
        #expect(body.occurrences(of: #""signature":"c2ln""#) == 50)
    }
}

extension String {
    /// How often a text stands in it.
    fileprivate func occurrences(of text: String) -> Int { ranges(of: text).count }
}
