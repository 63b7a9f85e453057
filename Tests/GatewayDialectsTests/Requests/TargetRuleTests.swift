// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

/// Rules of a target that another vendor's clients know nothing of.
@Suite("Rules of the target")
struct TargetRuleTests {
    static let formats = Conformance.targets
    private static let chat = "/openai/v1/chat/completions"
    private static let messages = "/anthropic/v1/messages"
    private static let responses = "/openai/v1/responses"

    private func sent(
        _ path: String,
        _ body: String,
        to format: WireFormat,
        model: String = "upstream-model"
    ) throws -> (body: String, value: JSONValue, dropped: [String]) {
        let translation = try Calls.translate(path, body, to: format, model: model)
        let body = translation.body.map { String(buffer: $0) }.joined()
        return (body, try JSONValue(validating: ByteBuffer(string: body)), translation.dropped)
    }

    // MARK: Names of tools

    /// A name of 68 characters, as MCP servers in coding agents have.
    private static let longName = "mcp__plugin_context_server_with_a_long_name__query_the_documentation_x"

    @Test(
        "tools-16: A tool's name reaches each target in a spelling that it takes, also in the history and the choice",
        arguments: formats,
        [longName, "docs.search/all files", "größe"]
    )
    func toolNames(_ format: WireFormat, _ name: String) throws {
        let (path, body) =
            format == .anthropicMessages
            ? (
                Self.chat,
                """
                {"model":"m","tools":[{"type":"function","function":{"name":"\(name)","parameters":{"type":"object","properties":{}}}}],
                "tool_choice":{"type":"function","function":{"name":"\(name)"}},
                "messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"\(name)","arguments":"{}"}}]},
                {"role":"tool","tool_call_id":"c1","content":"x"}]}
                """
            )
            : (
                Self.messages,
                """
                {"model":"m","max_tokens":4096,"tools":[{"name":"\(name)","input_schema":{"type":"object","properties":{}}}],
                "tool_choice":{"type":"tool","name":"\(name)"},
                "messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":[{"type":"tool_use","id":"toolu_1","name":"\(name)","input":{}}]},
                {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"x"}]}]}
                """
            )
        let (text, _, _) = try sent(path, body, to: format)
        let longest = format == .anthropicMessages ? 128 : 64
        let allowed =
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
            + (format == .geminiGenerateContent ? ".:" : "")
        let fits = name.utf8.count <= longest && name.allSatisfy { allowed.contains($0) }
        #expect(text.contains(name) == fits, "\(text)")
        let names = text.matches(of: /"name":"([^"]*)"/).map { String($0.output.1) }
        #expect(!names.isEmpty)
        #expect(Set(names).count == 1, "the call, the tool and the choice have one name: \(names)")
        for name in names {
            #expect(name.utf8.count <= longest && name.allSatisfy { allowed.contains($0) }, "\(name)")
        }
    }

    @Test("tools-16: Tools whose names differ only where they are cut stay two")
    func twoLongNames() throws {
        let tools = ["a", "b"].map {
            #"{"name":"\#(Self.longName)\#($0)","input_schema":{"type":"object","properties":{}}}"#
        }
        let body =
            #"{"model":"m","max_tokens":9,"tools":[\#(tools.joined(separator: ","))],"messages":[{"role":"user","content":"Hi"}]}"#
        let (text, _, _) = try sent(Self.messages, body, to: .openAIChat)
        #expect(Set(text.matches(of: /"name":"([^"]*)"/).map(\.output.1)).count == 2)
    }

    @Test("tools-16: Clients get the name back that they gave", arguments: [true, false])
    func namesComeBack(_ isStreaming: Bool) throws {
        let body =
            #"{"model":"m","max_tokens":9,"stream":\#(isStreaming),"tools":[{"name":"\#(Self.longName)","input_schema":{"type":"object"}}],"messages":[{"role":"user","content":"Hi"}]}"#
        let translation = try Calls.translate(Self.messages, body, to: .openAIChat)
        let sent = translation.body.map { String(buffer: $0) }.joined()
        let name = try #require(sent.firstMatch(of: /"name":"([^"]*)"/)?.output.1)
        #expect(name != Self.longName)
        let call = #"{"id":"call_x1","type":"function","index":0,"function":{"name":"\#(name)","arguments":"{}"}}"#
        let answer =
            isStreaming
            ? """
            data: {"id":"chatcmpl-a1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"tool_calls":[\(call)]}}]}

            data: {"id":"chatcmpl-a1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}

            data: [DONE]


            """
            : #"{"id":"chatcmpl-a1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","tool_calls":[\#(call)]},"finish_reason":"tool_calls"}]}"#
        let outcome = translation.response.run(ByteBuffer(string: answer))
        #expect(outcome.output.contains(#""name":"\#(Self.longName)""#), "\(outcome.output)")
    }

    // MARK: Who asks

    @Test(
        "limits-13: A long name of an end user is shortened for the target, and stays another than those like it",
        arguments: formats
    )
    func users(_ format: WireFormat) throws {
        let start = String(repeating: "user_0123456789abcdef", count: 16)
        func body(_ end: String) -> (String, String) {
            format == .anthropicMessages
                ? (Self.chat, #"{"model":"m","user":"\#(start)\#(end)","messages":[{"role":"user","content":"Hi"}]}"#)
                : (
                    Self.messages,
                    #"{"model":"m","max_tokens":9,"metadata":{"user_id":"\#(start)\#(end)"},"messages":[{"role":"user","content":"Hi"}]}"#
                )
        }
        let names = try ["a", "b", "a"].map { end in
            let (path, body) = body(end)
            let value = try sent(path, body, to: format).value
            return value["user"]?.string ?? value["metadata"]?["user_id"]?.string
        }
        guard format == .openAIChat || format == .openAIResponses || format == .anthropicMessages else {
            #expect(names == [nil, nil, nil])
            return
        }
        #expect(names[0] == names[2] && names[0] != names[1])
        #expect((names[0]?.utf8.count ?? 0) <= (format == .anthropicMessages ? 256 : 64))
    }

    // MARK: Settings and schemas

    @Test(
        "client-12: Sampling parameters that the model refuses are left out, and that is told",
        arguments: [WireFormat.openAIChat, .openAIResponses],
        [
            ("gpt-5", "", false), ("gpt-5-mini", "", false), ("o3", "", false), ("gpt-5.2", "", true),
            ("gpt-5.2", "low", false), ("gpt-5.2", "none", true),
            ("gpt-5.1", "", true), ("gpt-5.4-mini", "", true), ("gpt-5.2-pro", "", false), ("gpt-5.1-codex", "", false),
            ("gpt-5.2-chat-latest", "", false), ("gpt-5-chat-latest", "", true), ("gpt-5.5", "", false),
            ("gpt-5.6", "none", true), ("gpt-4.1", "", true), ("llama-4", "", true),
        ]
    )
    func sampling(_ format: WireFormat, _ model: (name: String, effort: String, takes: Bool)) throws {
        let shared = #""model":"m","temperature":0,"top_p":0.5,"presence_penalty":1,"top_logprobs":2"#
        var result: (body: String, value: JSONValue, dropped: [String])
        if format == .openAIResponses {
            let effort = model.effort.isEmpty ? "" : #","reasoning_effort":"\#(model.effort)""#
            let body = #"{\#(shared),"logprobs":true\#(effort),"messages":[{"role":"user","content":"Hi"}]}"#
            result = try sent(Self.chat, body, to: format, model: model.name)
        } else {
            let effort = model.effort.isEmpty ? "" : #","reasoning":{"effort":"\#(model.effort)"}"#
            let body = #"{\#(shared),"include":["message.output_text.logprobs"]\#(effort),"input":"Hi"}"#
            result = try sent(Self.responses, body, to: format, model: model.name)
        }
        var names = ["temperature", "top_p", "top_logprobs"]
        if format == .openAIChat { names += ["presence_penalty", "logprobs"] }
        for name in names { #expect((result.value[name] != nil) == model.takes, "\(name): \(result.body)") }
        for name in ["temperature", "top_p", "logprobs"] { #expect(result.dropped.contains(name) == !model.takes) }
        #expect(result.body.contains("message.output_text.logprobs") == (model.takes && format == .openAIResponses))
    }

    @Test(
        "client-12: Models that refuse `stop` are stopped by the gateway",
        arguments: [
            ("gpt-5", false), ("gpt-5.2", false), ("o4-mini", false), ("gpt-5.6", false), ("gpt-4.1", true),
            ("x", true),
        ]
    )
    func stop(_ model: String, _ takes: Bool) throws {
        let body =
            #"{"model":"m","max_tokens":9,"stop_sequences":["END"],"messages":[{"role":"user","content":"Hi"}]}"#
        let result = try sent(Self.messages, body, to: .openAIChat, model: model)
        #expect((result.value["stop"] != nil) == takes)
        #expect(!result.dropped.contains { $0.contains("stop") })
    }

    @Test(
        "tools-20: A tool's schema reaches OpenAI with its properties",
        arguments: [WireFormat.openAIChat, .openAIResponses]
    )
    func properties(_ format: WireFormat) throws {
        for schema in [#"{"type":"object"}"#, "{}"] {
            let body =
                #"{"model":"m","max_tokens":9,"tools":[{"name":"f","input_schema":\#(schema)}],"messages":[{"role":"user","content":"Hi"}]}"#
            let tool = try #require(try sent(Self.messages, body, to: format).value["tools"]?.array?.first)
            let parameters = tool["parameters"] ?? tool["function"]?["parameters"]
            #expect(parameters?["properties"] != nil && parameters?["type"]?.string == "object")
        }
    }

    @Test(
        "tools-19: The schema of an answer reaches Claude closed, and without what Claude refuses",
        arguments: [WireFormat.anthropicMessages, .bedrockConverse]
    )
    func outputSchema(_ format: WireFormat) throws {
        let schema =
            #"{"type":"object","properties":{"n":{"type":"integer","minimum":1,"description":"A number"},"list":{"type":"array","minItems":2,"items":{"type":"object","properties":{"a":{"type":"string","format":"uuid"}}}},"either":{"oneOf":[{"type":"string","maxLength":3},{"type":"null"}]}},"required":["n"]}"#
        let body =
            #"{"model":"m","messages":[{"role":"user","content":"Hi"}],"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":\#(schema)}}}"#
        let model = format == .bedrockConverse ? "anthropic.claude-sonnet-4-5-20250929-v1:0" : "claude-sonnet-4-5"
        let result = try sent(Self.chat, body, to: format, model: model)
        let text = result.body.replacing("\\", with: "")
        #expect(text.matches(of: /"additionalProperties":false/).count == 2, "\(text)")
        #expect(!text.contains(#""minimum":"#) && !text.contains(#""minItems":"#) && !text.contains(#""maxLength":"#))
        #expect(text.contains("{minimum: 1}") && text.contains("{minItems: 2}") && text.contains(#""format":"uuid""#))
        #expect(result.dropped.contains("schema of the answer: minimum"))
    }

    @Test(
        "tools-23: A strict schema that OpenAI would refuse is followed as well as the model can",
        arguments: [WireFormat.openAIChat, .openAIResponses],
        [
            (
                #"{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}"#,
                true
            ),
            (#"{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}"#, false),
            (#"{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}"#, false),
            (
                #"{"type":"object","properties":{"a":{"type":"array","items":{"type":"object","properties":{"b":{"type":"null"}},"additionalProperties":false}}},"required":["a"],"additionalProperties":false}"#,
                false
            ),
            (
                ##"{"type":"object","properties":{"a":{"$ref":"#/$defs/x"}},"$defs":{"x":{"type":"object"}},"required":["a"],"additionalProperties":false}"##,
                false
            ),
        ]
    )
    func strict(_ format: WireFormat, _ schema: (text: String, isTaken: Bool)) throws {
        let body =
            #"{"model":"m","max_tokens":9,"tools":[{"name":"f","strict":true,"input_schema":\#(schema.text)}],"output_config":{"format":{"type":"json_schema","schema":\#(schema.text)}},"messages":[{"role":"user","content":"Hi"}]}"#
        let result = try sent(Self.messages, body, to: format)
        let tool = try #require(result.value["tools"]?.array?.first)
        let answer = result.value["response_format"]?["json_schema"] ?? result.value["text"]?["format"]
        for strict in [tool["strict"] ?? tool["function"]?["strict"], answer?["strict"]] {
            #expect(strict?.bool == schema.isTaken, "\(result.body)")
        }
        #expect(result.dropped.contains("tools[].strict") == !schema.isTaken)
        #expect(result.dropped.contains("strictness of the answer's schema") == !schema.isTaken)
    }

    // MARK: Histories

    @Test(
        "tools-17: Arguments that a model broke never make a history unusable",
        arguments: formats,
        [#"{\"cmd\": \"git\""#, "nonsense", "[1]", ""]
    )
    func brokenArguments(_ format: WireFormat, _ arguments: String) throws {
        let chat =
            #"{"model":"m","messages":[{"role":"user","content":"Hi"},{"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"\#(arguments)"}}]},{"role":"tool","tool_call_id":"c1","content":"x"}]}"#
        let responses =
            #"{"model":"m","input":[{"role":"user","content":"Hi"},{"type":"function_call","call_id":"c1","name":"f","arguments":"\#(arguments)"},{"type":"function_call_output","call_id":"c1","output":"x"}]}"#
        for (path, body) in [(Self.chat, chat), (Self.responses, responses)] {
            let text = try sent(path, body, to: format).body
            if arguments == "nonsense" { #expect(text.contains("nonsense")) }
        }
    }

    @Test(
        "tools-22: Ids of calls that another vendor made are spelled as the target takes them, in calls and results alike",
        arguments: [
            (WireFormat.openAIChat, false, ".{1,40}"), (.openAIChat, true, "[a-zA-Z0-9]{9}"),
            (.openAIResponses, false, ".{1,64}"), (.anthropicMessages, false, "[a-zA-Z0-9_-]{1,128}"),
            (.bedrockConverse, false, "[a-zA-Z0-9_.:-]{1,64}"),
        ]
    )
    func callIDs(_ format: WireFormat, _ isShort: Bool, _ allowed: String) throws {
        var traits = UpstreamTraits()
        if isShort {
            traits.takesDeveloperRole = false
            traits.demandsShortCallIDs = true
        }
        let long = String(repeating: "é", count: 70)
        let ids = ["functions.f:0", "toolu_01AbcdefghijklmnopqrstuvwX", "call/1", long + "1", long + "2", "abcdefghi"]
        let turns = ids.map {
            #"{"role":"assistant","tool_calls":[{"id":"\#($0)","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"\#($0)","content":"of \#($0)"}"#
        }
        let target = TranslationTarget(format: format, model: "m", defaultMaximumOutput: 99, traits: traits)
        let path = format == .openAIChat && !isShort ? Self.messages : Self.chat
        let body =
            path == Self.chat
            ? #"{"model":"m","messages":[{"role":"user","content":"Hi"},\#(turns.joined(separator: ","))]}"#
            : Self.messagesHistory(ids)
        let sent = try Dialects().translate(
            Calls.envelope(path, ByteBuffer(string: body)),
            to: target,
            answer: Calls.identity
        )
        let text = sent.body.map { String(buffer: $0) }.joined()
        let spelled = text.matches(of: /"(?:id|tool_call_id|call_id|tool_use_id|toolUseId)":"([^"]*)"/).map {
            $0.output.1
        }
        let names = spelled.filter { !$0.hasPrefix("fc_") }
        let pattern = try Regex(allowed)
        for name in names { #expect(name.wholeMatch(of: pattern) != nil, "\(name)") }
        #expect(Set(names).count == ids.count, "\(names)")
        for name in Set(names) { #expect(names.count { $0 == name } >= 2, "\(name)") }
        #expect(names.contains("abcdefghi"))
    }

    private static func messagesHistory(_ ids: [String]) -> String {
        let turns = ids.map {
            #"{"role":"assistant","content":[{"type":"tool_use","id":"\#($0)","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"\#($0)","content":"x"}]}"#
        }
        return
            #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Hi"},\#(turns.joined(separator: ","))]}"#
    }

    @Test(
        "tools-21: Calls that share an id in a history are told apart, and each result answers its own",
        arguments: [WireFormat.openAIResponses, .anthropicMessages, .bedrockConverse]
    )
    func sharedIDs(_ format: WireFormat) throws {
        func turn(_ number: Int) -> String {
            #"{"role":"assistant","tool_calls":[{"id":"call_0","type":"function","function":{"name":"f","arguments":"{\"n\":\#(number)}"}}]},{"role":"tool","tool_call_id":"call_0","content":"result \#(number)"}"#
        }
        let parallel =
            #"{"role":"assistant","tool_calls":[{"id":"x","type":"function","function":{"name":"f","arguments":"{\"n\":8}"}},{"id":"x","type":"function","function":{"name":"f","arguments":"{\"n\":9}"}}]},{"role":"tool","tool_call_id":"x","content":"result 8"},{"role":"tool","tool_call_id":"x","content":"result 9"}"#
        func body(_ turns: [String]) -> String {
            #"{"model":"m","messages":[{"role":"user","content":"Hi"},\#(turns.joined(separator: ","))]}"#
        }
        let text = try sent(Self.chat, body([turn(1), turn(2), parallel]), to: format).body
        let called = text.matches(of: /"(?:call_id|id|toolUseId)":"([^"]+)","name":"f"/).map { String($0.output.1) }
        #expect(Set(called).count == 4, "\(text)")
        for (number, id) in zip([1, 2, 8, 9], called) {
            let answer = try #require(text.firstRange(of: "result \(number)"))
            let before = text[..<answer.lowerBound]
            let named = before.matches(of: /"(?:call_id|tool_use_id|toolUseId)":"([^"]+)"/).last.map {
                String($0.output.1)
            }
            #expect(named == id, "\(text)")
        }
        // The beginning stays as it was when the history grows.
        let shorter = try sent(Self.chat, body([turn(1), turn(2)]), to: format).body
        let common = try #require(shorter.components(separatedBy: "result 2").first)
        #expect(text.hasPrefix(common))
    }

    @Test("client-13: A service tier that the target does not know is told of", arguments: formats)
    func tiers(_ format: WireFormat) throws {
        let body = #"{"model":"m","max_tokens":9,"service_tier":"warp","messages":[{"role":"user","content":"Hi"}]}"#
        guard format != .anthropicMessages else { return }
        let result = try sent(Self.messages, body, to: format)
        #expect(!result.body.contains("warp") && result.dropped.contains("service_tier"))
    }

    @Test("tools-18: A history that opens with the assistant's words reaches every model", arguments: formats)
    func opensWithAssistant(_ format: WireFormat) throws {
        let body =
            #"{"model":"m","messages":[{"role":"assistant","content":"Welcome!"},{"role":"user","content":"Hi"}]}"#
        let result = try sent(Self.chat, body, to: format)
        #expect(result.body.contains("Welcome!"))
        let isRepaired = format == .anthropicMessages || format == .bedrockConverse
        #expect(result.dropped.contains { $0.hasPrefix("an assistant message as the first") } == isRepaired)
        if isRepaired { #expect(result.value["messages"]?.array?.first?["role"]?.string == "user") }
    }

    // MARK: What refers to earlier state

    @Test(
        "reasoning-11: A thread is refused as Anthropic refuses it, so that the SDK sends the whole conversation",
        arguments: formats.filter { $0 != .anthropicMessages },
        [#"{"type":"create"}"#, #"{"type":"continue","previous_message_id":"msg_1"}"#]
    )
    func threads(_ format: WireFormat, _ thread: String) throws {
        let body = #"{"model":"m","max_tokens":9,"thread":\#(thread),"messages":[{"role":"user","content":"Hi"}]}"#
        let error = #expect(throws: GatewayError.self) { try sent(Self.messages, body, to: format) }
        let refused = try #require(error)
        #expect(refused.status == 400)
        let written = try JSONValue(validating: AnthropicMessages().encodeError(refused, requestID: "r"))
        #expect(written["error"]?["details"]?["error_code"]?.string == "thread_unsupported_request")
    }

    @Test(
        "reasoning-11: An item that holds earlier turns or asks for an action is never left out in silence",
        arguments: [
            #"{"type":"compaction","id":"cmp_1","encrypted_content":"x"}"#,
            #"{"type":"configuration_update","tools":[]}"#,
            #"{"type":"item_reference","id":"msg_1"}"#,
            #"{"type":"mcp_approval_response","approval_request_id":"a","approve":true}"#,
        ]
    )
    func items(_ item: String) throws {
        let body = #"{"model":"m","input":[\#(item),{"role":"user","content":"Hi"}]}"#
        for format in Self.formats where format != .openAIResponses {
            let error = #expect(throws: GatewayError.self) { try sent(Self.responses, body, to: format) }
            #expect(error?.status == 400 && error?.message.contains("input[0]") == true)
        }
    }
}
