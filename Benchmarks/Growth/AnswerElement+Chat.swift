// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore

extension AnswerElement {
    private static func answer(_ message: String, _ more: String = "") -> String {
        #"{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant",\#(message)},"finish_reason":"stop"\#(more)}],"usage":\#(usage)}"#
    }

    private static let usage = #"{"prompt_tokens":10,"completion_tokens":10,"total_tokens":20}"#

    private static func chunk(_ choices: String) -> String {
        #"{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[\#(choices)]}"#
    }

    private static func delta(_ members: String, _ more: String = "", index: Int = 0) -> String {
        #"{"index":\#(index),"delta":{\#(members)},"finish_reason":null\#(more)}"#
    }

    /// A chunk for every delta, and the end.
    private static func chunks(_ deltas: [String], reason: String = "stop") -> [ByteBuffer] {
        let end = [
            chunk(#"{"index":0,"delta":{},"finish_reason":"\#(reason)"}"#),
            #"{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":\#(usage)}"#,
            "[DONE]",
        ]
        return events(deltas.map(chunk) + end)
    }

    private static func call(_ index: Int) -> String {
        #"{"id":"call_\#(index)","type":"function","function":{"name":"f","arguments":"{}"}}"#
    }

    private static func begun(_ index: Int) -> String {
        #"{"index":\#(index),"id":"call_\#(index)","type":"function","function":{"name":"f","arguments":""}}"#
    }

    private static func fragment(_ index: Int, _ text: String) -> String {
        #"{"index":\#(index),"function":{"arguments":"\#(text)"}}"#
    }

    private static func annotation(_ index: Int) -> String {
        #"{"type":"url_citation","url_citation":{"url":"https://a.example/\#(index)","title":"t","start_index":0,"end_index":1}}"#
    }

    private static func logprob(_ index: Int) -> String {
        #"{"token":"t\#(index)","logprob":-0.1,"bytes":[116],"top_logprobs":[{"token":"t","logprob":-0.1,"bytes":[116]}]}"#
    }

    /// The repeated elements of the answers of Chat Completions.
    static let chat: [AnswerElement] = [
        .whole("chat", "choices", most: 128) { n in
            #"{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","choices":[\#(list(n) { #"{"index":\#($0),"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}"# })],"usage":\#(usage)}"#
        },
        .whole("chat", "words of a text") { n in answer(#""content":"\#(run(n) { "word\($0) " })""#) },
        .whole("chat", "escapes of a text") { n in answer(#""content":"\#(run(n) { _ in #"\n\u00e9\ud83d\ude00 "# })""#)
        },
        .whole("chat", "parts of a content") { n in
            answer(#""content":[\#(list(n) { _ in #"{"type":"text","text":"Hello"}"# })]"#)
        },
        .whole("chat", "thinking parts of a content") { n in
            answer(
                #""content":[\#(list(n) { _ in #"{"type":"thinking","thinking":[{"type":"text","text":"t"}]}"# }),{"type":"text","text":"Hi"}]"#
            )
        },
        .whole("chat", "summaries of a reasoning part") { n in
            answer(
                #""content":[{"type":"reasoning","summary":[\#(list(n) { #"{"type":"summary_text","text":"t","signature":"s\#($0)"}"# })]},{"type":"text","text":"Hi"}]"#
            )
        },
        .whole("chat", "reasoning details") { n in
            answer(
                #""content":"Hi","reasoning_details":[\#(list(n) { #"{"type":"reasoning.text","text":"t","signature":"s\#($0)"}"# })]"#
            )
        },
        .whole("chat", "annotations") { n in answer(#""content":"Hi","annotations":[\#(list(n, annotation))]"#) },
        .whole("chat", "images") { n in
            answer(
                #""content":"Hi","images":[\#(list(n) { _ in #"{"type":"image_url","image_url":{"url":"data:image/png;base64,aGVsbG8="}}"# })]"#
            )
        },
        .whole("chat", "log probabilities") { n in
            answer(#""content":"Hi""#, #","logprobs":{"content":[\#(list(n, logprob))]}"#)
        },
        .whole("chat", "tool calls") { n in answer(#""content":null,"tool_calls":[\#(list(n, call))]"#) },
        .whole("chat", "keys of a call's arguments") { n in
            answer(
                #""content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"structured_output","arguments":"{\#(list(n) { #"\"k\#($0)\":\#($0)"# })}"}}]"#
            )
        },
        .whole("chat", "fences in a text") { n in answer(#""content":"\#(run(n) { _ in #"```json\n"# })""#) },
        .whole("chat", "unknown members") { n in answer(#""content":"Hi",\#(list(n) { #""x\#($0)":1"# })"#) },
        .stream("chat", "text deltas") { n in chunks((0..<n).map { delta(#""content":"word\#($0) ""#) }) },
        .stream("chat", "text deltas in one read") { n in
            pieces(
                of: chunks((0..<n).map { delta(#""content":"word\#($0) ""#) })
                    .reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) },
                bytes: 1 << 24
            )
        },
        .stream("chat", "bytes of one event") { n in
            pieces(
                of: chunks([delta(#""content":"\#(run(n) { "word\($0) " })""#)])
                    .reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) },
                bytes: 16
            )
        },
        .stream("chat", "deltas of one event") { n in
            events([chunk(list(n) { delta(#""content":"word\#($0) ""#) })]) + chunks([])
        },
        .stream("chat", "deltas that are almost a stop sequence") { n in
            chunks((0..<n).map { _ in delta(#""content":"<stop ""#) })
        },
        .stream("chat", "deltas of white space") { n in chunks((0..<n).map { _ in delta(#""content":" ""#) }) },
        .stream("chat", "texts of a structured answer") { n in
            chunks(
                [delta(#""content":"{""#)] + (0..<n).map { delta(#""content":"\"k\#($0)\":\#($0),""#) }
                    + [delta(#""content":"\"k\":1}""#)]
            )
        },
        .stream("chat", "reasoning deltas") { n in
            chunks((0..<n).map { delta(#""reasoning_content":"thought \#($0) ""#) } + [delta(#""content":"Hi""#)])
        },
        .stream("chat", "reasoning and text in turn") { n in
            chunks((0..<n).map { delta($0 % 2 == 0 ? #""reasoning_content":"t""# : #""content":"w""#) })
        },
        .stream("chat", "reasoning details") { n in
            chunks(
                (0..<n).map {
                    delta(#""reasoning_details":[{"type":"reasoning.text","text":"t","signature":"s\#($0)"}]"#)
                }
                    + [delta(#""content":"Hi""#)]
            )
        },
        .stream("chat", "annotations") { n in
            chunks([delta(#""content":"Hi""#)] + (0..<n).map { delta(#""annotations":[\#(annotation($0))]"#) })
        },
        .stream("chat", "annotations in one event") { n in
            chunks([delta(#""content":"Hi""#), delta(#""annotations":[\#(list(n, annotation))]"#)])
        },
        .stream("chat", "log probabilities") { n in
            chunks((0..<n).map { delta(#""content":"w""#, #","logprobs":{"content":[\#(logprob($0))]}"#) })
        },
        .stream("chat", "fragments of a call") { n in
            chunks(
                [delta(#""tool_calls":[\#(begun(0))]"#), delta(#""tool_calls":[\#(fragment(0, "{"))]"#)]
                    + (0..<n).map { delta(#""tool_calls":[\#(fragment(0, #"\"k\#($0)\":1,"#))]"#) }
                    + [delta(#""tool_calls":[\#(fragment(0, #"\"k\":1}"#))]"#)],
                reason: "tool_calls"
            )
        },
        .stream("chat", "calls, one after another", most: 1_024) { n in
            chunks(
                (0..<n).flatMap {
                    [delta(#""tool_calls":[\#(begun($0))]"#), delta(#""tool_calls":[\#(fragment($0, "{}"))]"#)]
                },
                reason: "tool_calls"
            )
        },
        .stream("chat", "calls of one index", most: 1_024) { n in
            chunks(
                (0..<n).map {
                    delta(
                        #""tool_calls":[{"index":0,"id":"call_\#($0)","type":"function","function":{"name":"f","arguments":"{}"}}]"#
                    )
                },
                reason: "tool_calls"
            )
        },
        .stream("chat", "calls that overlap", most: 1_024) { n in
            chunks(
                (0..<n).map { delta(#""tool_calls":[\#(begun($0))]"#) }
                    + (0..<n).map { delta(#""tool_calls":[\#(fragment(n - 1 - $0, "{}"))]"#) },
                reason: "tool_calls"
            )
        },
        .stream("chat", "calls that overlap, known by their ids", most: 1_024) { n in
            chunks(
                (0..<n).map { delta(#""tool_calls":[\#(begun($0))]"#) }
                    + (0..<n).map {
                        delta(
                            #""tool_calls":[{"index":\#(n - 1 - $0),"id":"call_\#(n - 1 - $0)","function":{"arguments":"{}"}}]"#
                        )
                    },
                reason: "tool_calls"
            )
        },
        .stream("chat", "fragments of 1,000 calls that overlap") { n in
            chunks(
                (0..<1_000).map { delta(#""tool_calls":[\#(begun($0))]"#) }
                    + (0..<n).map { delta(#""tool_calls":[\#(fragment($0 % 1_000, " "))]"#) }
                    + (0..<1_000).map { delta(#""tool_calls":[\#(fragment($0, "{}"))]"#) },
                reason: "tool_calls"
            )
        },
        .stream("chat", "choices of a stream", most: 128) { n in
            events((0..<n).map { chunk(delta(#""content":"w""#, index: $0)) }) + chunks([])
        },
        .stream("chat", "comments and empty lines") { n in
            (0..<n).map { _ in ByteBuffer(string: ": comment\n\n") } + chunks([delta(#""content":"w""#)])
        },
        .stream("chat", "lines of one event") { n in
            [ByteBuffer(string: run(n) { _ in "data: \n" } + "data: " + chunk(delta(#""content":"w""#)) + "\n\n")]
                + chunks([])
        },
        .stream("chat", "usage in every event") { n in
            events(
                (0..<n).map { _ in
                    #"{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[\#(delta(#""content":"w""#))],"usage":\#(usage)}"#
                }
            ) + chunks([])
        },
    ]
}
