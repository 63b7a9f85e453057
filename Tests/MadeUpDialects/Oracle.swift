// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayDialects
package import GatewayJSON
import NIOCore

extension WireFormat {
    package static let oracle = WireFormat("oracle/v1/ask")
}

/// An upstream that nobody else is like: `{"who":"m","asked":["…"]}` is answered by `{"says":"…","cost":{"in":1,"out":2}}`.
///
/// Its streams are lines, each a JSON document, not server-sent events. It lives in the tests alone.
package struct Oracle: UpstreamDialect {
    package init() {}

    package var format: WireFormat { .oracle }

    package var errorWords: ErrorWords {
        ErrorWords(names: ["TOO_MUCH": .contextTooLong], messages: [(["stars", "asleep"], .overloaded)])
    }

    package func features(of target: TranslationTarget) -> UpstreamFeatures { [] }

    package func refusesState(_ error: GatewayError) -> Bool { false }

    package func writeRequest(
        _ request: ModelRequest,
        to target: TranslationTarget,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        writer.beginObject()
        writer.member("who", target.model)
        writer.key("asked")
        writer.beginArray()
        for message in request.messages {
            for part in message.parts { if case .text(let text) = part.content { writer.string(text) } }
        }
        writer.endArray()
        if request.sampling.temperature != nil { dropped.note("temperature") }
        if request.isStreaming { writer.member("bit by bit", true) }
        writer.endObject()
    }

    package func makeStreamFramer() -> any StreamFramer { LineFramer() }

    package func makeStreamDecoder(for answer: AnswerContext) -> any StreamDecoder { OracleStreamDecoder() }

    package static func usage(_ cost: JSONValue?) -> TokenUsage {
        TokenUsage(uncachedInput: cost?["in"]?.int, output: cost?["out"]?.int)
    }
}

/// Cuts a stream into lines.
private struct LineFramer: StreamFramer {
    private var rest = ByteBuffer()

    mutating func consume(_ bytes: ByteBuffer, into events: inout [ByteBuffer]) throws(GatewayError) {
        rest.writeImmutableBuffer(bytes)
        while let end = rest.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
            if let line = rest.readSlice(length: end - rest.readerIndex) { events.append(line) }
            rest.moveReaderIndex(forwardBy: 1)
        }
    }

    mutating func finish(into events: inout [ByteBuffer]) {
        if rest.readableBytes > 0 { events.append(rest) }
    }
}

private struct OracleStreamDecoder: StreamDecoder {
    private var hasBegun = false
    let serviceTier: String? = nil

    mutating func decode(_ data: ByteBuffer, into events: inout [ModelEvent]) throws(StreamFailure) {
        guard let value = try? JSONValue(answer: data) else { throw .unreadable(cause: "no JSON") }
        if let text = value["says"]?.text {
            if !hasBegun {
                events += [.start(id: nil, model: nil), .partStart(candidate: 0, .text)]
                hasBegun = true
            }
            events.append(.text(candidate: 0, text))
        }
        guard let cost = value["cost"] else { return }
        if hasBegun { events.append(.partEnd(candidate: 0)) }
        events += [.finish(candidate: 0, .stop), .usage(Oracle.usage(cost)), .end]
    }

    mutating func finish(into events: inout [ModelEvent]) {}

    mutating func decode(answer: JSONValue, into events: inout [ModelEvent]) throws(StreamFailure) {
        guard let text = answer["says"]?.text else {
            throw .reported(GatewayError(.upstreamUnavailable, "The oracle is silent.", cause: "no says"))
        }
        events += [
            .start(id: nil, model: nil), .partStart(candidate: 0, .text), .text(candidate: 0, text),
            .partEnd(candidate: 0), .finish(candidate: 0, .stop), .usage(Oracle.usage(answer["cost"])), .end,
        ]
    }
}
