// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore

extension AnswerElement {
    private static func answer(_ blocks: String, reason: String = "end_turn") -> String {
        #"{"output":{"message":{"role":"assistant","content":[\#(blocks)]}},"stopReason":"\#(reason)","usage":{"inputTokens":10,"outputTokens":10,"totalTokens":20}}"#
    }

    private static func event(_ name: String, _ payload: String) -> ByteBuffer {
        var bytes = ByteBuffer()
        EventStreamMessage.write(
            headers: [":message-type": "event", ":event-type": name, ":content-type": "application/json"],
            payload: ByteBuffer(string: payload),
            into: &bytes
        )
        return bytes
    }

    private static func delta(_ members: String, block: Int = 0) -> ByteBuffer {
        event("contentBlockDelta", #"{"contentBlockIndex":\#(block),"delta":{\#(members)}}"#)
    }

    private static func call(_ block: Int) -> ByteBuffer {
        event(
            "contentBlockStart",
            #"{"contentBlockIndex":\#(block),"start":{"toolUse":{"toolUseId":"tooluse_\#(block)","name":"f"}}}"#
        )
    }

    private static func stop(_ block: Int) -> ByteBuffer {
        event("contentBlockStop", #"{"contentBlockIndex":\#(block)}"#)
    }

    private static func stream(_ events: [ByteBuffer], reason: String = "end_turn") -> [ByteBuffer] {
        [event("messageStart", #"{"role":"assistant"}"#)] + events + [
            event("messageStop", #"{"stopReason":"\#(reason)"}"#),
            event("metadata", #"{"usage":{"inputTokens":10,"outputTokens":10,"totalTokens":20}}"#),
        ]
    }

    private static func citation(_ index: Int) -> String {
        #"{"title":"t","sourceContent":[{"text":"s"}],"location":{"web":{"url":"https://a.example/\#(index)"}}}"#
    }

    /// The repeated elements of the answers of Bedrock's Converse.
    static let bedrock: [AnswerElement] = [
        .whole("bedrock", "text blocks") { n in answer(list(n) { _ in #"{"text":"Hello"}"# }) },
        .whole("bedrock", "tool calls") { n in
            answer(
                list(n) { #"{"toolUse":{"toolUseId":"tooluse_\#($0)","name":"f","input":{}}}"# },
                reason: "tool_use"
            )
        },
        .whole("bedrock", "thoughts") { n in
            answer(
                list(n) { #"{"reasoningContent":{"reasoningText":{"text":"t","signature":"s\#($0)"}}}"# }
                    + #",{"text":"Hi"}"#
            )
        },
        .whole("bedrock", "citations of a text") { n in
            answer(#"{"citationsContent":{"content":[{"text":"Hi"}],"citations":[\#(list(n, citation))]}}"#)
        },
        .whole("bedrock", "texts of a cited content") { n in
            answer(
                #"{"citationsContent":{"content":[\#(list(n) { _ in #"{"text":"Hi"}"# })],"citations":[\#(citation(0))]}}"#
            )
        },
        .whole("bedrock", "cited words") { n in
            answer(
                #"{"citationsContent":{"content":[{"text":"Hi"}],"citations":[{"title":"t","sourceContent":[\#(list(n) { _ in #"{"text":"s"}"# })]}]}}"#
            )
        },
        .stream("bedrock", "text deltas") { n in stream((0..<n).map { delta(#""text":"word\#($0) ""#) } + [stop(0)]) },
        .stream("bedrock", "text blocks") { n in
            stream((0..<n).flatMap { [delta(#""text":"word""#, block: $0), stop($0)] })
        },
        .stream("bedrock", "bytes of one event") { n in
            pieces(
                of: stream([delta(#""text":"\#(run(n) { "word\($0) " })""#), stop(0)])
                    .reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) },
                bytes: 16
            )
        },
        .stream("bedrock", "thinking deltas") { n in
            stream(
                (0..<n).map { delta(#""reasoningContent":{"text":"thought \#($0) "}"#) }
                    + [
                        delta(#""reasoningContent":{"signature":"s"}"#), stop(0), delta(#""text":"Hi""#, block: 1),
                        stop(1),
                    ]
            )
        },
        .stream("bedrock", "signature deltas") { n in
            stream(
                [delta(#""reasoningContent":{"text":"t"}"#)]
                    + (0..<n).map { _ in delta(#""reasoningContent":{"signature":"abcdefghijklmnop"}"#) }
                    + [stop(0), delta(#""text":"Hi""#, block: 1), stop(1)]
            )
        },
        .stream("bedrock", "redacted thoughts") { n in
            stream(
                (0..<n).flatMap { [delta(#""reasoningContent":{"redactedContent":"ZA=="}"#, block: $0), stop($0)] }
                    + [delta(#""text":"Hi""#, block: n), stop(n)]
            )
        },
        .stream("bedrock", "citations of a text") { n in
            stream([delta(#""text":"Hi""#)] + (0..<n).map { delta(#""citation":\#(citation($0))"#) } + [stop(0)])
        },
        .stream("bedrock", "fragments of a call") { n in
            stream(
                [call(0), delta(#""toolUse":{"input":"{"}"#)]
                    + (0..<n).map { delta(#""toolUse":{"input":"\"k\#($0)\":1,"}"#) }
                    + [delta(#""toolUse":{"input":"\"k\":1}"}"#), stop(0)],
                reason: "tool_use"
            )
        },
        .stream("bedrock", "tool calls") { n in
            stream(
                (0..<n).flatMap { [call($0), delta(#""toolUse":{"input":"{}"}"#, block: $0), stop($0)] },
                reason: "tool_use"
            )
        },
    ]
}
