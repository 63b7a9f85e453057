// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

@Suite("Requests to Gemini upstreams")
struct GeminiUpstreamRequestTests {
    private static let origin = StateOrigin(tag: 7)

    private func encode(
        _ request: ModelRequest,
        model: String = "gemini-3.5-flash"
    ) throws(GatewayError) -> (body: JSONValue, dropped: [String]) {
        var dropped = DroppedMembers()
        let target = TranslationTarget(
            format: .geminiGenerateContent,
            model: model,
            limits: ModelLimits(),
            defaultMaximumOutput: 1,
            origin: Self.origin
        )
        let bytes = try Gemini().encodeRequest(request, to: target, dropped: &dropped)
        do {
            return (try JSONValue(validating: bytes), dropped.names)
        } catch {
            throw GatewayError(.internalFailure, "\(error)")
        }
    }

    private func request(_ messages: Message...) -> ModelRequest {
        var request = ModelRequest(model: "m")
        request.messages = [Message(role: .user, parts: [.text("Hi")])] + messages
        return request
    }

    private func expect(_ value: JSONValue?, _ expected: String, location: SourceLocation = #_sourceLocation) throws {
        try expectEqual(#require(value, sourceLocation: location).bytes, expected, sourceLocation: location)
    }

    private func call(_ id: JSONString, state: OpaqueState? = nil) -> Message.Part {
        Message.Part(.toolCall(Message.ToolCall(id: id, name: "f", arguments: .text("{}"))), state: state)
    }

    private func result(_ id: JSONString, _ parts: [Message.Part]) -> Message {
        Message(role: .user, parts: [.toolResult(Message.ToolResult(callID: id, parts: parts))])
    }

    // MARK: State

    @Test("reasoning-01 reasoning-04: Signatures go back to where they came from, and to nobody else")
    func signatures() throws {
        let own = OpaqueState(.thought, "b3du", from: Self.origin)
        let foreign = [
            OpaqueState(.thought, "Zm9y", from: StateOrigin(tag: 8)),
            OpaqueState(.signature, "Zm9y", from: Self.origin), OpaqueState(.encrypted, "Zm9y", from: Self.origin),
        ]
        for state in [own] + foreign {
            let isOwn = state.data == "b3du"
            let (body, _) = try encode(
                request(
                    Message(
                        role: .assistant,
                        parts: [
                            Message.Part(.reasoning(Message.Reasoning(texts: ["hm"])), state: state),
                            Message.Part(.text("said"), state: state), Message.Part(.text(""), state: state),
                            call("a", state: state), call("b"),
                        ]
                    ),
                    result("a", [.text("1")]),
                    result("b", [.text("2")])
                )
            )
            let parts = try #require(body["contents"]?.array.map(Array.init)?[1]["parts"]?.array.map(Array.init))
            #expect(
                parts.map { $0["thoughtSignature"]?.string }
                    == (isOwn
                        ? ["b3du", "b3du", "b3du", "b3du", nil] : [nil, "skip_thought_signature_validator", nil])
            )
            #expect(parts.first?["thought"]?.bool == (isOwn ? true : nil))
            #expect(!String(buffer: body.bytes).contains("Zm9y"))
        }
    }

    @Test("A turn of nothing but thoughts of others leaves no empty content")
    func foreignThoughts() throws {
        let thought = Message.Part(.reasoning(Message.Reasoning(texts: ["hm"])))
        let (body, _) = try encode(request(Message(role: .assistant, parts: [thought])))
        #expect(body["contents"]?.array?.count == 1)
    }

    // MARK: Media

