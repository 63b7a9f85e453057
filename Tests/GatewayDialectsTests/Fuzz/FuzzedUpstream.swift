// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

/// An upstream's format, and the answer and streams of its fixtures to break.
struct FuzzedUpstream: Sendable, CustomTestStringConvertible {
    /// The folder in `Fixtures`.
    let name: String
    let dialect: any UpstreamDialect
    let streams: [String]

    static let all: [FuzzedUpstream] = [
        FuzzedUpstream(name: "OpenAIChat", dialect: OpenAIChat(), streams: ["stream.sse"]),
        FuzzedUpstream(
            name: "OpenAIResponses",
            dialect: OpenAIResponses(),
            streams: ["stream.sse", "rich.stream.sse"]
        ),
        FuzzedUpstream(name: "AnthropicMessages", dialect: AnthropicMessages(), streams: ["stream.sse"]),
        FuzzedUpstream(name: "Gemini", dialect: Gemini(), streams: ["stream.sse"]),
        FuzzedUpstream(name: "BedrockConverse", dialect: BedrockConverse(), streams: ["stream.bin"]),
    ]

    var testDescription: String { name }

    /// One event of a stream: its type where that stands outside of the JSON, and the JSON.
    struct Event {
        var type: String?
        var data: JSONTree
    }

    /// The events of a stream in the fixtures.
    func events(of stream: String) throws -> [Event] {
        let bytes = try Fixtures.bytes("\(name)/\(stream)")
        guard stream.hasSuffix(".bin") else {
            return try eventData(String(buffer: bytes).replacing("\r\n", with: "\n")).map {
                Event(data: JSONTree(try JSONValue(validating: ByteBuffer(string: $0))))
            }
        }
        var rest = bytes
        var events: [Event] = []
        while let length = try EventStreamMessage.length(at: rest), let slice = rest.readSlice(length: length) {
            let message = try EventStreamMessage(slice)
            let type = try #require(message.text(":event-type").map { String(decoding: $0, as: UTF8.self) })
            events.append(Event(type: type, data: JSONTree(try JSONValue(validating: message.payload))))
        }
        return events
    }

    /// A stream of these events.
    func stream(of events: [Event], using generator: inout SplitMix) -> ByteBuffer {
        var output = ByteBuffer()
        // The data of an event may stand on several lines, so that the JSON has line ends.
        let comma = Bool.random(using: &generator) ? "," : ",\ndata: "
        for event in events {
            guard let type = event.type else {
                output.writeString("data: \(event.data.written(comma: comma))\n\n")
                continue
            }
            let isException = Int.random(in: 0..<40, using: &generator) == 0
            EventStreamMessage.write(
                headers: isException
                    ? [":message-type": "exception", ":exception-type": type]
                    : [":message-type": "event", ":event-type": type, ":content-type": "application/json"],
                payload: ByteBuffer(string: event.data.written),
                into: &output
            )
        }
        if events.first?.type == nil, Bool.random(using: &generator) { output.writeString("data: [DONE]\n\n") }
        return output
    }
}
