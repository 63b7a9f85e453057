// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

@Suite("Reasoning of servers that imitate OpenAI's API, for Databricks' clients")
struct MLflowReasoningTests {
    /// How a message or a delta tells that the model thought `Hm`, with the text `Hi` or without.
    private static let spellings = [
        #""reasoning_content":"Hm","content":TEXT"#, #""content":TEXT,"reasoning":"Hm""#,
        #""content":TEXT,"reasoning":"Hm","reasoning_details":[{"type":"reasoning.text","text":"Hm"}]"#,
        #""content":TEXT,"reasoning_content":"Hm","reasoning":"Hm""#,
    ]
    private static let thinkingParts =
        #""content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm"}]},{"type":"text","text":"Hi"}]"#

    private func translate(
        _ members: String,
        messages: String = #"{"role":"user","content":"Hello"}"#,
        model: String = "qwen3-8b",
        path: String = Calls.mlflowPath,
        _ change: (inout UpstreamTraits) -> Void = { $0.takesDeveloperRole = false }
    ) throws -> Translation {
        var traits = UpstreamTraits()
        change(&traits)
        return try Dialects().translate(
            Calls.envelope(path, ByteBuffer(string: #"{"model":"m"\#(members),"messages":[\#(messages)]}"#)),
            to: TranslationTarget(format: .openAIChat, model: model, defaultMaximumOutput: 8_192, traits: traits),
            answer: Calls.identity
        )
    }

    private static func isReasoning(_ block: JSONValue?, _ text: String) -> Bool {
        block?["type"]?.string == "reasoning" && block?["summary"]?[0]?["type"]?.string == "summary_text"
            && block?["summary"]?[0]?["text"]?.string == text
    }

    @Test(
        "reasoning-12: A non-streaming answer has it as a block before the text",
        arguments: spellings.map { $0.replacing("TEXT", with: #""Hi""#) } + [thinkingParts]
    )
    func nonStreaming(_ message: String) throws {
        let answer =
            #"{"id":"x","object":"chat.completion","created":1,"model":"u","choices":[{"index":0,"message":{"role":"assistant",\#(message)},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}"#
        let outcome = try translate("").response.run(ByteBuffer(string: answer))
        let told = try JSONValue(validating: ByteBuffer(string: outcome.output))["choices"]?[0]?["message"]
        let blocks = try #require(told?["content"]?.array.map(Array.init))
        #expect(blocks.count == 2 && Self.isReasoning(blocks[0], "Hm"))
        #expect(blocks.last?["type"]?.string == "text" && blocks.last?["text"]?.string == "Hi")
        #expect(told?["reasoning_content"] == nil && told?["reasoning"] == nil)
    }

    @Test("reasoning-12: A stream has it as blocks before the text, wherever it is cut", arguments: spellings)
    func streaming(_ delta: String) throws {
        let thought = delta.replacing("TEXT", with: "null")
        let stream = ByteBuffer(
            string: [
                #"{"id":"x","choices":[{"index":0,"delta":{"role":"assistant",\#(thought)}}]}"#,
                #"{"id":"x","choices":[{"index":0,"delta":{"content":"Hi"}}]}"#,
                #"{"id":"x","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#, "[DONE]",
            ].map { "data: \($0)\n\n" }.joined()
        )
        let translation = try translate(#","stream":true"#)
        let expected = translation.response.run(stream)
        #expect(expected.error == nil)
        var told = ""
        var text = ""
        for data in eventData(expected.output) {
            let content = try JSONValue(validating: ByteBuffer(string: data))["choices"]?[0]?["delta"]?["content"]
            for block in content?.array.map(Array.init) ?? [] {
                #expect(block["type"]?.string == "reasoning" && text.isEmpty)
                told += block["summary"]?[0]?["text"]?.string ?? ""
            }
            text += content?.string ?? ""
        }
        #expect(told == "Hm" && text == "Hi")
        #expect(!expected.output.contains("reasoning_content"))
        for cut in Cut.all(of: stream) { #expect(translation.response.run(stream, cut) == expected, "\(cut)") }
    }

    @Test("usage-11: Figures that come behind the last chunk of a translated stream reach the client")
    func lateUsage() throws {
        let stream =
            [
                #"{"id":"x","choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"}}]}"#,
                #"{"id":"x","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
                #"{"id":"x","choices":[],"usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18}}"#,
                "[DONE]",
            ].map { "data: \($0)\n\n" }.joined()
        let output = try translate(#","stream":true"#).response.run(ByteBuffer(string: stream)).output
        let last = try #require(eventData(output).last)
        #expect(last.contains(#""usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18}"#), "\(last)")
    }

    private static let history =
        #"{"role":"user","content":"Hello"},{"role":"assistant","content":[{"type":"reasoning","summary":[{"type":"summary_text","text":"Hm"}]},{"type":"text","text":"Hi"}]},{"role":"user","content":"Bye"}"#

    private func replayed(_ change: (inout UpstreamTraits) -> Void) throws -> JSONValue? {
        let body = try translate("", messages: Self.history, change).body.map { String(buffer: $0) }.joined()
        return try JSONValue(validating: ByteBuffer(string: body))["messages"]?[1]
    }

    @Test("reasoning-12: The blocks go back as the server takes them")
    func replay() throws {
        for (member, name) in [
            (UpstreamTraits.ReasoningMember.reasoningContent, "reasoning_content"), (.reasoning, "reasoning"),
        ] {
            let turn = try replayed {
                $0.takesDeveloperRole = false
                $0.replaysReasoning = member
            }
            #expect(turn?["content"]?.string == "Hi" && turn?[name]?.string == "Hm")
        }
        for takesDeveloperRole in [true, false] {
            // OpenAI's own API refuses such blocks, as do servers without a field for them.
            let turn = try replayed {
                $0.takesDeveloperRole = takesDeveloperRole
                $0.replaysReasoning = UpstreamTraits.ReasoningMember.none
            }
            #expect(turn?["content"]?.string == "Hi" && turn?["reasoning"] == nil && turn?["reasoning_content"] == nil)
        }
        let databricks = try replayed {
            $0.takesDeveloperRole = false
            $0.replaysReasoning = .blocks
        }
        #expect(Self.isReasoning(databricks?["content"]?[0], "Hm"))
    }

    @Test("Calls in which nothing of it can occur are relayed")
    func relayed() throws {
        let answer = #"{"choices":[{"index":0,"message":{"content":"x","vendor_field":1}}]}"#
        func keepsFields(_ translation: Translation) -> Bool {
            translation.response.run(ByteBuffer(string: answer)).output == answer
        }
        #expect(try keepsFields(translate("", path: Calls.chatPath)))
        #expect(try keepsFields(translate("") { $0.takesDeveloperRole = true }))
        #expect(try keepsFields(translate("", model: "sonar-pro")))
        #expect(
            try keepsFields(
                translate("") {
                    $0.takesDeveloperRole = false
                    $0.replaysReasoning = .blocks
                }
            )
        )
        #expect(try !keepsFields(translate("")))
    }
}
