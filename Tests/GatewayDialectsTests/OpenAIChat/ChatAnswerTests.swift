// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

/// What chat clients get, OpenAI's and Databricks'.
@Suite("Chat answers")
struct ChatAnswerTests {
    private typealias Part = Message.Part

    private static let origin = ChatRoundTripTests.origin

    private static func context(_ apiType: APIType) -> AnswerContext {
        var context = AnswerContext(apiType: apiType, identity: Calls.identity, model: "m")
        context.origin = origin
        return context
    }

    private static func state(_ kind: OpaqueState.Kind, _ data: JSONString) -> OpaqueState {
        OpaqueState(kind, data, from: origin)
    }

    private static func thought(_ texts: [JSONString], _ state: OpaqueState? = nil) -> Part {
        Part(.reasoning(Message.Reasoning(texts: texts)), state: state)
    }

    private static func candidate(
        _ parts: [Part],
        _ apiType: APIType,
        logprobs: JSONValue? = nil
    ) throws -> JSONValue {
        let candidate = ModelResponse.Candidate(parts: parts, finishReason: .stop, logprobs: logprobs)
        let response = ModelResponse(id: "x", candidates: [candidate], usage: TokenUsage())
        let body = try JSONValue(validating: OpenAIChat().encodeResponse(response, for: context(apiType)))
        return try #require(body["choices"]?.array?.first)
    }

    private static func message(_ parts: [Part], _ apiType: APIType) throws -> JSONValue {
        try #require(candidate(parts, apiType)["message"])
    }

    /// The events that an answer streams as.
    private static func events(_ parts: [Part], candidate index: Int = 0) -> [ModelEvent] {
        var events: [ModelEvent] = []
        for part in parts {
            var state = part.state
            switch part.content {
            case .text(let text):
                events.append(.partStart(candidate: index, .text))
                events += text.string.map { .text(candidate: index, JSONString(String($0))) }
            case .refusal(let text):
                events.append(.partStart(candidate: index, .refusal))
                events += text.string.map { .text(candidate: index, JSONString(String($0))) }
            case .reasoning(let reasoning):
                events.append(.partStart(candidate: index, .reasoning(isSummary: reasoning.isSummary)))
                for (place, text) in reasoning.texts.enumerated() {
                    if place > 0 { events.append(.reasoningBreak(candidate: index)) }
                    events += text.string.map { .reasoning(candidate: index, JSONString(String($0))) }
                }
            case .media(let media): events.append(.partStart(candidate: index, .media(media)))
            case .toolCall(var call):
                let arguments = call.arguments
                call.arguments = .text("")
                events.append(.partStart(candidate: index, .toolCall(call, state: state)))
                state = nil
                if case .text(let text) = arguments { events.append(.toolArguments(candidate: index, text)) }
            case .toolResult: break
            }
            if let state { events.append(.state(candidate: index, state)) }
            for citation in part.citations { events.append(.citation(candidate: index, citation)) }
            events.append(.partEnd(candidate: index))
        }
        return events
    }

    private static func stream(_ events: [ModelEvent], _ apiType: APIType) -> String {
        var encoder = OpenAIChat().makeStreamEncoder(for: context(apiType))
        var output = ByteBuffer()
        for event in [.start(id: "x", model: nil)] + events + [.end] { encoder.encode(event, into: &output) }
        return String(buffer: output)
    }

    /// The message that a client puts together from a stream's deltas, as the clients in Databricks' documentation do it.
    private static func accumulated(_ stream: String) throws -> [String: String] {
        var members: [String: String] = [:]
        for data in eventData(stream) {
            let chunk = try JSONValue(validating: ByteBuffer(string: data))
            guard let delta = chunk["choices"]?.array?.first?["delta"] else { continue }
            for key in ["content", "reasoning_content", "refusal"] {
                if let text = delta[key]?.string { members[key, default: ""] += text }
            }
        }
        return members
    }

    // MARK: Whole answers