    @Test("tools-04: Media of every kind arrive, in results as well")
    func media() throws {
        var picture = Media(.image, .base64(mediaType: "image/png", data: "iVBORw=="))
        picture.detail = "low"
        let parts: [Media] = [
            picture, Media(.audio, .base64(mediaType: "audio/wav", data: "UklGRg==")),
            Media(.document, .url("https://example.com/a.PDF?x=1", mediaType: nil)),
            Media(.video, .url("https://example.com/film", mediaType: "video/mp4")),
            Media(.image, .url("gs://bucket/a.png", mediaType: nil)), Media(.document, .text("plain")),
        ]
        var request = request(
            Message(role: .assistant, parts: [call("a")]),
            result("a", [.text("seen"), Message.Part(.media(picture))])
        )
        request.messages[0].parts += parts.map { Message.Part(.media($0)) }
        let (body, _) = try encode(request)
        let contents = try #require(body["contents"]?.array.map(Array.init))
        try expect(
            contents[0]["parts"],
            #"""
            [{"text":"Hi"},
             {"inlineData":{"mimeType":"image/png","data":"iVBORw=="},"mediaResolution":{"level":"MEDIA_RESOLUTION_LOW"}},
             {"inlineData":{"mimeType":"audio/wav","data":"UklGRg=="}},
             {"fileData":{"fileUri":"https://example.com/a.PDF?x=1","mimeType":"application/pdf"}},
             {"fileData":{"fileUri":"https://example.com/film","mimeType":"video/mp4"}},
             {"fileData":{"fileUri":"gs://bucket/a.png","mimeType":"image/png"}},{"text":"plain"}]
            """#
        )
        try expect(
            contents[2]["parts"],
            #"[{"functionResponse":{"id":"a","name":"f","response":{"result":"seen"},"parts":[{"inlineData":{"mimeType":"image/png","data":"iVBORw=="}}]}}]"#
        )
        // Before Gemini 3 they stand behind the result.
        let (older, dropped) = try encode(request, model: "gemini-2.5-pro")
        let last = try #require(older["contents"]?.array.map(Array.init)?.last?["parts"]?.array.map(Array.init))
        #expect(last.map { $0["functionResponse"] != nil } == [true, false])
        #expect(last[1]["inlineData"]?["data"]?.string == "iVBORw==")
        #expect(dropped == ["detail of images"])
    }

    @Test("What the vendor cannot get at is refused, with what to do")
    func unreachableMedia() throws {
        for (source, model) in [
            (Media.Source.file("file-1"), "gemini-3.5-flash"),
            (.url("https://example.com/a.png", mediaType: nil), "gemini-2.0-flash"),
        ] {
            let message = Message(role: .user, parts: [Message.Part(.media(Media(.image, source)))])
            let error = #expect(throws: GatewayError.self) { try self.encode(self.request(message), model: model) }
            #expect(error?.code == .invalidRequest)
            #expect(error?.message.contains("send the") == true)
        }
    }

    // MARK: Configuration

    @Test(
        "Thinking is asked for as each generation understands it",
        arguments: [
            ("gemini-2.5-pro", ReasoningConfiguration(mode: .disabled), #"{"thinkingBudget":128}"#, 1),
            ("gemini-2.5-flash", ReasoningConfiguration(mode: .disabled), #"{"thinkingBudget":0}"#, 0),
            (
                "gemini-2.5-flash", ReasoningConfiguration(effort: .high),
                #"{"includeThoughts":true,"thinkingBudget":16384}"#, 0
            ),
            (
                "gemini-2.5-flash", ReasoningConfiguration(mode: .enabled, budget: 30_000),
                #"{"includeThoughts":true,"thinkingBudget":24576}"#, 1
            ),
            (
                "gemini-2.5-flash-lite", ReasoningConfiguration(mode: .enabled, budget: 600),
                #"{"includeThoughts":true,"thinkingBudget":600}"#, 0
            ),
            (
                "gemini-2.5-pro", ReasoningConfiguration(mode: .adaptive),
                #"{"includeThoughts":true,"thinkingBudget":-1}"#, 0
            ),
            (
                "gemini-3-pro-preview", ReasoningConfiguration(effort: .medium),
                #"{"includeThoughts":true,"thinkingLevel":"HIGH"}"#, 0
            ),
            (
                "gemini-3.1-pro", ReasoningConfiguration(effort: .medium),
                #"{"includeThoughts":true,"thinkingLevel":"MEDIUM"}"#, 0
            ),
            ("gemini-3.5-flash", ReasoningConfiguration(mode: .disabled), #"{"thinkingLevel":"MINIMAL"}"#, 1),
            ("models/gemini-3-pro", ReasoningConfiguration(mode: .disabled), #"{"thinkingLevel":"LOW"}"#, 1),
            (
                "gemini-flash-latest", ReasoningConfiguration(mode: .enabled, budget: 2_000),
                #"{"includeThoughts":true,"thinkingLevel":"LOW"}"#, 0
            ),
            ("gemini-3.8-flash", ReasoningConfiguration(mode: .disabled), #"{"thinkingLevel":"LOW"}"#, 1),
            (
                "gemini-3.5-flash-lite", ReasoningConfiguration(effort: .minimal),
                #"{"includeThoughts":true,"thinkingLevel":"MINIMAL"}"#, 0
            ),
            ("gemini-3.5-flash", ReasoningConfiguration(mode: .adaptive), #"{"includeThoughts":true}"#, 0),
            ("gemini-2.0-flash", ReasoningConfiguration(effort: .high), nil, 1),
            ("gemini-3.5-flash", ReasoningConfiguration(), nil, 0),
        ] as [(String, ReasoningConfiguration, String?, Int)]
    )
    func thinking(model: String, reasoning: ReasoningConfiguration, expected: String?, notes: Int) throws {
        var request = request()
        request.reasoning = reasoning
        let (body, dropped) = try encode(request, model: model)
        let config = body["generationConfig"]?["thinkingConfig"]
        #expect(try config.map { try canonical($0.bytes) } == expected.map { try canonical($0) })
        #expect(dropped.count == notes)
    }

    @Test("Every number, stop sequence, tier and format arrives")
    func configuration() throws {
        var request = request()
        request.sampling.seed = JSONNumber(4_294_967_303)
        request.sampling.logprobs = true
        request.sampling.topLogprobs = 3
        request.sampling.candidateCount = 2
        request.stop = ["a", "b", "c", "d", "e", "f"]
        request.serviceTier = "priority"
        let schema = try JSONValue(validating: ByteBuffer(string: #"{"type":"object"}"#))
        request.responseFormat = .jsonSchema(ModelRequest.ResponseFormat.Schema(schema: schema))
        let (body, dropped) = try encode(request)
        try expect(
            body["generationConfig"],
            #"""
            {"seed":7,"candidateCount":2,"responseLogprobs":true,"logprobs":3,"stopSequences":["a","b","c","d","e"],
             "responseMimeType":"application/json","responseJsonSchema":{"type":"object"}}
            """#
        )
        #expect(body["serviceTier"]?.string == "priority")
        #expect(dropped == ["stop sequences beyond 5"])
        // Models before Gemini 3 refuse a format beside tools.
        request.tools = [ModelRequest.Tool(name: "f")]
        #expect(try encode(request, model: "gemini-2.5-flash").dropped.contains("response_format"))
        #expect(try encode(request).body["generationConfig"]?["responseMimeType"]?.string == "application/json")
    }

    @Test("Allowed tools and hosted ones")
    func tools() throws {
        var request = request()
        let definition = try JSONValue(validating: ByteBuffer(string: #"{"type":"web_search"}"#))
        request.tools = [
            ModelRequest.Tool(name: "f"), ModelRequest.Tool(name: "g"),
            ModelRequest.Tool(name: "web_search", kind: .hosted(type: "web_search", definition: definition)),
        ]
        request.toolChoice = .allowed(["f"], isRequired: false)
        let (body, dropped) = try encode(request)
        try expect(body["tools"], #"[{"functionDeclarations":[{"name":"f"},{"name":"g"}]}]"#)
        try expect(
            body["toolConfig"],
            #"{"functionCallingConfig":{"mode":"VALIDATED","allowedFunctionNames":["f"]}}"#
        )
        #expect(dropped == ["tools[] of type web_search"])
        request.toolChoice = .allowed(["f", "g"], isRequired: true)
        try expect(
            encode(request).body["toolConfig"],
            #"{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["f","g"]}}"#
        )
    }
}
