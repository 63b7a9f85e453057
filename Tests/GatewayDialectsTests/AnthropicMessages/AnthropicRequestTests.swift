// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

@Suite("Messages requests, read into the hub")
struct AnthropicRequestTests {
    private static let origin = StateOrigin(tag: 42)

    private func decode(_ members: String) throws -> (request: ModelRequest, dropped: [String]) {
        let body = ByteBuffer(string: #"{"model":"m","max_tokens":64,\#(members)}"#)
        var dropped = DroppedMembers()
        let request = try AnthropicMessages().decodeRequest(
            Calls.envelope("/anthropic/v1/messages", body),
            dropped: &dropped
        )
        return (request, dropped.names)
    }

    private func parts(_ content: String, role: String = "user") throws -> [Message.Part] {
        try #require(decode(#""messages":[{"role":"\#(role)","content":\#(content)}]"#).request.messages.first).parts
    }

    private func expectRefusal(_ members: String, _ message: String) {
        let error = #expect(throws: GatewayError.self, "\(members)") { try decode(members) }
        #expect(error?.message == message)
        #expect(error?.code == .invalidRequest)
    }

    @Test("tools-03 cache-01: What Claude Code sends: cached system blocks, results beside text, thinking, effort")
    func claudeCode() throws {
        let body = try Fixtures.bytes("AnthropicMessages/claude-code.json")
        var dropped = DroppedMembers()
        let request = try AnthropicMessages().decodeRequest(
            Calls.envelope("/anthropic/v1/messages?beta=true", body),
            dropped: &dropped
        )
        #expect(request.isStreaming)
        #expect(request.maximumOutput == 32_000)
        #expect(request.user?.string.hasPrefix("user_") == true)
        #expect(request.reasoning.mode == .adaptive)
        #expect(request.reasoning.effort == .high)
        #expect(request.reasoning.isVisible == true)
        #expect(request.messages.map(\.role) == [.system, .user, .assistant, .user])
        let system = request.messages[0].parts
        #expect(system.count == 2)
        #expect(system[1].cacheControl.map { String(buffer: $0.bytes) } == #"{"type": "ephemeral", "ttl": "1h"}"#)
        #expect(request.tools.map(\.name.string) == ["Bash", "Read", "web_search"])
        guard case .hosted(let type, _) = request.tools[2].kind else {
            Issue.record("a server tool is a hosted one")
            return
        }
        #expect(type == "web_search_20250305")
        let answer = request.messages[2].parts
        #expect(answer.map { $0.reasoning != nil } == [true, false, false, false])
        #expect(answer[2].toolCall?.id == "toolu_1")
        // Results stand where the client put them; the encoders bring them to the front.
        let turn = request.messages[3].parts
        #expect(turn.map { $0.toolResult?.callID.string ?? "-" } == ["toolu_1", "toolu_2", "-"])
        #expect(turn[1].toolResult?.isError == true)
        #expect(turn[1].toolResult?.parts.first?.text == "No such file")
        #expect(turn[2].cacheControl != nil)
        // Members that no hub models are named where the target has no place for them.
        #expect(request.rest.map(\.key.string) == ["context_management"])
        #expect(dropped.names.isEmpty)
    }

    @Test("tools-04: Images and documents keep their source, wherever they stand")
    func media() throws {
        let content = """
            [{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"},"cache_control":{"type":"ephemeral"}},
             {"type":"image","source":{"type":"url","url":"https://a/b.png"}},
             {"type":"image","source":{"type":"url","url":"data:image/gif;base64,R0lG"}},
             {"type":"image","source":{"type":"file","file_id":"file_1"}},
             {"type":"document","title":"T","context":"C","citations":{"enabled":true},
              "source":{"type":"base64","media_type":"application/pdf","data":"JVBE"}},
             {"type":"document","source":{"type":"text","media_type":"text/plain","data":"plain"}},
             {"type":"document","source":{"type":"content","content":[{"type":"text","text":"a"},{"type":"text","text":"b"},
              {"type":"image","source":{"type":"url","url":"https://a/c.png"}}]}},
             {"type":"search_result","source":"https://s","title":"S","content":[{"type":"text","text":"found"}]},
             {"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"see"},
              {"type":"image","source":{"type":"base64","media_type":"image/png","data":"BBBB"}}]}]
            """
        let parts = try parts(content)
        #expect(
            parts.map { $0.media.map(Self.text) ?? "-" } == [
                "image image/png AAAA", "image url https://a/b.png", "image image/gif R0lG", "image file file_1",
                "document application/pdf JVBE", "document text plain", "document text a\nb",
                "image url https://a/c.png", "document text found", "-",
            ]
        )
        #expect(parts[0].cacheControl != nil)
        #expect(parts[4].media?.name == "T")
        #expect(parts[4].media?.context == "C")
        #expect(parts[4].media?.enablesCitations == true)
        #expect(parts[8].media?.context == "https://s")
        let result = try #require(parts[9].toolResult)
        #expect(
            result.parts.map { $0.media.map(Self.text) ?? $0.text?.string ?? "" } == ["see", "image image/png BBBB"]
        )
    }

    private static func text(_ media: Media) -> String {
        switch media.source {
        case .base64(let type, let data): "\(media.kind) \(type.string) \(data.string)"
        case .url(let url, _): "\(media.kind) url \(url.string)"
        case .file(let id): "\(media.kind) file \(id.string)"
        case .text(let text): "\(media.kind) text \(text.string)"
        }
    }

    @Test(
        "reasoning-01 reasoning-02 reasoning-04: Wrapped state is known again; what a vendor minted itself is left out"
    )
    func state() throws {
        let signature = OpaqueState(.encrypted, "c2ln", from: Self.origin, itemID: "rs_1")
        let redacted = OpaqueState(.redacted, "cmVk", from: Self.origin)
        let thought = OpaqueState(.thought, "dGhv", from: Self.origin)
        let content = """
            [{"type":"thinking","thinking":"hm","signature":"\(signature.wrapped)"},
             {"type":"redacted_thinking","data":"\(redacted.wrapped)"},
             {"type":"redacted_thinking","data":"minted-by-a-vendor"},
             {"type":"thinking","thinking":"raw","signature":"EqQB"},
             {"type":"thinking","thinking":"","signature":""},
             {"type":"text","text":"said"},
             {"type":"redacted_thinking","data":"\(thought.wrapped)"},
             {"type":"tool_use","id":"toolu_9_\(thought.wrapped)","name":"f","input":{"id":"\(thought.wrapped)"}}]
            """
        let (request, dropped) = try decode(#""messages":[{"role":"assistant","content":\#(content)}]"#)
        let parts = try #require(request.messages.first).parts
        #expect(parts.count == 5)
        #expect(parts[0].state?.wrapped == signature.wrapped)
        #expect(parts[0].reasoning?.texts.map(\.string) == ["hm"])
        #expect(parts[1].state?.wrapped == redacted.wrapped)
        #expect(parts[2].reasoning?.texts.map(\.string) == ["raw"])
        #expect(parts[2].state == nil)
        // The state of a text, which stands in a block behind it.
        #expect(parts[3].text == "said")
        #expect(parts[3].state?.wrapped == thought.wrapped)
        #expect(parts[4].toolCall?.id == "toolu_9")
        #expect(parts[4].state?.wrapped == thought.wrapped)
        #expect(dropped == ["redacted_thinking"])
    }

    @Test("Blocks of the vendor's servers and unknown ones are left out and named")
    func unknownBlocks() throws {
        let content = """
            [{"type":"text","text":"a"},{"type":"server_tool_use","id":"s","name":"web_search","input":{}},
             {"type":"web_search_tool_result","tool_use_id":"s","content":[]},{"type":"container_upload","file_id":"f"},
             {"type":"new\\r\\nblock"},{"type":"compaction","content":"so far"}]
            """
        let (request, dropped) = try decode(#""messages":[{"role":"assistant","content":\#(content)}]"#)
        #expect(request.messages[0].parts.compactMap(\.text?.string) == ["a", "so far"])
        #expect(
            dropped == [
                "messages[].content[] of type server_tool_use", "messages[].content[] of type web_search_tool_result",
                "messages[].content[] of type container_upload", "messages[].content[] of type new??block",
            ]
        )
    }

    @Test("System messages between turns: kept in place, gone with the turn where they say so, and what they change")
    func laterSystem() throws {
        let tools =
            #""tools":[{"name":"a","input_schema":{"type":"object"}},{"name":"b","input_schema":{"type":"object"}}]"#
        let request = try decode(
            """
            "messages":[{"role":"user","content":"1"},
             {"role":"system","content":"for one turn","clear_at":"next_user_message"},
             {"role":"assistant","content":"2"},
             {"role":"user","content":"3"},
             {"role":"system","content":[{"type":"text","text":"from now on"},
              {"type":"tool_removal","tool":{"type":"tool_reference","name":"a"}},
              {"type":"tool_addition","tool":{"type":"tool_definition","definition":{"name":"c","input_schema":{"type":"object"}}}}],
              "output_config":{"effort":"low"}}],\(tools)
            """
        ).request
        #expect(request.messages.map(\.role) == [.user, .assistant, .user, .system])
        #expect(request.messages[3].parts.map(\.text?.string) == ["from now on"])
        #expect(request.tools.map(\.name.string) == ["b", "c"])
        #expect(request.reasoning.effort == .low)
    }

    @Test(
        "Thinking in all its forms",
        arguments: [
            (#"{"type":"enabled","budget_tokens":2000}"#, ReasoningConfiguration(mode: .enabled, budget: 2000)),
            (#"{"type":"adaptive"}"#, ReasoningConfiguration(mode: .adaptive)),
            (#"{"type":"disabled"}"#, ReasoningConfiguration(mode: .disabled)), ("null", ReasoningConfiguration()),
        ]
    )
    func thinking(member: String, expected: ReasoningConfiguration) throws {
        let request = try decode(#""messages":[{"role":"user","content":"a"}],"thinking":\#(member)"#).request
        #expect(request.reasoning == expected)
    }

    @Test("Structured outputs, in the present form and the beta's")
    func formats() throws {
        for member in [#""output_config":{"format":"#, #""output_format":"#] {
            let close = member.hasPrefix(#""output_config"#) ? "}" : ""
            let request = try decode(
                #""messages":[{"role":"user","content":"a"}],\#(member){"type":"json_schema","schema":{"type":"object"}}\#(close)"#
            ).request
            guard case .jsonSchema(let schema) = request.responseFormat else {
                Issue.record("no schema")
                continue
            }
            #expect(String(buffer: schema.schema.bytes) == #"{"type":"object"}"#)
        }
    }

    @Test("Choices of tools")
    func toolChoice() throws {
        for (member, expected, parallel): (String, ModelRequest.ToolChoice, Bool?) in [
            (#"{"type":"auto"}"#, .auto, nil), (#"{"type":"any","disable_parallel_tool_use":true}"#, .required, false),
            (#"{"type":"tool","name":"f","disable_parallel_tool_use":false}"#, .tool("f"), true),
            (#"{"type":"none"}"#, .none, nil),
        ] {
            let request = try decode(#""messages":[{"role":"user","content":"a"}],"tool_choice":\#(member)"#).request
            #expect(request.toolChoice == expected)
            #expect(request.allowsParallelToolCalls == parallel)
        }
    }

    @Test("What is wrong is named")
    func refusals() {
        let user = #""messages":[{"role":"user","content":"a"}]"#
        for (members, message) in [
            (#""system":"a""#, "messages is missing."),
            (#""messages":{}"#, "messages must be an array."),
            (#""messages":[]"#, "messages must contain at least one message."),
            (#""messages":[7]"#, "messages[0] must be an object."),
            (
                #""messages":[{"role":"tool","content":"a"}]"#,
                "messages[0].role must be 'user', 'assistant' or 'system' for this model."
            ),
            (#""messages":[{"role":"user"}]"#, "messages[0].content is missing."),
            (#""messages":[{"role":"user","content":[{"text":"a"}]}]"#, "messages[0].content[0].type is missing."),
            (
                #""messages":[{"role":"user","content":[{"type":"text"}]}]"#,
                "messages[0].content[0].text must be a string."
            ),
            (
                #""messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64"}}]}]"#,
                "messages[0].content[0].source.media_type must be a string."
            ),
            (
                #""messages":[{"role":"user","content":[{"type":"tool_use","id":"a","name":"b","input":{}}]}]"#,
                "messages[0].content[0] is a block of type 'tool_use', which has no place in a message of this role."
            ),
            (
                #""messages":[{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"b","input":"x"}]}]"#,
                "messages[0].content[0].input must be an object."
            ),
            (#"\#(user),"thinking":{"type":"enabled"}"#, "thinking.budget_tokens is missing."),
            (
                #"\#(user),"thinking":{"type":"much"}"#,
                "thinking.type must be 'enabled', 'adaptive' or 'disabled' for this model."
            ),
            (
                #"\#(user),"output_config":{"effort":"none"}"#,
                "output_config.effort must be 'low', 'medium', 'high', 'xhigh' or 'max'."
            ),
            (#"\#(user),"tools":[{"name":"a"}]"#, "tools[0].input_schema must be a JSON Schema object."),
            (#"\#(user),"system":[{"type":"image"}]"#, "system[0] must be a text block."),
        ] {
            expectRefusal(members, message)
        }
        let error = #expect(throws: GatewayError.self) {
            var dropped = DroppedMembers()
            return try AnthropicMessages().decodeRequest(
                Calls.envelope("/anthropic/v1/messages", ByteBuffer(string: #"{"model":"m",\#(user)}"#)),
                dropped: &dropped
            )
        }
        #expect(error?.message == "max_tokens is missing.")
        #expect(error?.parameter == "max_tokens")
    }
}