    @Test("reasoning-03: Databricks' clients get thoughts as blocks of the content, as in its documents")
    func blocks() throws {
        let signature = Self.state(.signature, "c2ln")
        let redacted = Self.state(.redacted, "cmVk")
        let message = try Self.message(
            [Self.thought(["hm"], signature), Self.thought([], redacted), .text("a")],
            .mlflowChat
        )
        try expectEqual(
            try #require(message["content"]).bytes,
            #"""
            [{"type":"reasoning","summary":[{"type":"summary_text","text":"hm","signature":"\#(signature.wrapped)"}]},
             {"type":"reasoning","summary":[{"type":"summary_encrypted_text","data":"\#(redacted.wrapped)"}]},{"type":"text","text":"a"}]
            """#
        )
        #expect(message["reasoning_content"] == nil)
        #expect(try Self.message([.text("a"), .text("b")], .mlflowChat)["content"]?.string == "ab")
        let image = Part(.media(Media(.image, .base64(mediaType: "image/png", data: "AA"))))
        try expectEqual(
            try #require(Self.message([image], .mlflowChat)["content"]).bytes,
            #"[{"type":"image","image_url":"data:image/png;base64,AA"}]"#
        )
    }

    @Test("reasoning-10: OpenAI's clients get thoughts beside the content, with what is attached to them")
    func reasoningContent() throws {
        let parts = [
            Self.thought(["hé"]), Self.thought(["b", "c"], Self.state(.signature, "c2ln")), .text("a"),
            Self.thought([], Self.state(.redacted, "cmVk")),
        ]
        let message = try Self.message(parts, .openAIChat)
        #expect(message["content"]?.string == "a")
        #expect(message["reasoning_content"]?.string == "hé\n\nb\n\nc")
        try expectEqual(
            try #require(message["extra_content"]).bytes,
            #"""
            {"gatehouse":{"reasoning":[{"index":0,"bytes":3,"signature":""},{"index":1,"bytes":1},
             {"index":2,"bytes":1,"signature":"\#(ChatRoundTripTests.wrapped(.signature, "c2ln"))"},{"index":3,"data":"\#(ChatRoundTripTests.wrapped(.redacted, "cmVk"))"}]}}
            """#
        )
        #expect(try Self.message([Self.thought(["hm"]), .text("a")], .openAIChat)["extra_content"] == nil)
    }

    @Test(
        "reasoning-01: Gemini's state stands in the call and in its id; refusals, sources, sound and pictures in their places",
        arguments: [APIType.openAIChat, .mlflowChat]
    )
    func otherMembers(apiType: APIType) throws {
        var call = Part.toolCall(Message.ToolCall(id: "c", name: "f", arguments: .text("{}")))
        call.state = Self.state(.thought, "c2ln")
        let custom = Part.toolCall(Message.ToolCall(id: "d", name: "sh", arguments: .text("ls"), isCustom: true))
        var text = Part.text("a")
        text.citations = [Citation(url: "https://e.com", title: "E", range: 0..<1)]
        let audio = Part(.media(Media(.audio, .base64(mediaType: "audio/wav", data: "UklG"), name: "au")))
        let message = try Self.message([text, call, custom, Part(.refusal("No.")), audio], apiType)
        let calls = Array(try #require(message["tool_calls"]?.array))
        let wrapped = ChatRoundTripTests.wrapped(.thought, "c2ln")
        #expect(calls[0]["id"]?.string == "c_\(wrapped)")
        #expect(calls[0]["extra_content"]?["google"]?["thought_signature"]?.string == wrapped)
        try expectEqual(calls[1].bytes, #"{"id":"d","type":"custom","custom":{"name":"sh","input":"ls"}}"#)
        #expect(message["refusal"]?.string == "No.")
        #expect(message["audio"]?["data"]?.string == "UklG")
        try expectEqual(
            try #require(message["annotations"]).bytes,
            #"[{"type":"url_citation","url_citation":{"url":"https://e.com","title":"E","start_index":0,"end_index":1}}]"#
        )
        let logprobs = JSONValue { $0.raw(#"[{"token":"a","logprob":-1.0}]"#) }
        let candidate = try Self.candidate([text], apiType, logprobs: logprobs)
        #expect(candidate["logprobs"]?["content"] == logprobs)
        // A line end in an event's data would end it.
        let lines = JSONValue { $0.raw("[\n{\"token\":\"a\"}]") }
        let events: [ModelEvent] = [
            .partStart(candidate: 0, .text), .logprobs(candidate: 0, lines), .partEnd(candidate: 0),
        ]
        #expect(Self.stream(events, apiType).contains(#""logprobs":{"content":[ {"token":"a"}],"refusal":null}"#))
        let stream = Self.stream(
            Self.events([text, call, custom, Part(.refusal("No.")), audio])
                + [.finish(candidate: 0, .stop)],
            apiType
        )
        #expect(stream.contains(#""id":"c_\#(wrapped)""#))
        #expect(stream.contains(#""custom":{"name":"sh","input":""}"#))
        #expect(stream.contains(#""custom":{"input":"ls"}"#))
        #expect(stream.contains(#""annotations":[{"type":"url_citation""#))
        #expect(try Self.accumulated(stream)["refusal"] == "No.")
        #expect(stream.contains(#""audio":{"id":"au","data":"UklG"}"#))
    }

    // MARK: Streams

    @Test("Thoughts stream as blocks to Databricks' clients, with the signature in the last one")
    func streamedBlocks() throws {
        let signature = Self.state(.signature, "c2ln")
        let parts = [Self.thought(["hm"], signature), Self.thought([], Self.state(.redacted, "cmVk")), .text("a")]
        let stream = Self.stream(Self.events(parts) + [.finish(candidate: 0, .stop)], .mlflowChat)
        let contents = try eventData(stream).compactMap {
            try JSONValue(validating: ByteBuffer(string: $0))["choices"]?.array?.first?["delta"]?["content"]
        }
        let blocks = contents.map { String(buffer: $0.bytes) }.filter { !$0.isEmpty }
        #expect(
            blocks == [
                #"[{"type":"reasoning","summary":[{"type":"summary_text","text":"h"}]}]"#,
                #"[{"type":"reasoning","summary":[{"type":"summary_text","text":"m"}]}]"#,
                #"[{"type":"reasoning","summary":[{"type":"summary_text","text":"","signature":"\#(signature.wrapped)"}]}]"#,
                #"[{"type":"reasoning","summary":[{"type":"summary_encrypted_text","data":"\#(ChatRoundTripTests.wrapped(.redacted, "cmVk"))"}]}]"#,
                #""a""#,
            ]
        )
    }

    @Test(
        "stream-01 stream-05 stream-06 stream-07 stream-08: Any order of parts streams to either client as what it is whole"
    )
    func randomOrders() throws {
        var generator = SplitMix(seed: 11)
        for round in 0..<100 {
            var parts: [Part] = []
            for place in 0..<Int.random(in: 0...7, using: &generator) {
                switch Int.random(in: 0..<5, using: &generator) {
                case 0: parts.append(.text(JSONString("t\(place) é")))
                case 1: parts.append(Self.thought([JSONString("r\(place)"), "ß"], nil))
                case 2:
                    parts.append(
                        Self.thought([JSONString("s\(place)")], Self.state(.signature, JSONString("c2ln\(place)")))
                    )
                case 3: parts.append(Self.thought([], Self.state(.redacted, JSONString("cmVk\(place)"))))
                default:
                    let arguments = Bool.random(using: &generator) ? "{\"k\":\(place)}" : "{}"
                    var call = Part.toolCall(
                        Message.ToolCall(
                            id: JSONString("c\(round)_\(place)"),
                            name: "f",
                            arguments: .text(JSONString(arguments))
                        )
                    )
                    if Bool.random(using: &generator) { call.state = Self.state(.thought, "dGg=") }
                    parts.append(call)
                }
            }
            let hasCalls = parts.contains { $0.toolCall != nil }
            for apiType in [APIType.openAIChat, .mlflowChat] {
                let stream = Self.stream(Self.events(parts) + [.finish(candidate: 0, .stop)], apiType)
                let whole = try Self.candidate(parts, apiType)
                #expect(whole["finish_reason"]?.string == (hasCalls ? "tool_calls" : "stop"))
                #expect(stream.contains(#""finish_reason":"\#(hasCalls ? "tool_calls" : "stop")""#))
                let message = try #require(whole["message"])
                let streamed = try Self.accumulated(stream)
                let text = parts.compactMap(\.text).map(\.string).joined()
                #expect(streamed["content"] ?? "" == text)
                if apiType == .openAIChat {
                    #expect(streamed["reasoning_content"] == message["reasoning_content"]?.string)
                    #expect(message["content"]?.string ?? "" == text)
                }
                // Both come back from the client as the same parts.
                let echoed = try Self.echo(message)
                #expect(
                    Set(ChatUpstreamTests.lines(echoed)).isSuperset(
                        of: ChatUpstreamTests.lines(parts.filter { $0.state != nil && $0.reasoning != nil })
                    )
                )
                #expect(echoed.compactMap(\.toolCall).map(\.id) == parts.compactMap(\.toolCall).map(\.id))
                let again = try DecodedStream(OpenAIChat(), ByteBuffer(string: stream))
                #expect(again.failure == nil)
                #expect(again.disorder == nil)
                let calls = again.response.candidates.first?.parts.compactMap(\.toolCall) ?? []
                #expect(calls.map(\.name) == parts.compactMap(\.toolCall).map(\.name))
                let indices = try eventData(stream).flatMap { data -> [Int] in
                    let chunk = try JSONValue(validating: ByteBuffer(string: data))
                    let choices = chunk["choices"]?.array.map(Array.init) ?? []
                    #expect(choices.allSatisfy { $0["index"]?.int == 0 })
                    return choices.flatMap { $0["delta"]?["tool_calls"]?.array.map(Array.init) ?? [] }
                        .compactMap { $0["index"]?.int }
                }
                // Dense, whatever else came between.
                #expect(Set(indices) == Set(0..<calls.count))
            }
        }
    }

    /// What the gateway reads of a message that a client sends back.
    private static func echo(_ message: JSONValue) throws -> [Part] {
        let text = #"{"model":"m","messages":[{"role":"user","content":"x"},\#(String(buffer: message.bytes))]}"#
        var dropped = DroppedMembers()
        return try OpenAIChat().decodeRequest(
            Calls.envelope(Calls.chatPath, ByteBuffer(string: text)),
            dropped: &dropped
        ).messages[1].parts
    }

    @Test("Several candidates stream side by side, each with its role, its calls from 0 and its end")
    func candidates() throws {
        let call = Part.toolCall(Message.ToolCall(id: "c", name: "f", arguments: .text("{}")))
        let first = Self.events([.text("ab"), call])
        let second = Self.events([Self.thought(["hm"]), call], candidate: 1)
        var events: [ModelEvent] = []
        for place in 0..<max(first.count, second.count) {
            if place < first.count { events.append(first[place]) }
            if place < second.count { events.append(second[place]) }
        }
        let stream = Self.stream(
            events + [.finish(candidate: 1, .toolCalls), .finish(candidate: 0, .length)],
            .openAIChat
        )
        let decoded = try DecodedStream(OpenAIChat(), ByteBuffer(string: stream))
        #expect(decoded.disorder == nil)
        let candidates = decoded.response.candidates
        #expect(ChatUpstreamTests.lines(candidates[0].parts) == ["text ab", "call c f {}"])
        #expect(ChatUpstreamTests.lines(candidates[1].parts) == ["reasoning hm", "call c f {}"])
        #expect(candidates.map(\.finishReason) == [.length, .toolCalls])
        #expect(stream.split(separator: #""role":"assistant""#).count == 3)
    }
}
