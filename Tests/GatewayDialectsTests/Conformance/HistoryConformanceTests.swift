// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

/// What conversations of every client's API hold, for every target that would refuse some of it.
@Suite("Histories of every client")
struct HistoryConformanceTests {
    private static func text(_ role: Message.Role, _ text: String) -> Message {
        Message(role: role, parts: [.text(JSONString(text))])
    }

    private static func call(_ id: String, _ name: String, _ arguments: String = "{}") -> [Message] {
        let call = Message.ToolCall(id: JSONString(id), name: JSONString(name), arguments: .text(JSONString(arguments)))
        let result = Message.ToolResult(callID: JSONString(id), name: JSONString(name), parts: [.text("done")])
        return [
            Message(role: .assistant, parts: [.toolCall(call)]), Message(role: .user, parts: [.toolResult(result)]),
        ]
    }

    private static func request(_ messages: [Message], tools: [String] = ["f"]) -> ModelRequest {
        var request = ModelRequest(model: "m")
        request.messages = messages
        request.maximumOutput = 4096
        request.tools = tools.map { name in
            ModelRequest.Tool(
                name: JSONString(name),
                parameters: JSONValue { $0.object { $0.member("type", "object") } }
            )
        }
        return request
    }

    private static func sent(_ translation: Translation) -> String { String(buffer: translation.joinedBody) }

    // MARK: Tools

    /// What a target takes as the name of a tool.
    private func takes(_ name: some StringProtocol, _ format: WireFormat) -> Bool {
        let allowed =
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
            + (format == .geminiGenerateContent ? ".:" : "")
        return name.utf8.count <= (format == .anthropicMessages ? 128 : 64) && name.allSatisfy { allowed.contains($0) }
    }

    @Test(
        "tools-16: A tool's name reaches every target as it takes it, and comes back as the client wrote it",
        arguments: Conformance.writers,
        ["mcp__plugin_context_server_with_a_long_name__query_the_documentation_x", "docs.search/all files"]
    )
    func toolNames(_ client: StepClient, _ name: String) throws {
        var request = Self.request([Self.text(.user, "Hi")] + Self.call("c1", name), tools: [name])
        request.toolChoice = .tool(JSONString(name))
        for format in Conformance.targets {
            for isStreaming in [false, true] {
                let label = "\(client.name) \(format) \(isStreaming)"
                guard
                    let translation = try Conformance.translate(
                        request,
                        of: client,
                        to: format,
                        isStreaming: isStreaming
                    )
                else { continue }
                let names = Set(Self.sent(translation).matches(of: /"name":"([^"]*)"/).map { String($0.output.1) })
                #expect(names.count == 1, "the call, the tool and the choice have one name: \(label) \(names)")
                let spelled = try #require(names.first)
                #expect(takes(spelled, format), "\(label) \(spelled)")
                var answer = SteppedAnswer.full
                answer.calls = [(spelled, "{}")]
                let upstream = try #require(StepUpstream.all.first { $0.format == format })
                let bytes = isStreaming ? upstream.stream(answer, pieces: 9) : upstream.body(answer)
                let outcome = translation.response.run(bytes, .every(100))
                #expect(outcome.error == nil, "\(label)")
                let calls = try client.response(outcome.output, isStreaming: isStreaming).candidates[0].parts
                    .compactMap(\.toolCall)
                #expect(calls.map(\.name.string) == [name], "\(label)")
            }
        }
    }

