// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore

extension AnswerElement {
    private static let usage =
        #""usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":10,"totalTokenCount":20}"#

    private static func candidate(_ parts: String, _ more: String = "", index: Int = 0) -> String {
        #"{"index":\#(index),"content":{"role":"model","parts":[\#(parts)]}\#(more.isEmpty ? "" : ",\(more)")}"#
    }

    private static func answer(_ parts: String, _ more: String = #""finishReason":"STOP""#) -> String {
        #"{"candidates":[\#(candidate(parts, more))],\#(usage),"modelVersion":"m","responseId":"r"}"#
    }

    private static func chunks(_ parts: [String], _ more: String = "") -> [ByteBuffer] {
        events(
            parts.map { answer($0, "") } + [answer("", #""finishReason":"STOP"\#(more.isEmpty ? "" : ",\(more)")"#)]
        )
    }

    private static func call(_ index: Int) -> String {
        #"{"functionCall":{"id":"c\#(index)","name":"f","args":{"a":1}},"thoughtSignature":"s\#(index)"}"#
    }

    private static func chunk(_ index: Int) -> String { #"{"web":{"uri":"https://a.example/\#(index)","title":"t"}}"# }

    private static func support(_ index: Int) -> String {
        #"{"segment":{"startIndex":\#(index * 5),"endIndex":\#(index * 5 + 5)},"groundingChunkIndices":[\#(index)]}"#
    }

    private static func token(_ index: Int) -> String { #"{"token":"t\#(index)","logProbability":-0.1}"# }

    private static func grounding(_ n: Int) -> String {
        #""groundingMetadata":{"groundingChunks":[\#(list(n, chunk))],"groundingSupports":[\#(list(n, support))]}"#
    }

    /// The repeated elements of the answers of Gemini's generateContent.
    static let gemini: [AnswerElement] = [
        .whole("gemini", "candidates", most: 8) { n in
            #"{"candidates":[\#(list(n) { candidate(#"{"text":"Hi"}"#, #""finishReason":"STOP""#, index: $0) })],\#(usage)}"#
        },
        .whole("gemini", "text parts") { n in answer(list(n) { #"{"text":"word\#($0) "}"# }) },
        .whole("gemini", "thoughts and texts in turn") { n in
            answer(list(n) { #"{"text":"w"\#($0 % 2 == 0 ? #","thought":true"# : "")}"# })
        },
        .whole("gemini", "texts with a signature") { n in
            answer(list(n) { #"{"text":"w","thoughtSignature":"s\#($0)"}"# })
        },
        .whole("gemini", "tool calls") { n in answer(list(n, call)) },
        .whole("gemini", "images") { n in
            answer(list(n) { _ in #"{"inlineData":{"mimeType":"image/png","data":"aGVsbG8="}}"# })
        },
        .whole("gemini", "sources") { n in
            answer(#"{"text":"\#(run(n) { _ in "word " })"}"#, #""finishReason":"STOP",\#(grounding(n))"#)
        },
        .whole("gemini", "citation sources") { n in
            answer(
                #"{"text":"\#(run(n) { _ in "word " })"}"#,
                #""finishReason":"STOP","citationMetadata":{"citationSources":[\#(list(n) { #"{"uri":"https://a.example/\#($0)","startIndex":\#($0 * 5),"endIndex":\#($0 * 5 + 5)}"# })]}"#
            )
        },
        .whole("gemini", "log probabilities") { n in
            answer(
                #"{"text":"Hi"}"#,
                #""finishReason":"STOP","logprobsResult":{"chosenCandidates":[\#(list(n, token))],"topCandidates":[\#(list(n) { #"{"candidates":[\#(token($0))]}"# })]}"#
            )
        },
        .stream("gemini", "text chunks") { n in chunks((0..<n).map { #"{"text":"word\#($0) "}"# }) },
        .stream("gemini", "text parts of one chunk") { n in chunks([list(n) { #"{"text":"word\#($0) "}"# }]) },
        .stream("gemini", "thought chunks") { n in
            chunks((0..<n).map { #"{"text":"thought\#($0) ","thought":true}"# } + [#"{"text":"Hi"}"#])
        },
        .stream("gemini", "thoughts and texts in turn") { n in
            chunks((0..<n).map { #"{"text":"w"\#($0 % 2 == 0 ? #","thought":true"# : "")}"# })
        },
        .stream("gemini", "texts with a signature") { n in
            chunks((0..<n).map { #"{"text":"w","thoughtSignature":"s\#($0)"}"# })
        },
        .stream("gemini", "tool calls") { n in chunks((0..<n).map(call)) },
        .stream("gemini", "images") { n in
            chunks((0..<n).map { _ in #"{"inlineData":{"mimeType":"image/png","data":"aGVsbG8="}}"# })
        },
        .stream("gemini", "sources") { n in chunks([#"{"text":"\#(run(n) { _ in "word " })"}"#], grounding(n)) },
        .stream("gemini", "sources in every chunk") { n in
            events(
                (0..<n).map { answer(#"{"text":"word "}"#, grounding(min($0, 8))) } + [
                    answer("", #""finishReason":"STOP""#)
                ]
            )
        },
        .stream("gemini", "log probabilities") { n in
            events(
                (0..<n).map { answer(#"{"text":"w"}"#, #""logprobsResult":{"chosenCandidates":[\#(token($0))]}"#) }
                    + [answer("", #""finishReason":"STOP""#)]
            )
        },
    ]
}
