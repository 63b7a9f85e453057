// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

@Suite("Answers for Gemini clients")
struct GeminiAnswerTests {
    private static let origin = StateOrigin(tag: 7)

    private func context(_ isSSE: Bool = true, _ request: String = "{}") throws -> AnswerContext {
        var context = AnswerContext(apiType: .geminiGenerateContent, identity: Calls.identity, model: "m")
        context.wantsServerSentEvents = isSSE
        context.origin = Self.origin
        context.request = try JSONScan(ByteBuffer(string: request))
        return context
    }

    private func stream(_ events: [ModelEvent], _ context: AnswerContext) -> String {
        var encoder = Gemini().makeStreamEncoder(for: context)
        var output = ByteBuffer()
        for event in events { encoder.encode(event, into: &output) }
        return String(buffer: output)
    }

    private func elements(_ output: String) throws -> [JSONValue] {
        try output.components(separatedBy: "\r\n\r\n").filter { !$0.isEmpty }.map { event in
            #expect(event.hasPrefix("data: "))
            #expect(!event.contains("\n"))
            return try JSONValue(validating: ByteBuffer(string: String(event.dropFirst(6))))
        }
    }

    /// Parts of a turn as clients put them together of a stream's elements.
    private func parts(_ elements: [JSONValue]) -> [JSONValue] {
        elements.flatMap {
            $0["candidates"]?.array?.first?["content"]?["parts"]?.array.map(Array.init) ?? []
        }
    }

    private func call(_ name: JSONString, state: OpaqueState? = nil) -> ModelEvent {
        let call = Message.ToolCall(id: JSONString("c-\(name.string)"), name: name, arguments: .text(""))
        return .partStart(candidate: 0, .toolCall(call, state: state))
    }

