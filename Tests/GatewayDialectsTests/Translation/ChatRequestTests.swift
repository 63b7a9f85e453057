// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

@Suite("Chat requests for other vendors")
struct ChatRequestTests {
    /// A translated request as a value.
    private func body(
        _ members: String,
        to format: WireFormat = .anthropicMessages
    ) throws -> JSONValue {
        try JSONValue(validating: translation(members, to: format).joinedBody)
    }

    private func translation(
        _ members: String,
        to format: WireFormat = .anthropicMessages
    ) throws(GatewayError) -> Translation {
        let messages = members.contains(#""messages""#) ? "" : #""messages":[{"role":"user","content":"Hi"}],"#
        return try Calls.translate(Calls.chatPath, #"{"model":"m",\#(messages)\#(members)}"#, to: format)
    }

    private func expect(_ value: JSONValue?, _ expected: String, location: SourceLocation = #_sourceLocation) throws {
        let value = try #require(value, sourceLocation: location)
        try expectEqual(value.bytes, expected, sourceLocation: location)
    }

    private static let tool =
        #""tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}},{"type":"function","function":{"name":"g"}}]"#

    /// Messages in which an assistant calls these tools, then these messages.
    private func toolTurn(_ ids: [String], _ rest: [String]) -> String {
        let calls = ids.map { #"{"id":"\#($0)","type":"function","function":{"name":"f","arguments":"{}"}}"# }
        let messages =
            [
                #"{"role":"user","content":"Go"}"#,
                #"{"role":"assistant","content":null,"tool_calls":[\#(calls.joined(separator: ","))]}"#,
            ] + rest
        return #""messages":[\#(messages.joined(separator: ","))]"#
    }

    private func result(_ id: String) -> String { #"{"role":"tool","tool_call_id":"\#(id)","content":"r-\#(id)"}"# }

    @Test(
        "tools-01 tools-02: Two to eight parallel results become one user turn, none lost, in the order of the calls",
        arguments: 2...8
    )
    func parallelResults(count: Int) throws {
        let ids = (0..<count).map { "call_\($0)" }
        let members = toolTurn(ids, ids.reversed().map(result))
        let turns = Array(try #require(body(members)["messages"]?.array))
        #expect(turns.map { $0["role"]?.string } == ["user", "assistant", "user"])
        let results = Array(try #require(turns[2]["content"]?.array))
        #expect(results.map { $0["type"]?.string } == Array(repeating: "tool_result", count: count))
        #expect(results.map { $0["tool_use_id"]?.string } == ids)
        #expect(results.map { $0["content"]?.string } == ids.map { "r-\($0)" })
        let parts = Array(
            try #require(body(members, to: .geminiGenerateContent)["contents"]?.array).reversed()[0]["parts"]?.array
                ?? #require(nil)
        )
        #expect(parts.map { $0["functionResponse"]?["id"]?.string } == ids)
        #expect(parts.map { $0["functionResponse"]?["name"]?.string } == Array(repeating: "f", count: count))
    }

    @Test("tools-03: Results come before text in their turn, wherever a client put the text")
    func resultsBeforeText() throws {
        let members = toolTurn(
            ["a", "b"],
            [#"{"role":"user","content":"wait"}"#, result("b"), #"{"role":"user","content":"and?"}"#, result("a")]
        )
        let turns = Array(try #require(body(members)["messages"]?.array))
        try expect(
            turns.last?["content"],
            #"""
            [{"type":"tool_result","tool_use_id":"a","content":"r-a"},{"type":"tool_result","tool_use_id":"b","content":"r-b"},
             {"type":"text","text":"wait"},{"type":"text","text":"and?"}]
            """#
        )
    }

    @Test(
        "tools-03: Any order of texts, calls and results gives turns that alternate, with results first and nothing lost"
    )
    func randomConversations() throws {
        var generator = SplitMix(seed: 3)
        for round in 0..<200 {
            var messages: [String] = [#"{"role":"user","content":"t0"}"#]
            var expectedTexts: Set<String> = ["t0"]
            var expectedCalls: [String] = []
            var open: [String] = []
            for step in 1...Int.random(in: 1...12, using: &generator) {
                switch Int.random(in: 0..<4, using: &generator) {
                case 0:
                    messages.append(#"{"role":"user","content":"t\#(step)"}"#)
                    expectedTexts.insert("t\(step)")
                case 1:
                    messages.append(#"{"role":"system","content":"t\#(step)"}"#)
                    expectedTexts.insert("t\(step)")
                case 2:
                    messages.append(#"{"role":"assistant","content":[{"type":"text","text":"t\#(step)"}]}"#)
                    expectedTexts.insert("t\(step)")
                default:
                    open = (0..<Int.random(in: 1...4, using: &generator)).map { "c\(round)_\(step)_\($0)" }
                    expectedCalls += open
                    let calls = open.map {
                        #"{"id":"\#($0)","type":"function","function":{"name":"f","arguments":"{}"}}"#
                    }
                    messages.append(#"{"role":"assistant","tool_calls":[\#(calls.joined(separator: ","))]}"#)
                    messages += open.shuffled(using: &generator).map(result)
                }
            }
            let members = #""messages":[\#(messages.joined(separator: ","))]"#
            let body = try body(members)
            var texts: Set<String> = Set(
                (body["system"]?.array.map(Array.init) ?? []).compactMap { $0["text"]?.string }
            )
            if let system = body["system"]?.string { texts.insert(system) }
            var calls: [String] = []
            var results: [String] = []
            var lastRole: String?
            for turn in try #require(body["messages"]?.array) {
                let role = try #require(turn["role"]?.string)
                #expect(role != lastRole)
                lastRole = role
                var hasText = false
                var answered: [String] = []
                for block in turn["content"]?.array.map(Array.init) ?? [] {
                    switch block["type"]?.string {
                    case "text":
                        hasText = true
                        texts.insert(block["text"]?.string ?? "")
                    case "tool_use": calls.append(block["id"]?.string ?? "")
                    case "tool_result":
                        #expect(!hasText)
                        answered.append(block["tool_use_id"]?.string ?? "")
                    default: Issue.record("unexpected block")
                    }
                }
                // Exactly the calls of the turn before, in their order.
                if !answered.isEmpty { #expect(answered == Array(calls.suffix(answered.count))) }
                results += answered
                if let text = turn["content"]?.string { texts.insert(text) }
            }
            #expect(texts == expectedTexts)
            #expect(calls == expectedCalls)
            #expect(results == expectedCalls)
        }
    }

    @Test("A conversation of very many turns and results takes time in proportion")
    func longConversation() throws {
        // Would take minutes if any step looked at everything before it.
        let ids = (0..<5000).map { "c\($0)" }
        var rest = ids.reversed().map(result)
        for index in 0..<5000 {
            rest.append(#"{"role":"assistant","content":"\#(index.isMultiple(of: 2) ? "" : "x")"}"#)
            rest.append(#"{"role":"user","content":"y"}"#)
            rest.append(#"{"role":"system","content":"s"}"#)
        }
        for format in [WireFormat.anthropicMessages, .geminiGenerateContent] {
            #expect(try translation(toolTurn(ids, rest), to: format).joinedBody.readableBytes > 500_000)
        }
        let many = (0..<100_001).map { _ in #"{"role":"user","content":"y"}"# }.joined(separator: ",")
        let error = #expect(throws: GatewayError.self) { try self.translation(#""messages":[\#(many)]"#) }
        #expect(error?.parameter == "messages")
        let members = (0..<1000).map { #""x\#($0)":1"# }.joined(separator: ",")
        #expect(throws: GatewayError.self) { try self.translation(members) }
        #expect(try self.translation((0..<200).map { #""x\#($0)":1"# }.joined(separator: ",")).dropped.count == 32)
    }

    @Test("tools-09: The id of a call is the same in the call and in its result, and different ids stay different")
    func identifiers() throws {
        let members = toolTurn(
            ["functions.f:0", "functions_f:0", "call-1_A"],
            ["functions.f:0", "functions_f:0", "call-1_A"].map(result)
        )
        let turns = Array(try #require(body(members)["messages"]?.array))
        let calls = (turns[1]["content"]?.array.map(Array.init) ?? []).compactMap { $0["id"]?.string }
        let results = (turns[2]["content"]?.array.map(Array.init) ?? []).compactMap { $0["tool_use_id"]?.string }
        #expect(calls == results)
        #expect(Set(calls).count == 3)
        #expect(calls.last == "call-1_A")
        for id in calls {
            #expect(
                id.utf8.allSatisfy {
                    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-".utf8.contains($0)
                }
            )
        }
        // This vendor takes them as they are.
        let gemini = try translation(members, to: .geminiGenerateContent).joinedBody
        #expect(String(buffer: gemini).contains(#""id":"functions.f:0""#))
    }

    @Test("System messages are gathered in front, and moving one is noted", arguments: ["system", "developer"])
    func systemMessages(role: String) throws {
        let members =
            #""messages":[{"role":"\#(role)","content":"A"},{"role":"user","content":"x"},{"role":"\#(role)","content":"B"},{"role":"user","content":"y"}]"#
        let translated = try translation(members)
        #expect(translated.dropped == ["position of later system messages"])
        let body = try JSONValue(validating: translated.joinedBody)
        try expect(body["system"], #"[{"type":"text","text":"A"},{"type":"text","text":"B"}]"#)
        try expect(
            body["messages"],
            #"[{"role":"user","content":[{"type":"text","text":"x"},{"type":"text","text":"y"}]}]"#
        )
    }

    @Test("Empty texts, which vendors refuse, are left out beside tool calls and alone")
    func emptyTexts() throws {
        let members = #"""
            "messages":[{"role":"system","content":""},{"role":"user","content":"x"},
             {"role":"assistant","content":"","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},
             {"role":"tool","tool_call_id":"a","content":""},{"role":"assistant","content":""},{"role":"user","content":"y"}]
            """#
        let body = try body(members)
        #expect(body["system"] == nil)
        try expect(
            body["messages"],
            #"""
            [{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{}}]},
             {"role":"user","content":[{"type":"tool_result","tool_use_id":"a"},{"type":"text","text":"y"}]}]
            """#
        )
    }

    @Test(
        "tool_choice in every form",
        arguments: [
            (#""tool_choice":"auto""#, #"{"type":"auto"}"#, #"{"mode":"AUTO"}"#),
            (#""tool_choice":"none""#, #"{"type":"none"}"#, #"{"mode":"NONE"}"#),
            (#""tool_choice":"required""#, #"{"type":"any"}"#, #"{"mode":"ANY"}"#),
            (
                #""tool_choice":{"type":"function","function":{"name":"g"}}"#, #"{"type":"tool","name":"g"}"#,
                #"{"mode":"ANY","allowedFunctionNames":["g"]}"#
            ),
            (
                #""tool_choice":"required","parallel_tool_calls":false"#,
                #"{"type":"any","disable_parallel_tool_use":true}"#, #"{"mode":"ANY"}"#
            ),
            (
                #""tool_choice":"none","parallel_tool_calls":false"#, #"{"type":"none"}"#, #"{"mode":"NONE"}"#
            ),
            (#""parallel_tool_calls":true,"tool_choice":"auto""#, #"{"type":"auto"}"#, #"{"mode":"AUTO"}"#),
        ]
    )
    func toolChoice(members: String, anthropic: String, gemini: String) throws {
        try expect(body("\(Self.tool),\(members)")["tool_choice"], anthropic)
        let config = try body("\(Self.tool),\(members)", to: .geminiGenerateContent)["toolConfig"]
        try expect(config?["functionCallingConfig"], gemini)
    }

    @Test("One call at a time can be asked for without a tool_choice, and nothing is sent without tools")
    func toolChoiceAlone() throws {
        try expect(
            body("\(Self.tool),\"parallel_tool_calls\":false")["tool_choice"],
            #"{"type":"auto","disable_parallel_tool_use":true}"#
        )
        #expect(try body(#""tool_choice":"none""#)["tool_choice"] == nil)
        #expect(
            try translation("\(Self.tool),\"parallel_tool_calls\":false", to: .geminiGenerateContent).dropped == [
                "parallel_tool_calls"
            ]
        )
    }

    @Test("Allowed tools are the only ones that are offered")
    func allowedTools() throws {
        let body = try body(
            Self.tool
                + #","tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"g"}}]}}"#
        )
        try expect(body["tools"], #"[{"name":"g","input_schema":{"type":"object","properties":{}}}]"#)
        try expect(body["tool_choice"], #"{"type":"any"}"#)
    }

    @Test("client-06: Both names of the limit on tokens map, the newer one first, with a default where one is demanded")
    func maximumTokens() throws {
        #expect(try body(#""max_tokens":7"#)["max_tokens"]?.int == 7)
        #expect(try body(#""max_completion_tokens":8"#)["max_tokens"]?.int == 8)
        #expect(try body(#""max_tokens":7,"max_completion_tokens":8"#)["max_tokens"]?.int == 8)
        let gemini = try body(#""max_completion_tokens":8"#, to: .geminiGenerateContent)["generationConfig"]
        #expect(gemini?["maxOutputTokens"]?.int == 8)
        #expect(try body(#""n":1"#)["max_tokens"]?.int == 8192)
        #expect(try body(#""n":1"#, to: .geminiGenerateContent)["generationConfig"]?["maxOutputTokens"] == nil)
        let capped = try Calls.translate(
            Calls.chatPath,
            ByteBuffer(string: #"{"model":"m","messages":[{"role":"user","content":"x"}]}"#),
            to: .anthropicMessages,
            limits: ModelLimits(maximumOutput: 4096)
        )
        #expect(try JSONValue(validating: capped.joinedBody)["max_tokens"]?.int == 4096)
    }

    @Test("A temperature beyond the vendor's scale is its highest, and that is noted")
    func temperature() throws {
        let translated = try translation(#""temperature":1.5"#)
        #expect(translated.dropped == ["temperature above 1"])
        #expect(
            String(buffer: translated.joinedBody).contains(#""temperature":1,"#)
                || String(buffer: translated.joinedBody).contains(#""temperature":1}"#)
        )
        #expect(try translation(#""temperature":1.0"#).dropped.isEmpty)
        #expect(
            String(buffer: try translation(#""temperature":1.5"#, to: .geminiGenerateContent).joinedBody).contains(
                #""temperature":1.5"#
            )
        )
    }

    @Test("Stop sequences may be one string or several")
    func stop() throws {
        try expect(body(#""stop":"X""#)["stop_sequences"], #"["X"]"#)
        try expect(body(#""stop":["X","Y",""]"#)["stop_sequences"], #"["X","Y"]"#)
        #expect(try body(#""stop":null"#)["stop_sequences"] == nil)
        try expect(body(#""stop":"X""#, to: .geminiGenerateContent)["generationConfig"], #"{"stopSequences":["X"]}"#)
    }

    @Test("Several answers are asked for where the target gives them and refused where it does not")
    func candidateCount() throws {
        try expect(body(#""n":3"#, to: .geminiGenerateContent)["generationConfig"], #"{"candidateCount":3}"#)
        let error = #expect(throws: GatewayError.self) { try self.translation(#""n":3"#) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.parameter == "n")
    }

    @Test("What a target cannot express is named once, what changes nothing is not")
    func droppedMembers() throws {
        let harmless =
            #""metadata":{"a":"b"},"store":false,"service_tier":"auto","logprobs":false,"response_format":{"type":"text"},"modalities":["text"],"logit_bias":{},"reasoning_effort":null,"frequency_penalty":0,"user":"u""#
        #expect(try translation(harmless).dropped.isEmpty)
        #expect(try translation(harmless, to: .geminiGenerateContent).dropped.isEmpty)
        #expect(
            try Set(translation(#""logit_bias":{"5":1},"seed":0,"x":{"y":1}"#).dropped) == ["seed", "logit_bias", "x"]
        )
        try expect(body(harmless)["metadata"], #"{"user_id":"u"}"#)
        // The names go into a header.
        #expect(try translation(#""a\r\nset-cookie: é":1"#).dropped == ["a??set-cookie????"])
    }

    @Test("tools-05 tools-06: Schemas go on as they were written, as far as the vendor allows")
    func schemas() throws {
        let schema =
            ##"{"$defs":{"a":{"enum":[1]}},"anyOf":[{"$ref":"#/$defs/a"}],"additionalProperties":false,"type":["object","null"]}"##
        let members = #""tools":[{"type":"function","function":{"name":"f","parameters":\#(schema)}}]"#
        #expect(
            String(buffer: try translation(members, to: .geminiGenerateContent).joinedBody).contains(
                #""parametersJsonSchema":"# + schema
            )
        )
        // Anthropic takes no composition at the root: the model is told of it, and so is the client.
        let anthropic = try translation(members)
        #expect(anthropic.dropped == ["tools[].input_schema.anyOf"])
        try expect(
            JSONValue(validating: anthropic.joinedBody)["tools"],
            ##"[{"name":"f","description":"The input must also be valid against this JSON Schema: {\"anyOf\":[{\"$ref\":\"#/$defs/a\"}]}","input_schema":{"type":"object","$defs":{"a":{"enum":[1]}},"additionalProperties":false}}]"##
        )
        try expect(
            body(#""tools":[{"type":"function","function":{"name":"f","parameters":{"properties":{}}}}]"#)["tools"],
            #"[{"name":"f","input_schema":{"type":"object","properties":{}}}]"#
        )
    }

    @Test(
        "tools-10: A tool's result goes to Gemini as an object where it may be one, else as text",
        arguments: [
            (#"{\"a\":1}"#, #"{"a":1}"#), (#" {\"a\":{\"b\":[]}}"#, #"{"a":{"b":[]}}"#),
            ("plain", #"{"result":"plain"}"#),
            ("[1]", #"{"result":"[1]"}"#), ("", #"{"result":""}"#), ("{broken", #"{"result":"{broken"}"#),
            (#"{\"$ref\":\"x\"}"#, #"{"result":"{\"$ref\":\"x\"}"}"#),
            (#"{\"a\":[{\"\\u0024defs\":{}}]}"#, #"{"result":"{\"a\":[{\"\\u0024defs\":{}}]}"}"#),
            (#"{\"price\":\"$5\"}"#, #"{"price":"$5"}"#),
        ]
    )
    func geminiResults(content: String, expected: String) throws {
        let members = toolTurn(["a"], [#"{"role":"tool","tool_call_id":"a","content":"\#(content)"}"#])
        let body = try body(members, to: .geminiGenerateContent)
        let last = try #require(body["contents"]?.array.map(Array.init)?.last)
        try expect(last["parts"]?.array?.first?["functionResponse"]?["response"], expected)
    }

    @Test(
        "Arguments become an object; broken ones stand in one as they are",
        arguments: [WireFormat.anthropicMessages, .geminiGenerateContent]
    )
    func arguments(format: WireFormat) throws {
        for (text, expected) in [("", "{}"), (" \\n", "{}"), ("{\\\"a\\\": 1.0}", #"{"a": 1.0}"#)] {
            let members =
                #""messages":[{"role":"user","content":"x"},{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"\#(text)"}}]}]"#
            #expect(String(buffer: try translation(members, to: format).joinedBody).contains(expected))
        }
        for text in ["{", "[]", "7", "null", "{} {}"] {
            let members =
                #""messages":[{"role":"user","content":"x"},{"role":"assistant","tool_calls":[{"id":"call_77","type":"function","function":{"name":"f","arguments":"\#(text)"}}]}]"#
            let sent = String(buffer: try translation(members, to: format).joinedBody)
            #expect(sent.contains(#"{"INVALID_JSON":"\#(text)"}"#), "\(sent)")
        }
    }

    @Test(
        "What is wrong with a request is said with the member's path",
        arguments: [
            (#""messages":null"#, "messages"), (#""messages":[]"#, "messages"), (#""messages":[7]"#, "messages[0]"),
            (#""messages":[{"content":"x"}]"#, "messages[0].role"),
            (#""messages":[{"role":"robot","content":"x"}]"#, "messages[0].role"),
            (#""messages":[{"role":"user"}]"#, "messages[0].content"),
            (#""messages":[{"role":"user","content":7}]"#, "messages[0].content"),
            (#""messages":[{"role":"user","content":[{"text":"x"}]}]"#, "messages[0].content[0].type"),
            (#""messages":[{"role":"user","content":[{"type":"text"}]}]"#, "messages[0].content[0].text"),
            (#""messages":[{"role":"user","content":"x"},{"role":"tool","content":"x"}]"#, "messages[1].tool_call_id"),
            (
                #""messages":[{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{}}]}]"#,
                "messages[0].tool_calls[0].function.name"
            ),
            (#""messages":[{"role":"user","content":""}]"#, "messages"),
            (#""tools":[{"type":"function"}]"#, "tools[0].function"),
            (#""tools":[{"type":"custom"}]"#, "tools[0].custom"),
            (#""tools":[{"type":"function","function":{"name":""}}]"#, "tools[0].function.name"),
            (#""tool_choice":"any""#, "tool_choice"), (#""tool_choice":{"type":"custom"}"#, "tool_choice.custom.name"),
            (#""temperature":"hot""#, "temperature"), (#""max_tokens":0"#, "max_tokens"),
            (#""max_tokens":1.5"#, "max_tokens"), (#""stop":7"#, "stop"), (#""stop":[7]"#, "stop[0]"),
            (#""n":0"#, "n"), (#""user":7"#, "user"), (#""functions":7"#, "functions"),
            (#""temperature":1,"temperature":2"#, "temperature"),
        ]
    )
    func refusals(members: String, parameter: String) throws {
        for format in [WireFormat.anthropicMessages, .geminiGenerateContent] {
            let error = #expect(throws: GatewayError.self) { try self.translation(members, to: format) }
            #expect(error?.code == .invalidRequest)
            #expect(error?.status == 400)
            #expect(error?.parameter == parameter)
            #expect(error?.message.contains(parameter) == true)
        }
    }

    @Test(
        "A part that cannot be translated is refused by the name of its type",
        arguments: ["image_url", "input_audio", "file", "video_url"]
    )
    func untranslatableParts(type: String) {
        let members = #""messages":[{"role":"user","content":[{"type":"text","text":"x"},{"type":"\#(type)"}]}]"#
        let error = #expect(throws: GatewayError.self) { try self.translation(members) }
        #expect(error?.message.contains("messages[0].content[1]") == true)
        #expect(error?.message.contains(type) == true)
    }

    @Test("Earlier reasoning may be left out, and refusals are what the assistant said")
    func assistantParts() throws {
        let members = #"""
            "messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"reasoning","summary":[]},{"type":"text","text":"a"}]},
             {"role":"user","content":"y"},{"role":"assistant","content":null,"refusal":"No."},{"role":"user","content":"z","name":"Bob"}]
            """#
        let translated = try translation(members)
        #expect(translated.dropped == ["messages[].name"])
        let turns = try JSONValue(validating: translated.joinedBody)["messages"]?.array.map(Array.init) ?? []
        let texts = turns.map { $0["content"]?.string ?? $0["content"]?.array?.first?["text"]?.string }
        #expect(texts == ["x", "a", "y", "No.", "z"])
    }

    @Test(
        "reasoning-01: Gemini 3 gets its own word for a missing signature with the first call of a turn, older models nothing"
    )
    func missingSignatures() throws {
        let request = #"{"model":"m",\#(toolTurn(["a", "b"], ["a", "b"].map(result)))}"#
        func parts(_ model: String) throws -> [JSONValue] {
            let body = try Calls.translate(Calls.chatPath, request, to: .geminiGenerateContent, model: model).joinedBody
            return Array(
                try #require(JSONValue(validating: body)["contents"]?.array.map(Array.init)?[1]["parts"]?.array)
            )
        }
        let signatures = try parts("gemini-3-pro").map { $0["thoughtSignature"]?.string }
        #expect(signatures == ["skip_thought_signature_validator", nil])
        #expect(try parts("gemini-2.5-flash").allSatisfy { $0["thoughtSignature"] == nil })
    }

    @Test("A result that answers no call cannot go to a vendor that matches results by name")
    func orphanedResult() throws {
        let members = #""messages":[{"role":"user","content":"x"},{"role":"tool","tool_call_id":"zz","content":"r"}]"#
        let error = #expect(throws: GatewayError.self) { try self.translation(members, to: .geminiGenerateContent) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.contains("zz") == true)
    }

    @Test("Chat requests survive the hub: decoded, encoded and decoded again they mean the same")
    func roundTrip() throws {
        let envelope = try Calls.envelope(Calls.chatPath, Fixtures.bytes("OpenAIChat/request.json"))
        var dropped = DroppedMembers()
        let target = TranslationTarget(format: .openAIChat, model: "m", limits: ModelLimits(), defaultMaximumOutput: 1)
        let request = try OpenAIChat().decodeRequest(envelope, dropped: &dropped)
        let first = try OpenAIChat().encodeRequest(request, to: target, dropped: &dropped)
        let again = try OpenAIChat().decodeRequest(
            Calls.envelope(Calls.chatPath, first),
            dropped: &dropped
        )
        #expect(try OpenAIChat().encodeRequest(again, to: target, dropped: &dropped) == first)
        #expect(dropped.names.isEmpty)
        let body = try JSONValue(validating: first)
        let original = try Fixtures.json("OpenAIChat/request.json")
        for member in [
            "tools", "tool_choice", "temperature", "stop", "metadata", "logit_bias", "future_member", "user",
        ] {
            let kept = try #require(body[member]?.bytes)
            #expect(try canonical(kept) == canonical(#require(original[member]?.bytes)), "\(member)")
        }
    }

    @Test("Translations that do not exist yet are refused as on Databricks")
    func unsupportedPairs() throws {
        let dialects = Dialects()
        #expect(dialects.canServe(.anthropicMessages, with: .anthropicMessages))
        #expect(dialects.canServe(.mlflowChat, with: .anthropicMessages))
        #expect(dialects.canServe(.openAIChat, with: .geminiGenerateContent))
        #expect(dialects.canServe(.anthropicMessages, with: .openAIChat))
        #expect(dialects.canServe(.openAIChat, with: .openAIResponses))
        #expect(!dialects.canServe(.openAIEmbeddings, with: .geminiGenerateContent))
        let error = #expect(throws: GatewayError.self) {
            try Calls.translate("/openai/v1/embeddings", #"{"model":"m","input":"a"}"#, to: .openAIChat)
        }
        #expect(error?.message == "API type 'openai/v1/embeddings' is not supported by 'm'.")
    }
}
