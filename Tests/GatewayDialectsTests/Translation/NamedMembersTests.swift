// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

/// What of a request cannot be said is named, and what can be said is said.
@Suite("Nothing of a request is lost in silence")
struct NamedMembersTests {
    private func chat(_ members: String, to format: WireFormat, model: String = "m") throws -> Translation {
        try Calls.translate(Calls.chatPath, #"{"model":"m",\#(members)}"#, to: format, model: model)
    }

    @Test("Members of chat messages that nobody knows are named, empty ones are not")
    func unknownMembers() throws {
        let translation = try chat(
            #"""
            "messages":[{"role":"user","content":"a","mood":"good","other":null},{"role":"assistant","content":"b",
             "annotations":[],"thinking_blocks":[{"type":"thinking"}]},{"role":"user","content":"c","mood":1}]
            """#,
            to: .anthropicMessages
        )
        #expect(
            translation.dropped.filter { $0.hasPrefix("messages") } == [
                "messages[].mood", "messages[].thinking_blocks",
            ]
        )
        let known = try chat(
            #"""
            "messages":[{"role":"user","content":"a"},{"role":"assistant","content":null,"refusal":null,"audio":null,
             "function_call":null,"annotations":[],"tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{}"}}]},
             {"role":"tool","tool_call_id":"t","content":"r"}]
            """#,
            to: .anthropicMessages
        )
        #expect(!known.dropped.contains { $0.hasPrefix("messages") })
    }

    @Test(
        "reasoning-10: Thoughts that clients send back in OpenRouter's form are read; what another vendor attached is named"
    )
    func reasoningDetails() throws {
        func encode(_ members: String) throws -> (reasoning: String?, dropped: [String]) {
            let (body, dropped) = try ChatRoundTripTests.encode(
                #""messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b",\#(members)},{"role":"user","content":"c"}]"#,
                origin: .anthropicMessages
            ) { $0.replaysReasoning = .reasoningContent }
            let message = try #require(body["messages"]?.array.map(Array.init)?[1])
            return (message["reasoning_content"]?.string, dropped)
        }
        let text = #"{"type":"reasoning.text","text":"hm","format":"x","index":0}"#
        #expect(try encode(#""reasoning_details":[\#(text)]"#) == ("hm", []))
        #expect(try encode(#""reasoning_content":"hm","reasoning_details":[\#(text)]"#) == ("hm", []))
        let signed = #"{"type":"reasoning.text","text":"hm","signature":"EqQB"}"#
        let sealed = #"{"type":"reasoning.encrypted","data":"gAAAA"}"#
        for details in [signed, text + "," + sealed] {
            let (reasoning, dropped) = try encode(#""reasoning_details":[\#(details)]"#)
            #expect(reasoning == "hm")
            #expect(dropped == ["messages[].reasoning_details"])
        }
    }

    @Test("Clients of the older functions have room for one call, so one is asked for, whatever else they say")
    func functions() throws {
        let members =
            #""messages":[{"role":"user","content":"a"}],"functions":[{"name":"f","parameters":{"type":"object"}}],"parallel_tool_calls":true"#
        func body(_ format: WireFormat) throws -> JSONValue {
            try JSONValue(validating: chat(members, to: format, model: "claude-sonnet-4-5").joinedBody)
        }
        #expect(try body(.anthropicMessages)["tool_choice"]?["disable_parallel_tool_use"]?.bool == true)
        #expect(try body(.openAIResponses)["parallel_tool_calls"]?.bool == false)
        // These cannot be asked for one, and the header says so.
        for format in [WireFormat.geminiGenerateContent, .bedrockConverse] {
            #expect(try chat(members, to: format).dropped.contains("parallel_tool_calls"))
        }
    }

    @Test("tools-08: Tools whose flat names are taken get others, each its own, and calls find their way back")
    func flatNames() throws {
        func translate(_ others: [String]) throws -> (names: [String], translation: Translation) {
            let tools = others.map { #"{"type":"function","name":"\#($0)","parameters":{"type":"object"}}"# }
            let inner = #"{"type":"function","name":"do it","parameters":{"type":"object"}}"#
            let space = #"{"type":"namespace","name":"n","description":"d","tools":[\#(inner)]}"#
            let translation = try Calls.translate(
                "/openai/v1/responses",
                #"{"model":"m","input":"x","tools":[\#((tools + [space]).joined(separator: ","))]}"#,
                to: .openAIChat
            )
            let body = try JSONValue(validating: translation.joinedBody)
            let names = body["tools"]?.array.map(Array.init)?.compactMap { $0["function"]?["name"]?.string }
            return (try #require(names), translation)
        }
        let alone = try #require(try translate([]).names.first)
        let (names, translation) = try translate([alone])
        #expect(names.count == 2 && Set(names).count == 2, "\(names)")
        #expect(names[0] == alone)
        for (name, namespace) in [(names[0], String?.none), (names[1], "n")] {
            let call = #"{"id":"t","type":"function","function":{"name":"\#(name)","arguments":"{}"}}"#
            let answer =
                #"{"choices":[{"message":{"content":null,"tool_calls":[\#(call)]},"finish_reason":"tool_calls"}]}"#
            let output = translation.response.run(ByteBuffer(string: answer)).output
            let item = try #require(JSONValue(validating: ByteBuffer(string: output))["output"]?.array?.first)
            #expect(item["name"]?.string == (namespace == nil ? alone : "do it"))
            #expect(item["namespace"]?.string == namespace)
        }
    }

    @Test("client-01: Beta flags of a body that do not pass are named one by one")
    func betaFlags() throws {
        let target = TranslationTarget(
            format: .anthropicMessages,
            model: "m",
            limits: ModelLimits(),
            defaultMaximumOutput: 1,
            anthropicBeta: NameFilter(allow: ["a-*"])
        )
        let body = #"{"model":"m","anthropic_beta":["a-1","b-2","c-3"]}"#
        let envelope = try Calls.envelope("/anthropic/v1/messages", ByteBuffer(string: body))
        let translation = try Dialects().translate(envelope, to: target, answer: Calls.identity)
        #expect(translation.dropped == ["anthropic_beta b-2", "anthropic_beta c-3"])
    }
}
