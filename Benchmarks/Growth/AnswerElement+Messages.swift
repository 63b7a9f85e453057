// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore

extension AnswerElement {
    private static func answer(_ blocks: String, reason: String = "end_turn") -> String {
        #"{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[\#(blocks)],"stop_reason":"\#(reason)","stop_sequence":null,"usage":{"input_tokens":10,"output_tokens":10}}"#
    }

    private static func named(_ data: String) -> ByteBuffer {
        let name = data.dropFirst(9).prefix { $0 != "\"" }
        return ByteBuffer(string: "event: \(name)\ndata: \(data)\n\n")
    }

    private static func stream(_ blocks: [[String]], reason: String = "end_turn") -> [ByteBuffer] {
        var events = [
            #"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":10,"output_tokens":1}}}"#
        ]
        for (index, block) in blocks.enumerated() {
            for (place, event) in block.enumerated() {
                events.append(
                    place == 0
                        ? #"{"type":"content_block_start","index":\#(index),"content_block":\#(event)}"#
                        : #"{"type":"content_block_delta","index":\#(index),"delta":\#(event)}"#
                )
            }
            events.append(#"{"type":"content_block_stop","index":\#(index)}"#)
        }
        events.append(
            #"{"type":"message_delta","delta":{"stop_reason":"\#(reason)","stop_sequence":null},"usage":{"output_tokens":10}}"#
        )
        events.append(#"{"type":"message_stop"}"#)
        return events.map(named)
    }

    private static let text = #"{"type":"text","text":""}"#
    private static let thought = #"{"type":"thinking","thinking":"","signature":""}"#

    private static func delta(_ text: String) -> String { #"{"type":"text_delta","text":"\#(text)"}"# }

    private static func citation(_ index: Int) -> String {
        #"{"type":"char_location","cited_text":"c\#(index)","document_index":0,"document_title":"t","start_char_index":0,"end_char_index":1}"#
    }

    private static func use(_ index: Int) -> String {
        #"{"type":"tool_use","id":"toolu_\#(index)","name":"f","input":{}}"#
    }

    /// The repeated elements of the answers of Anthropic's Messages.
    static let messages: [AnswerElement] = [
        .whole("messages", "text blocks") { n in answer(list(n) { _ in #"{"type":"text","text":"Hello"}"# }) },
        .whole("messages", "citations of a text") { n in
            answer(#"{"type":"text","text":"Hi","citations":[\#(list(n, citation))]}"#)
        },
        .whole("messages", "texts with a citation") { n in
            answer(list(n) { #"{"type":"text","text":"Hi","citations":[\#(citation($0))]}"# })
        },
        .whole("messages", "thoughts") { n in
            answer(
                list(n) { #"{"type":"thinking","thinking":"t","signature":"s\#($0)"}"# }
                    + #",{"type":"text","text":"Hi"}"#
            )
        },
        .whole("messages", "redacted thoughts") { n in
            answer(list(n) { #"{"type":"redacted_thinking","data":"d\#($0)"}"# } + #",{"type":"text","text":"Hi"}"#)
        },
        .whole("messages", "signatures of one thought") { n in
            answer(
                #"{"type":"thinking",\#(list(n) { #""signature":"s\#($0)""# }),"thinking":"\#(run(n) { _ in "thought " })"},{"type":"text","text":"Hi"}"#
            )
        },
        .whole("messages", "tool calls") { n in answer(list(n, use), reason: "tool_use") },
        .whole("messages", "calls and texts") { n in
            answer("\(list(n, use)),\(list(n) { _ in #"{"type":"text","text":"Hello"}"# })", reason: "tool_use")
        },
        .whole("messages", "blocks of unknown types") { n in
            answer(#"{"type":"text","text":"Hello"},\#(list(n) { #"{"type":"t\#($0)"}"# })"#)
        },
        .stream("messages", "text deltas") { n in stream([[text] + (0..<n).map { delta("word\($0) ") }]) },
        .stream("messages", "text blocks") { n in stream((0..<n).map { _ in [text, delta("word")] }) },
        .stream("messages", "citations of a text") { n in
            stream(
                [[text, delta("word")] + (0..<n).map { #"{"type":"citations_delta","citation":\#(citation($0))}"# }]
            )
        },
        .stream("messages", "thinking deltas") { n in
            stream(
                [
                    [thought] + (0..<n).map { #"{"type":"thinking_delta","thinking":"thought \#($0) "}"# }
                        + [#"{"type":"signature_delta","signature":"s"}"#], [text, delta("word")],
                ]
            )
        },
        .stream("messages", "signature deltas") { n in
            stream(
                [
                    [thought, #"{"type":"thinking_delta","thinking":"\#(run(n) { _ in "thought " })"}"#]
                        + (0..<n).map { #"{"type":"signature_delta","signature":"s\#($0)"}"# }, [text, delta("word")],
                ]
            )
        },
        .stream("messages", "thoughts") { n in
            stream(
                (0..<n).map { _ in
                    [
                        thought, #"{"type":"thinking_delta","thinking":"thought"}"#,
                        #"{"type":"signature_delta","signature":"s"}"#,
                    ]
                } + [[text, delta("word")]]
            )
        },
        .stream("messages", "redacted thoughts") { n in
            stream((0..<n).map { [#"{"type":"redacted_thinking","data":"d\#($0)"}"#] } + [[text, delta("word")]])
        },
        .stream("messages", "thoughts and texts in one block") { n in
            stream(
                [[text] + (0..<n).map { $0 % 2 == 0 ? delta("word") : #"{"type":"thinking_delta","thinking":"t"}"# }]
            )
        },
        .stream("messages", "fragments of a call") { n in
            stream(
                [
                    [use(0), #"{"type":"input_json_delta","partial_json":"{"}"#]
                        + (0..<n).map { #"{"type":"input_json_delta","partial_json":"\"k\#($0)\":1,"}"# }
                        + [#"{"type":"input_json_delta","partial_json":"\"k\":1}"}"#]
                ],
                reason: "tool_use"
            )
        },
        .stream("messages", "tool calls") { n in
            stream((0..<n).map { [use($0), #"{"type":"input_json_delta","partial_json":"{}"}"#] }, reason: "tool_use")
        },
        .stream("messages", "pings") { n in
            let events = stream([[text, delta("word")]])
            return [events[0]] + (0..<n).map { _ in named(#"{"type":"ping"}"#) } + events.dropFirst()
        },
    ]
}