    @Test("stream-14 stream-12: Texts go out at once, a call whole, and the end has the reason, the usage and a part")
    func streamed() throws {
        var usage = TokenUsage()
        usage.uncachedInput = 10
        usage.cacheRead = 30
        usage.output = 20
        usage.reasoning = 8
        let state = OpaqueState(.thought, "c2ln", from: Self.origin)
        let events: [ModelEvent] = [
            .start(id: "r1", model: "up"), .partStart(candidate: 0, .reasoning(isSummary: false)),
            .reasoning(candidate: 0, "hm"),
            .state(candidate: 0, OpaqueState(.signature, "c2lnMg==", from: Self.origin)),
            .partEnd(candidate: 0), .partStart(candidate: 0, .text), .text(candidate: 0, "a\u{1F326}"),
            .text(candidate: 0, "b"), .partEnd(candidate: 0), call("f", state: state),
            .toolArguments(candidate: 0, #"{"x":"#), .toolArguments(candidate: 0, "[1.0]}"), .partEnd(candidate: 0),
            call("g"), .partEnd(candidate: 0), .finish(candidate: 0, .toolCalls), .usage(usage), .end,
        ]
        // Nothing but calls, the end and the usage waits.
        var encoder = Gemini().makeStreamEncoder(for: try context())
        for event in events.dropLast() {
            var output = ByteBuffer()
            encoder.encode(event, into: &output)
            switch event {
            case .text, .reasoning, .state: #expect(output.readableBytes > 0)
            case .partEnd: break
            default: #expect(output.readableBytes == 0)
            }
        }
        let elements = try elements(stream(events, context()))
        for element in elements {
            #expect(element["responseId"]?.string == "r1")
            #expect(element["modelVersion"]?.string == "up")
            let candidate = element["candidates"]?.array?.first
            #expect(candidate?["index"]?.int == 0)
            #expect(candidate?["content"]?["role"]?.string == "model")
            #expect(candidate?["content"]?["parts"]?.array?.isEmpty == false)
        }
        let parts = parts(elements)
        #expect(parts.compactMap { $0["thought"]?.bool == true ? $0["text"]?.string : nil } == ["hm", ""])
        #expect(parts.compactMap { $0["thought"] == nil ? $0["text"]?.string : nil } == ["a🌦", "b", ""])
        let calls = parts.compactMap { $0["functionCall"] }
        #expect(calls.map { $0["id"]?.string } == ["c-f", "c-g"])
        #expect(calls.map { String(buffer: $0["args"]?.bytes ?? ByteBuffer()) } == [#"{"x":[1.0]}"#, "{}"])
        let signatures = parts.compactMap { $0["thoughtSignature"]?.string }
        #expect(signatures.count == 2)
        for signature in signatures { #expect(signature.utf8.count % 4 == 0) }
        let last = try #require(elements.last)
        #expect(last["candidates"]?.array?.first?["finishReason"]?.string == "STOP")
        // usage-01
        try expectEqual(
            #require(last["usageMetadata"]).bytes,
            #"{"promptTokenCount":40,"cachedContentTokenCount":30,"candidatesTokenCount":12,"thoughtsTokenCount":8,"totalTokenCount":60}"#
        )
        #expect(elements.dropLast().allSatisfy { $0["usageMetadata"] == nil })
    }

    @Test("A client without alt=sse gets the same elements as an array")
    func array() throws {
        let events: [ModelEvent] = [
            .start(id: "r1", model: "up"), .partStart(candidate: 0, .text), .text(candidate: 0, "a"),
            .partEnd(candidate: 0), .finish(candidate: 0, .stop), .end,
        ]
        #expect(Gemini().streamContentType(for: try context()) == "text/event-stream")
        #expect(Gemini().streamContentType(for: try context(false)) == "application/json")
        let array = try JSONValue(validating: ByteBuffer(string: stream(events, context(false)))).array.map(Array.init)
        let elements = try elements(stream(events, context()))
        #expect(try array?.map { try canonical($0.bytes) } == elements.map { try canonical($0.bytes) })
    }

    @Test("stream-18: A stream that fails ends with the error in the client's own form, first member 'error'")
    func failures() throws {
        let error = GatewayError(.upstreamTimeout, "Too slow.")
        for count in 0...1 {
            var encoder = Gemini().makeStreamEncoder(for: try context(false))
            var output = ByteBuffer()
            for _ in 0..<count { encoder.encode(.text(candidate: 0, "a"), into: &output) }
            #expect(encoder.encodeFailure(error, into: &output))
            let elements = try #require(JSONValue(validating: output).array.map(Array.init))
            #expect(elements.count == count + 1)
            #expect(elements.last?["error"]?["code"]?.int == 504)
        }
        var encoder = Gemini().makeStreamEncoder(for: try context())
        var output = ByteBuffer()
        let isWritten = encoder.encodeFailure(error, into: &output)
        #expect(!isWritten)
        // The SDK looks for exactly this beginning.
        #expect(String(buffer: Gemini().encodeStreamError(error, requestID: "r")).hasPrefix(#"data: {"error":"#))
    }

    @Test("Arguments that are no object cannot be said in this format; the vendor's reason for that is told")
    func malformedCalls() throws {
        let call = Message.ToolCall(id: "a", name: "f", arguments: .text(#"{"x":"#))
        let response = ModelResponse(
            candidates: [ModelResponse.Candidate(parts: [.toolCall(call)], finishReason: .toolCalls)],
            usage: TokenUsage()
        )
        let whole = try JSONValue(validating: Gemini().encodeResponse(response, for: context()))
        let streamed = try elements(
            stream(
                [
                    self.call("f"), .toolArguments(candidate: 0, #"{"x":"#), .partEnd(candidate: 0),
                    .finish(candidate: 0, .toolCalls), .end,
                ],
                context()
            )
        )
        for answer in [whole, try #require(streamed.last)] {
            let candidate = try #require(answer["candidates"]?.array?.first)
            #expect(candidate["finishReason"]?.string == "MALFORMED_FUNCTION_CALL")
            #expect(candidate["finishMessage"]?.string?.contains("'f'") == true)
            #expect(candidate["content"]?["parts"]?.array?.count == 1)
        }
    }

    @Test(
        "Reasons to finish",
        arguments: [
            (FinishReason.stop, "STOP"), (.stopSequence("x"), "STOP"), (.length, "MAX_TOKENS"), (.toolCalls, "STOP"),
            (.refusal, "SAFETY"), (.pause, "OTHER"), (.other("RECITATION"), "RECITATION"),
            (.other("end of \"turn\""), "OTHER"),
        ]
    )
    func finishReasons(reason: FinishReason, expected: String) throws {
        let response = ModelResponse(
            candidates: [ModelResponse.Candidate(parts: [.text("a")], finishReason: reason)],
            usage: TokenUsage()
        )
        let body = try JSONValue(validating: Gemini().encodeResponse(response, for: context()))
        #expect(body["candidates"]?.array?.first?["finishReason"]?.string == expected)
    }

    @Test("An answer that a filter took away is a blocked prompt")
    func blocked() throws {
        let response = ModelResponse(
            candidates: [ModelResponse.Candidate(parts: [], finishReason: .contentFilter)],
            usage: TokenUsage()
        )
        let whole = try JSONValue(validating: Gemini().encodeResponse(response, for: context()))
        let streamed = try elements(
            stream([.start(id: nil, model: nil), .finish(candidate: 0, .contentFilter), .end], context())
        )
        for answer in [whole, try #require(streamed.last)] {
            #expect(answer["promptFeedback"]?["blockReason"]?.string == "SAFETY")
            #expect(answer["candidates"] == nil)
        }
    }

    @Test("Answers of one word are taken out of their object, also where they arrive in pieces")
    func choices() throws {
        let request = #"{"generationConfig":{"responseMimeType":"text/x.enum"}}"#
        let text = #"{"value": "Per\u00e7ussion"}"#
        let response = ModelResponse(
            candidates: [ModelResponse.Candidate(parts: [.text(JSONString(text))], finishReason: .stop)],
            usage: TokenUsage()
        )
        let whole = try JSONValue(validating: Gemini().encodeResponse(response, for: context(true, request)))
        #expect(parts([whole]).compactMap { $0["text"]?.string } == ["Perçussion"])
        let pieces = text.map { ModelEvent.text(candidate: 0, JSONString(String($0))) }
        let events = [ModelEvent.partStart(candidate: 0, .text)] + pieces + [.partEnd(candidate: 0), .end]
        let streamed = try elements(stream(events, context(true, request)))
        #expect(parts(streamed).compactMap { $0["text"]?.string } == ["Perçussion", ""])
    }

    @Test("Sources and log probabilities arrive, places counted in bytes")
    func annotations() throws {
        let logprobs = try JSONValue(
            validating: ByteBuffer(
                string:
                    #"[{"token":"é","logprob":-0.5,"bytes":[195,169],"top_logprobs":[{"token":"e","logprob":-2,"bytes":[101]}]}]"#
            )
        )
        let citation = Citation(url: "https://example.com", title: "T", range: 2..<4)
        var part = Message.Part.text("zéro")
        part.citations = [citation, Citation(title: "book", citedText: "words")]
        let response = ModelResponse(
            candidates: [ModelResponse.Candidate(parts: [part], finishReason: .stop, logprobs: logprobs)],
            usage: TokenUsage()
        )
        let whole = try JSONValue(validating: Gemini().encodeResponse(response, for: context()))
        let events: [ModelEvent] = [
            .partStart(candidate: 0, .text), .text(candidate: 0, "zé"), .logprobs(candidate: 0, logprobs),
            .text(candidate: 0, "ro"), .citation(candidate: 0, part.citations[0]),
            .citation(candidate: 0, part.citations[1]), .partEnd(candidate: 0), .finish(candidate: 0, .stop), .end,
        ]
        let streamed = try elements(stream(events, context()))
        let grounding = [whole, try #require(streamed.last)].map {
            $0["candidates"]?.array?.first?["groundingMetadata"]
        }
        for grounding in grounding {
            try expectEqual(
                #require(grounding).bytes,
                #"""
                {"groundingChunks":[{"web":{"uri":"https://example.com","title":"T"}},{"retrievedContext":{"title":"book","text":"words"}}],
                 "groundingSupports":[{"segment":{"startIndex":3,"endIndex":5},"groundingChunkIndices":[0]}]}
                """#
            )
        }
        let told = ([whole] + streamed).compactMap { $0["candidates"]?.array?.first?["logprobsResult"] }
        #expect(told.count == 2)
        for told in told {
            try expectEqual(
                told.bytes,
                #"{"chosenCandidates":[{"token":"é","logProbability":-0.5}],"topCandidates":[{"candidates":[{"token":"e","logProbability":-2}]}]}"#
            )
        }
    }

    @Test(
        "stream-04 stream-05 stream-14: Any order of thoughts, texts, media and calls comes back as it was, whole and streamed"
    )
    func anyOrder() throws {
        var generator = SplitMix(seed: 11)
        for round in 0..<200 {
            var events: [ModelEvent] = [.start(id: "r", model: "m")]
            var whole: [Message.Part] = []
            for index in 0..<Int.random(in: 0...7, using: &generator) {
                let state = Bool.random(using: &generator) ? OpaqueState(.thought, "c2ln", from: Self.origin) : nil
                let text = JSONString("t\(index)")
                switch Int.random(in: 0..<4, using: &generator) {
                // Where one text ends and the next begins, the pieces of a stream do not tell.
                case 0 where whole.last?.text == nil:
                    events += [.partStart(candidate: 0, .text), .text(candidate: 0, text)]
                    if let state { events.append(.state(candidate: 0, state)) }
                    whole.append(Message.Part(.text(text), state: state))
                case 0, 1:
                    events += [
                        .partStart(candidate: 0, .reasoning(isSummary: true)), .reasoning(candidate: 0, text),
                    ]
                    if let state { events.append(.state(candidate: 0, state)) }
                    whole.append(
                        Message.Part(.reasoning(Message.Reasoning(texts: [text], isSummary: true)), state: state)
                    )
                case 2:
                    let media = Media(.image, .base64(mediaType: "image/png", data: "iVBORw=="))
                    events.append(.partStart(candidate: 0, .media(media)))
                    whole.append(Message.Part(.media(media)))
                default:
                    let id = JSONString("c\(round)_\(index)")
                    let empty = Message.ToolCall(id: id, name: "f", arguments: .text(""))
                    events += [
                        .partStart(candidate: 0, .toolCall(empty, state: state)),
                        .toolArguments(candidate: 0, #"{"i":"#), .toolArguments(candidate: 0, "\(index)}".json),
                    ]
                    let call = Message.ToolCall(id: id, name: "f", arguments: .text("{\"i\":\(index)}".json))
                    whole.append(Message.Part(.toolCall(call), state: state))
                }
                events.append(.partEnd(candidate: 0))
            }
            events += [.finish(candidate: 0, .stop), .end]
            let response = ModelResponse(
                candidates: [ModelResponse.Candidate(parts: whole, finishReason: .stop)],
                usage: TokenUsage()
            )
            let answers = [
                parts([try JSONValue(validating: Gemini().encodeResponse(response, for: context()))]),
                parts(try elements(stream(events, context()))),
            ]
            // Sent back as a client does, both say the same.
            let turns = try answers.map { answer in
                let written = answer.map { String(buffer: $0.bytes) }.joined(separator: ",")
                let body = #"{"contents":[{"parts":[{"text":"q"}]},{"role":"model","parts":[\#(written)]}]}"#
                let (request, _) = try GeminiClientRequestTests.decode(body)
                return try text(of: request.messages.count > 1 ? request.messages[1].parts : [])
            }
            #expect(turns[0] == turns[1])
            let calls = whole.compactMap(\.toolCall).map(\.id.string)
            for call in calls { #expect(turns[0].contains(call)) }
        }
    }

    private func text(of parts: [Message.Part]) throws -> String {
        // Empty texts carry nothing but a state, which then belongs to the text before.
        var merged: [Message.Part] = []
        for part in parts {
            if part.text?.isEmpty == true, part.state == nil { continue }
            if part.text?.isEmpty == true, merged.last?.text != nil, merged.last?.state == nil {
                merged[merged.count - 1].state = part.state
            } else if let text = part.text, let first = merged.last?.text, merged.last?.state == nil, part.state == nil
            {
                merged[merged.count - 1] = .text(JSONString(first.string + text.string))
            } else {
                merged.append(part)
            }
        }
        let response = ModelResponse(
            candidates: [ModelResponse.Candidate(parts: merged, finishReason: nil)],
            usage: TokenUsage()
        )
        return try response.text()
    }
}

extension String {
    fileprivate var json: JSONString { JSONString(self) }

    fileprivate func components(separatedBy separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}
