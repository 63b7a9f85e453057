// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore

extension AnswerElement {
    private static func response(_ output: String, status: String = "completed") -> String {
        #"{"id":"resp_1","object":"response","created_at":1,"status":"\#(status)","model":"m","output":[\#(output)],"usage":{"input_tokens":10,"output_tokens":10,"total_tokens":20}}"#
    }

    private static func message(_ content: String, _ index: Int = 0) -> String {
        #"{"type":"message","id":"msg_\#(index)","status":"completed","role":"assistant","content":[\#(content)]}"#
    }

    private static func text(_ text: String, _ annotations: String = "", _ logprobs: String = "") -> String {
        #"{"type":"output_text","text":"\#(text)","annotations":[\#(annotations)],"logprobs":[\#(logprobs)]}"#
    }

    private static func call(_ index: Int) -> String {
        #"{"type":"function_call","id":"fc_\#(index)","call_id":"call_\#(index)","name":"f","arguments":"{}","status":"completed"}"#
    }

    private static func reasoning(_ index: Int, _ summary: String) -> String {
        #"{"type":"reasoning","id":"rs_\#(index)","summary":[\#(summary)],"encrypted_content":"e\#(index)"}"#
    }

    private static func annotation(_ index: Int) -> String {
        #"{"type":"url_citation","url":"https://a.example/\#(index)","title":"t","start_index":0,"end_index":1}"#
    }

    private static func logprob(_ index: Int) -> String {
        #"{"token":"t\#(index)","logprob":-0.1,"bytes":[116],"top_logprobs":[]}"#
    }

    private static func event(_ type: String, _ members: String) -> String {
        #"{"type":"response.\#(type)","sequence_number":1,\#(members)}"#
    }

