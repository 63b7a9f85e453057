// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

@Suite("Answers of Gemini upstreams")
struct GeminiDecodingTests {
    private func context() -> AnswerContext {
        var context = AnswerContext(apiType: .openAIChat, identity: Calls.identity, model: "m")
        context.origin = StateOrigin(tag: 7)
        return context
    }

    private func whole(_ candidate: String, _ rest: String = "") throws -> ModelResponse {
        let body = #"{"candidates":[\#(candidate)]\#(rest)}"#
        return try Gemini().decodeResponse(JSONValue(validating: ByteBuffer(string: body)), for: context())
    }

    private func events(_ chunks: [String]) throws -> [ModelEvent] {
        var decoder = Gemini().makeStreamDecoder(for: context())
        var events: [ModelEvent] = []
        for chunk in chunks { try decoder.decode(ByteBuffer(string: chunk), into: &events) }
        try decoder.finish(into: &events)
        return events
    }

    private func candidate(_ parts: String, _ rest: String = #","finishReason":"STOP""#) -> String {
        #"{"content":{"parts":[\#(parts)],"role":"model"}\#(rest)}"#
    }

    @Test("reasoning-01: A signature is told with its call, and stays with the text or thought that it was attached to")
    func signatures() throws {
        let parts =
            #"{"text":"hm","thought":true,"thoughtSignature":"czA="},{"text":"a","thoughtSignature":"czE="},{"text":"b"},{"text":"","thoughtSignature":"czI="},{"functionCall":{"name":"f"},"thoughtSignature":"czM="},{"functionCall":{"name":"g"}}"#
        let response = try whole(candidate(parts))
        let found = response.candidates[0].parts
        #expect(found.map { $0.state?.data.string } == ["czA=", "czE=", "czI=", "czM=", nil])
        #expect(found.compactMap(\.state).allSatisfy { $0.kind == .thought && $0.origin == StateOrigin(tag: 7) })
        #expect(found[0].reasoning?.isSummary == true)
        #expect(found[1].text == "a")
        #expect(found[2].text == "b")
        let streamed = try events([#"{"candidates":[\#(candidate(parts))]}"#])
        var states: [String] = []
        for event in streamed {
            switch event {
            case .partStart(_, .toolCall(let call, let state)):
                states.append("\(call.name.string) \(state?.data.string ?? "-")")
            case .state(_, let state): states.append(state.data.string)
            default: break
            }
        }
        #expect(states == ["czA=", "czE=", "czI=", "f czM=", "g -"])
    }

    @Test("reasoning-04: What is decoded goes back byte for byte through clients of every other dialect that keep it")
    func roundTrip() throws {
        let parts =
            #"{"text":"hm","thought":true},{"functionCall":{"id":"x","name":"f"},"thoughtSignature":"c+/2ln=="}"#
        let state = try #require(try whole(candidate(parts)).candidates[0].parts.last?.state)
        let id = OpaqueState.id("x", carrying: state)
        #expect(OpaqueState.split(id: id).state?.data.string == "c+/2ln==")
    }

    @Test("Pictures and sounds of an answer are media")
    func media() throws {
        let parts = #"{"text":"Here: "},{"inlineData":{"mimeType":"image/png","data":"iVBORw=="}},{"text":"done"}"#
        let response = try whole(candidate(parts))
        #expect(response.candidates[0].parts.map { $0.media?.kind } == [nil, .image, nil])
        let kinds = try events([#"{"candidates":[\#(candidate(parts))]}"#]).compactMap { event in
            if case .partStart(_, .media(let media)) = event { media.kind } else { nil }
        }
        #expect(kinds == [.image])
    }

    @Test("Sources that ground an answer become citations, places counted in characters")
    func grounding() throws {
        let metadata =
            #","finishReason":"STOP","groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://a.example","title":"A"}},{"web":{"uri":"https://b.example","title":"B"}},{"maps":{"uri":"https://c.example","title":"C"}}],"groundingSupports":[{"segment":{"startIndex":5,"endIndex":11,"text":"ürich"},"groundingChunkIndices":[1,0,99]}]},"citationMetadata":{"citations":[{"startIndex":0,"endIndex":3,"uri":"https://d.example"}]}"#
        let whole = try whole(candidate(#"{"text":"héé Zürich"}"#, metadata)).candidates[0].parts[0].citations
        #expect(
            whole.map { $0.url?.string } == [
                "https://d.example", "https://b.example", "https://a.example", "https://c.example",
            ]
        )
        #expect(whole.map(\.title?.string) == [nil, "B", "A", "C"])
        // "h", "é" is no place in characters; "éé Zür" starts within a character's bytes and is rounded down.
        #expect(whole[1].range == 3..<8)
        #expect(whole[3].range == nil)
        let streamed = try events([
            #"{"candidates":[\#(candidate(#"{"text":"héé Z"}"#, ""))]}"#,
            #"{"candidates":[\#(candidate(#"{"text":"ürich"}"#, metadata))]}"#,
        ])
        let citations = streamed.compactMap { event in
            if case .citation(_, let citation) = event { citation } else { nil }
        }
        #expect(citations.map { $0.url?.string } == whole.map { $0.url?.string })
        #expect(citations.map(\.range) == whole.map(\.range))
    }

    @Test("Log probabilities have OpenAI's shape")
    func logprobs() throws {
        let result =
            #","finishReason":"STOP","logprobsResult":{"chosenCandidates":[{"token":"é","tokenId":7,"logProbability":-0.25}],"topCandidates":[{"candidates":[{"token":"é","logProbability":-0.25},{"token":"e","logProbability":-1.5}]}]}"#
        let expected =
            #"[{"token":"é","logprob":-0.25,"bytes":[195,169],"top_logprobs":[{"token":"é","logprob":-0.25,"bytes":[195,169]},{"token":"e","logprob":-1.5,"bytes":[101]}]}]"#
        let whole = try #require(try whole(candidate(#"{"text":"é"}"#, result)).candidates[0].logprobs)
        try expectEqual(whole.bytes, expected)
        let streamed = try events([#"{"candidates":[\#(candidate(#"{"text":"é"}"#, result))]}"#]).compactMap { event in
            if case .logprobs(_, let value) = event { value } else { nil }
        }
        #expect(streamed.count == 1)
        try expectEqual(#require(streamed.first).bytes, expected)
    }

    @Test("Any order of parts adds up to the same, whole and streamed, and keeps the promised order of events")
    func anyOrder() throws {
        var generator = SplitMix(seed: 17)
        for _ in 0..<300 {
            var parts: [String] = []
            for index in 0..<Int.random(in: 0...8, using: &generator) {
                let signature =
                    Int.random(in: 0..<3, using: &generator) == 0 ? #","thoughtSignature":"c\#(index)=="# + "\"" : ""
                switch Int.random(in: 0..<6, using: &generator) {
                case 0: parts.append(#"{"text":"t\#(index)"\#(signature)}"#)
                case 1: parts.append(#"{"text":"h\#(index)","thought":true\#(signature)}"#)
                case 2: parts.append(#"{"text":""\#(signature)}"#)
                case 3: parts.append(#"{"functionCall":{"name":"f","args":{"i":\#(index)}}\#(signature)}"#)
                case 4: parts.append(#"{"inlineData":{"mimeType":"image/png","data":"iVBORw=="}\#(signature)}"#)
                default: parts.append(#"{"executableCode":{"code":"1"}}"#)
                }
            }
            let expected = try whole(candidate(parts.joined(separator: ",")), #","responseId":"r","modelVersion":"m""#)
            // The same parts in one element or in one each.
            let head = #","responseId":"r","modelVersion":"m"}"#
            let chunks =
                parts.map { #"{"candidates":[\#(candidate($0, ""))]"# + head }
                + [#"{"candidates":[{"finishReason":"STOP"}]"# + head]
            for chunks in [chunks, [#"{"candidates":[\#(candidate(parts.joined(separator: ",")))]"# + head]] {
                let bytes = ByteBuffer(string: chunks.map { "data: \($0)\r\n\r\n" }.joined())
                let decoded = try DecodedStream(Gemini(), bytes)
                #expect(decoded.disorder == nil)
                #expect(
                    try decoded.response.text().replacing("0000000000000007", with: "0000000000000000")
                        == expected.text().replacing("0000000000000007", with: "0000000000000000")
                )
            }
        }
    }
}
