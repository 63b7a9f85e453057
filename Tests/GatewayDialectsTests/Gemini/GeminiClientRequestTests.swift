// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

@Suite("Requests of Gemini clients")
struct GeminiClientRequestTests {
    static let path = "/gemini/v1beta/models/m:generateContent"

    static func decode(_ body: String) throws -> (ModelRequest, dropped: [String]) {
        var dropped = DroppedMembers()
        let envelope = try Calls.envelope(path, ByteBuffer(string: body))
        let request = try Gemini().decodeRequest(envelope, dropped: &dropped)
        return (request, dropped.names)
    }

    /// A request with these contents.
    static func contents(_ contents: String, _ rest: String = "") -> String { #"{"contents":[\#(contents)]\#(rest)}"# }

    static func sample() throws -> (ModelRequest, dropped: [String]) {
        try decode(String(buffer: Fixtures.bytes("Gemini/client-request.json")))
    }

    @Test("client-04: What google-genai sends, both spellings of the members in one body, is read in full")
    func everything() throws {
        let (request, dropped) = try Self.sample()
        #expect(request.messages.map(\.role) == [.system, .user, .assistant, .user])
        #expect(request.messages[0].parts.map { $0.text?.string } == ["Be brief."])
        let media = request.messages[1].parts.dropFirst().compactMap(\.media)
        #expect(media.map(\.kind) == [.image, .document, .audio, .video])
        // The SDK spells bytes for URLs.
        guard case .base64(let type, let data) = media[0].source else { return #expect(Bool(false)) }
        #expect(type == "image/png")
        #expect(data == "//777w==")
        guard case .url(let url, let mediaType) = media[1].source else { return #expect(Bool(false)) }
        #expect(url == "https://example.com/a.pdf?x=1")
        #expect(mediaType == "application/pdf")
        #expect(request.sampling.temperature?.written == "0.50")
        #expect(request.sampling.topP?.written == "0.9")
        #expect(request.sampling.topK?.int == 40)
        #expect(request.sampling.candidateCount == 2)
        #expect(request.sampling.seed?.int == 7)
        #expect(request.sampling.presencePenalty?.written == "0.1")
        #expect(request.sampling.frequencyPenalty?.written == "0.2")
        #expect(request.sampling.logprobs == true)
        #expect(request.sampling.topLogprobs == 3)
        #expect(request.maximumOutput == 256)
        #expect(request.stop.map(\.string) == ["X"])
        var reasoning = ReasoningConfiguration(mode: .enabled, budget: 4096)
        reasoning.isVisible = true
        #expect(request.reasoning == reasoning)
        #expect(request.serviceTier == "flex")
        #expect(request.metadata?["team"]?.string == "a")
        #expect(request.toolChoice == .tool("look_up"))
        #expect(
            request.rest.map(\.key.string) == [
                "safetySettings", "generationConfig.mediaResolution", "generationConfig.speechConfig",
            ]
        )
        #expect(Set(dropped) == ["contents[].parts[].videoMetadata", "tools[].functionDeclarations[].response"])
    }

    @Test("tools-05: Declarations in OpenAPI's subset become JSON Schema, in the order that they ask for")
    func tools() throws {
        let (request, _) = try Self.sample()
        #expect(request.tools.map(\.name.string) == ["googleSearch", "look_up", "weather"])
        guard case .hosted(let type, _) = request.tools[0].kind else { return #expect(Bool(false)) }
        #expect(type == "googleSearch")
        let expected =
            #"{"type":"object","properties":{"q":{"type":"string","enum":["cat","dog"]},"n":{"type":["integer","null"],"enum":[1,2,null]}},"required":["q"]}"#
        #expect(request.tools[1].parameters.map { String(buffer: $0.bytes) } == expected)
        #expect(request.tools[2].parameters?["properties"]?["city"]?["type"]?.string == "string")
        guard case .jsonSchema(let schema) = request.responseFormat else { return #expect(Bool(false)) }
        #expect(
            String(buffer: schema.schema.bytes)
                == #"{"properties":{"b":{"items":{"type":"string"},"type":["array","null"]},"a":{"title":"A","type":"integer"}},"required":["a"],"type":"object"}"#
        )
    }

    @Test("A stream that was echoed in pieces is one turn; a raw signature is nobody's")
    func echoedStream() throws {
        let (request, _) = try Self.sample()
        let parts = request.messages[2].parts
        #expect(parts[0].reasoning?.texts.map(\.string) == ["I look closely."])
        #expect(parts[0].state == nil)
        #expect(parts[1].text == "A cat. Let me check.")
        #expect(parts.dropFirst(2).compactMap(\.toolCall).map(\.id.string) == ["call_1", "call_2", "fc-7"])
    }

    @Test("tools-02: Results without ids answer the first open call of their name, each one only once")
    func pairing() throws {
        let (request, _) = try Self.sample()
        let results = request.messages[3].parts.compactMap(\.toolResult)
        #expect(results.map(\.callID.string) == ["fc-7", "call_1", "call_2"])
        #expect(results.map(\.isError) == [true, false, false])
        #expect(results[0].parts.map { $0.text?.string } == ["no such city"])
        #expect(results[1].parts.map { $0.text?.string } == ["a cat"])
        #expect(results[2].parts.first?.text?.string == #"{"breed": "beagle", "age": 3}"#)
        // tools-04
        guard case .base64(let type, let data) = results[2].parts.last?.media?.source else {
            return #expect(Bool(false))
        }
        #expect(type == "image/jpeg")
        #expect(data == "/9j/")
    }

    @Test("cache-01: Ids that the gateway makes stay the same as the conversation grows")
    func stableIDs() throws {
        let call = #"{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}]}"#
        let result = #"{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":[1]}}}]}"#
        var contents = #"{"parts":[{"text":"a"}]}"#
        var ids: [String] = []
        for _ in 0..<4 {
            contents += "," + call + "," + result
            let (request, _) = try Self.decode(Self.contents(contents))
            let calls = request.messages.flatMap(\.parts).compactMap { $0.toolCall?.id.string }
            #expect(Array(calls.dropLast()) == ids)
            #expect(request.messages.flatMap(\.parts).compactMap { $0.toolResult?.callID.string } == calls)
            #expect(request.messages.last?.parts.first?.toolResult?.parts.first?.text == "[1]")
            ids = calls
        }
        #expect(Set(ids).count == 4)
    }

    @Test(
        "reasoning-01: Wrapped state is found again on thoughts, on empty texts and on calls, once",
        arguments: [OpaqueState.Kind.signature, .encrypted, .redacted, .thought]
    )
    func wrappedState(kind: OpaqueState.Kind) throws {
        for data in ["c2lnbmF0dXJl", "c2ln", "c2lnbg==", "not base64!", "x", "yz"] {
            let state = OpaqueState(kind, JSONString(data), from: StateOrigin(tag: 7))
            let wrapped = try #require(try encodedSignature(of: state))
            #expect(wrapped.utf8.count % 4 == 0)
            for parts in [
                #"[{"text":"hm","thought":true,"thoughtSignature":"\#(wrapped)"}]"#,
                #"[{"text":"hm","thought":true},{"text":"","thought":true,"thought_signature":"\#(wrapped)"}]"#,
                #"[{"text":"","thoughtSignature":"\#(wrapped)"}]"#,
                #"[{"functionCall":{"name":"f"},"thoughtSignature":"\#(wrapped)"}]"#,
                #"[{"text":"hm","thought":true,"thoughtSignature":"\#(wrapped)"},{"functionCall":{"name":"f"},"thoughtSignature":"\#(wrapped)"}]"#,
            ] {
                let body = Self.contents(#"{"parts":[{"text":"a"}]},{"role":"model","parts":\#(parts)}"#)
                let found = try Self.decode(body).0.messages[1].parts.compactMap(\.state)
                let count = kind == .thought && parts.contains("hm") && parts.contains("functionCall") ? 2 : 1
                #expect(found.count == count, "\(parts)")
                for found in found {
                    #expect(found.kind == kind)
                    #expect(found.data.string == data)
                    #expect(found.origin == StateOrigin(tag: 7))
                }
            }
        }
    }

    /// What a client gets for a state.
    private func encodedSignature(of state: OpaqueState) throws -> String? {
        let part = Message.Part(.reasoning(Message.Reasoning(texts: ["hm"])), state: state)
        let response = ModelResponse(
            candidates: [ModelResponse.Candidate(parts: [part], finishReason: .stop)],
            usage: TokenUsage()
        )
        let context = AnswerContext(apiType: .geminiGenerateContent, identity: Calls.identity, model: "m")
        let body = try JSONValue(validating: Gemini().encodeResponse(response, for: context))
        return body["candidates"]?.array?.first?["content"]?["parts"]?.array?.first?["thoughtSignature"]?.string
    }

    @Test(
        "Thinking is understood in every way that it is asked for",
        arguments: [
            (#"{"thinkingBudget":0}"#, ReasoningConfiguration(mode: .disabled)),
            (#"{"thinkingBudget":-1}"#, ReasoningConfiguration(mode: .adaptive)),
            (#"{"thinking_budget":512}"#, ReasoningConfiguration(mode: .enabled, budget: 512)),
            (#"{"thinkingLevel":"HIGH"}"#, ReasoningConfiguration(effort: .high)),
            (#"{"thinking_level":"minimal"}"#, ReasoningConfiguration(effort: .minimal)),
            (#"{"thinkingLevel":"XHIGH"}"#, ReasoningConfiguration(effort: .xhigh)),
            (#"{"thinkingLevel":"THINKING_LEVEL_UNSPECIFIED"}"#, ReasoningConfiguration()),
        ]
    )
    func thinking(config: String, expected: ReasoningConfiguration) throws {
        let body = Self.contents(
            #"{"parts":[{"text":"a"}]}"#,
            #","generation_config":{"thinkingConfig":\#(config)}"#
        )
        #expect(try Self.decode(body).0.reasoning == expected)
    }

    @Test(
        "Every way to choose tools",
        arguments: [
            (#"{"mode":"AUTO"}"#, ModelRequest.ToolChoice.auto), (#"{"mode":"NONE"}"#, .none),
            (#"{"mode":"any"}"#, .required), (#"{"mode":"ANY","allowedFunctionNames":["f"]}"#, .tool("f")),
            (#"{"mode":"ANY","allowed_function_names":["f","g"]}"#, .allowed(["f", "g"], isRequired: true)),
            (#"{"mode":"VALIDATED","allowedFunctionNames":["f"]}"#, .allowed(["f"], isRequired: false)),
            (#"{"mode":"VALIDATED"}"#, .auto),
            (#"{"mode":0}"#, .auto), (#"{"mode":1}"#, .auto), (#"{"mode":2}"#, .required), (#"{"mode":3}"#, .none),
            (#"{"mode":4,"allowedFunctionNames":["f"]}"#, .allowed(["f"], isRequired: false)),
        ]
    )
    func toolChoice(config: String, expected: ModelRequest.ToolChoice) throws {
        let body = Self.contents(
            #"{"parts":[{"text":"a"}]}"#,
            #","tool_config":{"function_calling_config":\#(config)}"#
        )
        #expect(try Self.decode(body).0.toolChoice == expected)
    }

    @Test("The newer responseFormat and answers of one word ask for JSON as well")
    func formats() throws {
        let user = #"{"parts":[{"text":"a"}]}"#
        let (newer, _) = try Self.decode(
            Self.contents(
                user,
                #","generationConfig":{"responseFormat":[{"text":{"mimeType":"APPLICATION_JSON","jsonSchema":{"type":"object"}}}]}"#
            )
        )
        guard case .jsonSchema(let schema) = newer.responseFormat else { return #expect(Bool(false)) }
        #expect(schema.schema["type"]?.string == "object")
        let (word, _) = try Self.decode(
            Self.contents(
                user,
                #","generationConfig":{"responseMimeType":"text/x.enum","responseSchema":{"type":"STRING","enum":["a","b"]}}"#
            )
        )
        guard case .jsonSchema(let choice) = word.responseFormat else { return #expect(Bool(false)) }
        #expect(
            try canonical(choice.schema.bytes)
                == canonical(
                    #"{"type":"object","properties":{"value":{"type":"string","enum":["a","b"]}},"required":["value"],"additionalProperties":false}"#
                )
        )
        let (object, _) = try Self.decode(
            Self.contents(user, #","generationConfig":{"responseMimeType":"application/json"}"#)
        )
        guard case .jsonObject = object.responseFormat else { return #expect(Bool(false)) }
    }

    @Test(
        "What is wrong with a request is said with the member's path",
        arguments: [
            (#"{}"#, "contents"), (#"{"contents":[]}"#, "contents"), (#"{"contents":7}"#, "contents"),
            (#"{"contents":[7]}"#, "contents[0]"),
            (#"{"contents":[{"role":"robot","parts":[]}]}"#, "contents[0].role"),
            (#"{"contents":[{"parts":7}]}"#, "contents[0].parts"),
            (#"{"contents":[{"parts":[7]}]}"#, "contents[0].parts[0]"),
            (
                #"{"contents":[{"parts":[{"functionResponse":{"name":"f"}}]}]}"#,
                "contents[0].parts[0].functionResponse"
            ),
            (
                #"{"contents":[{"parts":[{"functionCall":{"name":"f"}}]}]}"#,
                "contents[0].parts[0].functionCall"
            ),
            (
                #"{"contents":[{"role":"model","parts":[{"functionCall":{"name":"f","args":[]}}]}]}"#,
                "contents[0].parts[0].functionCall.args"
            ),
            (#"{"contents":[{"parts":[{"inlineData":{"data":"eA=="}}]}]}"#, "contents[0].parts[0].inlineData"),
            (#"{"contents":[{"parts":[{"fileData":{}}]}]}"#, "contents[0].parts[0].fileData.fileUri"),
            (#"{"contents":[{"parts":[{"text":"a"}]}],"cachedContent":"cachedContents/1"}"#, "cachedContent"),
            (
                #"{"contents":[{"parts":[{"text":"a"}]}],"generationConfig":{"temperature":"hot"}}"#,
                "generationConfig.temperature"
            ),
            (
                #"{"contents":[{"parts":[{"text":"a"}]}],"generationConfig":{"thinkingConfig":{"thinkingBudget":-2}}}"#,
                "generationConfig.thinkingConfig.thinkingBudget"
            ),
            (
                #"{"contents":[{"parts":[{"text":"a"}]}],"generationConfig":{"responseMimeType":"image/png"}}"#,
                "generationConfig.responseMimeType"
            ),
            (
                #"{"contents":[{"parts":[{"text":"a"}]}],"tools":[{"functionDeclarations":[{}]}]}"#,
                "tools[0].functionDeclarations[].name"
            ),
            (
                #"{"contents":[{"parts":[{"text":"a"}]}],"toolConfig":{"functionCallingConfig":{"mode":"SOME"}}}"#,
                "toolConfig.functionCallingConfig.mode"
            ),
            (
                #"{"contents":[{"parts":[{"text":"a"}]}],"toolConfig":{"functionCallingConfig":{"mode":5}}}"#,
                "toolConfig.functionCallingConfig.mode"
            ),
            (#"{"contents":[{"parts":[{"text":"a"}]}],"system_instruction":7}"#, "systemInstruction"),
            (
                #"{"contents":[{"parts":[{"text":"a"}]}],"toolConfig":{},"tool_config":{}}"#, "tool_config"
            ),
        ]
    )
    func refusals(body: String, parameter: String) throws {
        let error = #expect(throws: GatewayError.self) { try Self.decode(body) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.parameter == parameter)
    }

    @Test("A request with everything survives the hub: written, read and written again it is the same")
    func roundTrip() throws {
        let origin = StateOrigin(tag: 9)
        var target = TranslationTarget(
            format: .geminiGenerateContent,
            model: "gemini-3.5-flash",
            limits: ModelLimits(),
            defaultMaximumOutput: 1,
            origin: origin
        )
        target.origin = origin
        var dropped = DroppedMembers()
        var (request, _) = try Self.sample()
        request.origin = .geminiGenerateContent
        request.sampling.candidateCount = 2
        let first = try Gemini().encodeRequest(request, to: target, dropped: &dropped)
        var (again, _) = try Self.decode(String(buffer: first))
        again.origin = .geminiGenerateContent
        let second = try Gemini().encodeRequest(again, to: target, dropped: &dropped)
        #expect(String(buffer: first) == String(buffer: second))
        let body = try JSONValue(validating: first)
        #expect(body["safetySettings"]?.array?.count == 1)
        #expect(body["tools"]?.array?.first?["googleSearch"] != nil)
        #expect(body["generationConfig"]?["speechConfig"]?["languageCode"]?.string == "de")
    }
}