    @Test(
        "tools-21 tools-22: Ids of calls are told apart and spelled as every target takes them, in calls and results alike",
        arguments: Conformance.writers
    )
    func callIDs(_ client: StepClient) throws {
        let ids = ["call_0", "call_0", "functions.f:0", String(repeating: "x", count: 70) + "1"]
        let request = Self.request([Self.text(.user, "Hi")] + ids.flatMap { Self.call($0, "f") })
        let allowed: [WireFormat: String] = [
            .openAIChat: ".{1,40}", .openAIResponses: ".{1,64}", .anthropicMessages: "[a-zA-Z0-9_-]{1,128}",
            .bedrockConverse: "[a-zA-Z0-9_.:-]{1,64}",
        ]
        for format in Conformance.targets {
            guard let pattern = allowed[format],
                let translation = try Conformance.translate(request, of: client, to: format)
            else {
                // Gemini finds results by their names and order.
                continue
            }
            let text = Self.sent(translation)
            let found = text.matches(of: /"(?:id|tool_call_id|call_id|tool_use_id|toolUseId)":"([^"]*)"/)
                .map { String($0.output.1) }.filter { !$0.hasPrefix("fc_") }
            let regex = try Regex(pattern)
            #expect(found.allSatisfy { $0.wholeMatch(of: regex) != nil }, "\(client.name) \(format) \(found)")
            #expect(Set(found).count == 4, "\(client.name) \(format) \(found)")
            for id in Set(found) {
                #expect(found.count { $0 == id } >= 2, "\(client.name) \(format): no result of \(id)")
            }
        }
    }

    @Test(
        "tools-17: Arguments that a model broke make no history unusable, whoever replays it",
        arguments: Conformance.writers,
        [#"{"cmd": "git""#, "nonsense", "[1]", ""]
    )
    func brokenArguments(_ client: StepClient, _ arguments: String) throws {
        let request = Self.request([Self.text(.user, "Hi")] + Self.call("c1", "f", arguments))
        for format in Conformance.targets {
            guard let translation = try Conformance.translate(request, of: client, to: format) else { continue }
            if arguments == "nonsense" {
                #expect(Self.sent(translation).contains("nonsense"), "\(client.name) \(format)")
            }
        }
    }

    // MARK: Turns

    @Test(
        "tools-18: A history that opens with the assistant's words reaches every model, from every client",
        arguments: Conformance.writers
    )
    func opensWithAssistant(_ client: StepClient) throws {
        let request = Self.request([Self.text(.assistant, "Welcome!"), Self.text(.user, "Hi")], tools: [])
        for format in Conformance.targets {
            guard let translation = try Conformance.translate(request, of: client, to: format) else { continue }
            let text = Self.sent(translation)
            #expect(text.contains("Welcome!"), "\(client.name) \(format)")
            guard format == .anthropicMessages || format == .bedrockConverse else { continue }
            let body = try JSONValue(validating: translation.joinedBody)
            #expect(body["messages"]?.array?.first?["role"]?.string == "user", "\(client.name) \(format)")
        }
    }

    // MARK: Settings

    @Test(
        "limits-13: A long name of an end user is no longer than the target takes, whoever sends it",
        arguments: Conformance.writers
    )
    func users(_ client: StepClient) throws {
        var request = Self.request([Self.text(.user, "Hi")], tools: [])
        request.user = JSONString(String(repeating: "user_0123456789abcdef", count: 16))
        for format in Conformance.targets {
            guard let translation = try Conformance.translate(request, of: client, to: format) else { continue }
            let users = Self.sent(translation).matches(of: /"(?:user|user_id|safety_identifier)":"([^"]*)"/)
                .map { $0.output.1 }
            let longest = format == .anthropicMessages ? 256 : 64
            #expect(users.allSatisfy { $0.utf8.count <= longest }, "\(client.name) \(format) \(users)")
        }
    }

    @Test("limits-12: No more is asked of a model than it can say, whoever asks", arguments: Conformance.writers)
    func maximumOutput(_ client: StepClient) throws {
        var request = Self.request([Self.text(.user, "Hi")], tools: [])
        request.maximumOutput = 32_000
        for format in Conformance.targets {
            for (most, expected) in [(8_192, "8192"), (64_000, "32000")] {
                guard
                    let translation = try Conformance.translate(
                        request,
                        of: client,
                        to: format,
                        limits: ModelLimits(maximumOutput: most)
                    )
                else { continue }
                #expect(Self.sent(translation).contains(expected), "\(client.name) \(format)")
                #expect(translation.dropped.contains("max_tokens above 8192") == (most == 8_192))
            }
        }
    }
}