    private static func stream(_ events: [String], output: String = "") -> [ByteBuffer] {
        let all =
            [event("created", #""response":\#(response("", status: "in_progress"))"#)] + events + [
                event("completed", #""response":\#(response(output))"#)
            ]
        return all.map { data in
            let name = data.dropFirst(9).prefix { $0 != "\"" }
            return ByteBuffer(string: "event: \(name)\ndata: \(data)\n\n")
        }
    }

    private static func added(_ index: Int, _ item: String) -> String {
        event("output_item.added", #""output_index":\#(index),"item":\#(item)"#)
    }

    private static func done(_ index: Int, _ item: String) -> String {
        event("output_item.done", #""output_index":\#(index),"item":\#(item)"#)
    }

    private static func delta(_ type: String, _ members: String, item: Int = 0) -> String {
        event(type, #""output_index":\#(item),\#(members)"#)
    }

    /// The repeated elements of the answers of OpenAI's Responses.
    static let responses: [AnswerElement] = [
        .whole("responses", "messages") { n in response(list(n) { message(text("Hi"), $0) }) },
        .whole("responses", "parts of a message") { n in response(message(list(n) { _ in text("Hi") })) },
        .whole("responses", "annotations") { n in response(message(text("Hi", list(n, annotation)))) },
        .whole("responses", "log probabilities") { n in response(message(text("Hi", "", list(n, logprob)))) },
        .whole("responses", "calls") { n in response(list(n, call)) },
        .whole("responses", "calls and messages") { n in
            response("\(list(n, call)),\(list(n) { message(text("Hi"), $0) })")
        },
        .whole("responses", "reasoning items") { n in
            response(
                "\(list(n) { reasoning($0, #"{"type":"summary_text","text":"t"}"#) }),\(message(text("Hi")))"
            )
        },
        .whole("responses", "summaries of a reasoning") { n in
            response("\(reasoning(0, list(n) { _ in #"{"type":"summary_text","text":"t"}"# })),\(message(text("Hi")))")
        },
        .whole("responses", "items of unknown types") { n in
            response("\(list(n) { #"{"type":"t\#($0)","id":"x_\#($0)"}"# }),\(message(text("Hi")))")
        },
        .stream("responses", "text deltas") { n in
            stream(
                [added(0, message(""))]
                    + (0..<n).map { delta("output_text.delta", #""content_index":0,"delta":"word\#($0) ""#) }
                    + [done(0, message(text(run(n) { "word\($0) " })))],
                output: message(text(run(n) { "word\($0) " }))
            )
        },
        .stream("responses", "parts of a message") { n in
            stream(
                [added(0, message(""))]
                    + (0..<n).map { delta("output_text.delta", #""content_index":\#($0),"delta":"w""#) }
                    + [done(0, message(list(n) { _ in text("w") }))],
                output: message(list(n) { _ in text("w") })
            )
        },
        .stream("responses", "annotations") { n in
            stream(
                [added(0, message("")), delta("output_text.delta", #""content_index":0,"delta":"w""#)]
                    + (0..<n).map {
                        delta("output_text.annotation.added", #""content_index":0,"annotation":\#(annotation($0))"#)
                    } + [done(0, message(text("w", list(n, annotation))))],
                output: message(text("w", list(n, annotation)))
            )
        },
        .stream("responses", "log probabilities") { n in
            stream(
                [added(0, message(""))]
                    + (0..<n).map {
                        delta("output_text.delta", #""content_index":0,"delta":"w","logprobs":[\#(logprob($0))]"#)
                    } + [done(0, message(text(run(n) { _ in "w" }, "", list(n, logprob))))],
                output: message(text(run(n) { _ in "w" }, "", list(n, logprob)))
            )
        },
        .stream("responses", "messages") { n in
            stream(
                (0..<n).flatMap {
                    [
                        added($0, message("", $0)),
                        delta("output_text.delta", #""content_index":0,"delta":"w""#, item: $0),
                        done($0, message(text("w"), $0)),
                    ]
                },
                output: list(n) { message(text("w"), $0) }
            )
        },
        .stream("responses", "items of the last event") { n in stream([], output: list(n) { message(text("w"), $0) }) },
        .stream("responses", "calls") { n in
            stream(
                (0..<n).flatMap {
                    [
                        added($0, call($0).replacing(#""{}""#, with: #""""#)),
                        delta("function_call_arguments.delta", #""delta":"{}""#, item: $0), done($0, call($0)),
                    ]
                },
                output: list(n, call)
            )
        },
        .stream("responses", "fragments of a call") { n in
            stream(
                [
                    added(0, call(0).replacing(#""{}""#, with: #""""#)),
                    delta("function_call_arguments.delta", #""delta":"{""#),
                ] + (0..<n).map { delta("function_call_arguments.delta", #""delta":"\"k\#($0)\":1,""#) } + [
                    delta("function_call_arguments.delta", #""delta":"\"k\":1}""#), done(0, call(0)),
                ],
                output: call(0)
            )
        },
        .stream("responses", "summary deltas") { n in
            stream(
                [added(0, reasoning(0, ""))]
                    + (0..<n).map { delta("reasoning_summary_text.delta", #""summary_index":0,"delta":"t\#($0) ""#) }
                    + [done(0, reasoning(0, #"{"type":"summary_text","text":"t"}"#)), done(1, message(text("Hi")))]
            )
        },
        .stream("responses", "summaries of a reasoning") { n in
            stream(
                [added(0, reasoning(0, ""))]
                    + (0..<n).map { delta("reasoning_summary_text.delta", #""summary_index":\#($0),"delta":"t""#) }
                    + [
                        done(0, reasoning(0, list(n) { _ in #"{"type":"summary_text","text":"t"}"# })),
                        done(1, message(text("Hi"))),
                    ]
            )
        },
        .stream("responses", "reasoning items") { n in
            stream(
                (0..<n).flatMap {
                    [
                        added($0, reasoning($0, "")),
                        delta("reasoning_summary_text.delta", #""summary_index":0,"delta":"t""#, item: $0),
                        done($0, reasoning($0, #"{"type":"summary_text","text":"t"}"#)),
                    ]
                } + [done(n, message(text("Hi")))],
                output: list(n) { reasoning($0, #"{"type":"summary_text","text":"t"}"#) }
            )
        },
    ]
}
