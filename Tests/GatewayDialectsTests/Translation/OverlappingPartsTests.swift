// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

/// A stream of an upstream whose parts overlap.
struct OverlappingParts: Sendable, CustomTestStringConvertible {
    let name: String
    let dialect: any UpstreamDialect
    let stream: ByteBuffer
    /// What it means, in the order in which the parts began.
    var lines = ["text ab", #"call c1 f {"x":1}"#, #"call c2 g {"y":2}"#]

    var testDescription: String { name }

    static let all: [OverlappingParts] = messages + converse + responses + chat + gemini

    private static func events(_ events: [String]) -> ByteBuffer {
        ByteBuffer(string: events.map { "data: \($0)\n\n" }.joined())
    }

    // MARK: Messages

    private static func block(_ index: String, _ kind: String, _ rest: String = "") -> String {
        #"{"type":"content_block_\#(kind)"\#(index.isEmpty ? "" : #","index":\#(index)"#)\#(rest)}"#
    }

    private static func call(_ index: String, _ id: String, _ name: String) -> String {
        block(index, "start", #","content_block":{"type":"tool_use","id":"\#(id)","name":"\#(name)","input":{}}"#)
    }

    private static func input(_ index: String, _ json: String) -> String {
        block(index, "delta", #","delta":{"type":"input_json_delta","partial_json":"\#(json)"}"#)
    }

    private static func text(_ index: String, _ text: String) -> String {
        block(index, "delta", #","delta":{"type":"text_delta","text":"\#(text)"}"#)
    }

    private static let messages: [OverlappingParts] = {
        let start = #"{"type":"message_start","message":{"id":"m","model":"c","usage":{"input_tokens":1}}}"#
        let end = [
            #"{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":1}}"#,
            #"{"type":"message_stop"}"#,
        ]
        let textStart = block("0", "start", #","content_block":{"type":"text","text":""}"#)
        let interleaved = [
            textStart, call("1", "c1", "f"), text("0", "a"), call("2", "c2", "g"), input("2", #"{\"y\":"#),
            input("1", #"{\"x\":"#), text("0", "b"), input("2", "2}"), block("2", "stop"), block("0", "stop"),
            input("1", "1}"), block("1", "stop"),
        ]
        let inTurn = [
            textStart, text("0", "ab"), block("0", "stop"), call("1", "c1", "f"), input("1", #"{\"x\":1}"#),
            block("1", "stop"), call("2", "c2", "g"), input("2", #"{\"y\":2}"#), block("2", "stop"),
        ]
        return [
            OverlappingParts(
                name: "messages",
                dialect: AnthropicMessages(),
                stream: events([start] + interleaved + end)
            ),
            OverlappingParts(
                name: "messages without ends of blocks",
                dialect: AnthropicMessages(),
                stream: events([start] + interleaved.filter { !$0.contains("block_stop") } + end)
            ),
            OverlappingParts(
                name: "messages without indices",
                dialect: AnthropicMessages(),
                stream: events(
                    [start] + inTurn.map { $0.replacing(#/,"index":\d/#, with: "") } + end
                )
            ),
            OverlappingParts(
                name: "messages with one index",
                dialect: AnthropicMessages(),
                stream: events(
                    [start] + inTurn.map { $0.replacing(#/"index":\d/#, with: #""index":0"#) } + end
                )
            ),
        ]
    }()

    // MARK: Converse

    private static let converse: [OverlappingParts] = {
        var stream = ByteBuffer()
        func write(_ type: String, _ payload: String) {
            EventStreamMessage.write(
                headers: [":message-type": "event", ":event-type": type, ":content-type": "application/json"],
                payload: ByteBuffer(string: payload),
                into: &stream
            )
        }
        func start(_ index: Int, _ id: String, _ name: String) {
            let start = #"{"toolUse":{"toolUseId":"\#(id)","name":"\#(name)"}}"#
            write("contentBlockStart", #"{"contentBlockIndex":\#(index),"start":\#(start)}"#)
        }
        func delta(_ index: Int, _ delta: String) {
            write("contentBlockDelta", #"{"contentBlockIndex":\#(index),"delta":\#(delta)}"#)
        }
        write("messageStart", #"{"role":"assistant"}"#)
        delta(0, #"{"text":"a"}"#)
        start(1, "c1", "f")
        start(2, "c2", "g")
        delta(2, #"{"toolUse":{"input":"{\"y\":"}}"#)
        delta(1, #"{"toolUse":{"input":"{\"x\":"}}"#)
        delta(0, #"{"text":"b"}"#)
        delta(2, #"{"toolUse":{"input":"2}"}}"#)
        delta(1, #"{"toolUse":{"input":"1}"}}"#)
        for index in [2, 1, 0] { write("contentBlockStop", #"{"contentBlockIndex":\#(index)}"#) }
        write("messageStop", #"{"stopReason":"tool_use"}"#)
        write("metadata", #"{"usage":{"inputTokens":1,"outputTokens":1}}"#)
        return [OverlappingParts(name: "converse", dialect: BedrockConverse(), stream: stream)]
    }()

    // MARK: Responses

    private static let responses: [OverlappingParts] = {
        func item(_ kind: String, _ index: Int, _ item: String) -> String {
            #"{"type":"response.output_item.\#(kind)","output_index":\#(index),"item":\#(item)}"#
        }
        func piece(_ type: String, _ index: Int, _ id: String, _ delta: String, _ rest: String = "") -> String {
            #"{"type":"response.\#(type).delta","output_index":\#(index),"item_id":"\#(id)","delta":"\#(delta)"\#(rest)}"#
        }
        func call(_ number: Int, _ name: String, _ arguments: String) -> String {
            #"{"type":"function_call","id":"fc_\#(number)","call_id":"c\#(number)","name":"\#(name)","arguments":"\#(arguments)"}"#
        }
        let message =
            #"{"type":"message","id":"msg_1","role":"assistant","content":[{"type":"output_text","text":"ab"}]}"#
        let arguments = "function_call_arguments"
        let items = [
            item("added", 0, #"{"type":"message","id":"msg_1","role":"assistant","content":[]}"#),
            item("added", 1, call(1, "f", "")), item("added", 2, call(2, "g", "")),
            piece("output_text", 0, "msg_1", "a", #","content_index":0"#), piece(arguments, 2, "fc_2", #"{\"y\":"#),
            piece(arguments, 1, "fc_1", #"{\"x\":"#), piece("output_text", 0, "msg_1", "b", #","content_index":0"#),
            piece(arguments, 2, "fc_2", "2}"), item("done", 2, call(2, "g", #"{\"y\":2}"#)),
            piece(arguments, 1, "fc_1", "1}"), item("done", 1, call(1, "f", #"{\"x\":1}"#)), item("done", 0, message),
        ]
        let created = #"{"type":"response.created","response":{"id":"resp_1","model":"m","status":"in_progress"}}"#
        let completed =
            #"{"type":"response.completed","response":{"id":"resp_1","status":"completed","output":[]}}"#
        func stream(_ name: String, _ change: (String) -> String) -> OverlappingParts {
            let all = [created] + items.map(change) + [completed]
            return OverlappingParts(name: name, dialect: OpenAIResponses(), stream: events(all))
        }
        func summary(_ index: Int, _ text: String) -> String {
            piece("reasoning_summary_text", 0, "rs_1", text, #","summary_index":\#(index)"#)
        }
        let thought = [
            created, summary(0, "a"), summary(1, "c"), summary(0, "b"), summary(1, "d"),
            item("done", 0, #"{"type":"reasoning","id":"rs_1","summary":[]}"#), completed,
        ]
        return [
            stream("responses") { $0 },
            stream("responses without indices") { $0.replacing(#/"output_index":\d,/#, with: "") },
            stream("responses without ids") { $0.replacing(#/"(item_)?id":"(msg|fc)_\d",/#, with: "") },
            stream("responses with one index") { $0.replacing(#/"output_index":\d/#, with: #""output_index":0"#) },
            stream("responses with one id") { $0.replacing(#/"(fc|msg)_\d"/#, with: #""x""#) },
            OverlappingParts(
                name: "a summary of several texts",
                dialect: OpenAIResponses(),
                stream: events(thought),
                lines: [#"reasoning ["ab", "cd"]"#]
            ),
        ]
    }()

    // MARK: Chat

    private static let chat: [OverlappingParts] = {
        func chunk(_ delta: String) -> String { #"{"id":"c","choices":[{"index":0,"delta":\#(delta)}]}"# }
        func call(_ index: String, _ members: String) -> String {
            chunk(#"{"tool_calls":[{\#(index)\#(members)}]}"#)
        }
        func deltas(_ first: String, _ second: String, repeating: Bool = false) -> [String] {
            let (one, two) = repeating ? (#""id":"c1","#, #""id":"c2","#) : ("", "")
            return [
                call(first, #""id":"c1","function":{"name":"f","arguments":"{\"x\":"}"#),
                call(second, #""id":"c2","function":{"name":"g","arguments":""}"#), chunk(#"{"content":"a"}"#),
                call(second, two + #""function":{"arguments":"{\"y\":"}"#),
                call(first, one + #""function":{"arguments":"1}"}"#), chunk(#"{"content":"b"}"#),
                call(second, two + #""function":{"arguments":"2}"}"#),
            ]
        }
        let end = #"{"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#
        let lines = [#"call c1 f {"x":1}"#, #"call c2 g {"y":2}"#, "text ab"]
        return [
            OverlappingParts(
                name: "chat",
                dialect: OpenAIChat(),
                stream: events(deltas(#""index":0,"#, #""index":1,"#) + [end]),
                lines: lines
            ),
            OverlappingParts(
                name: "chat without indices",
                dialect: OpenAIChat(),
                stream: events(deltas("", "", repeating: true) + [end]),
                lines: lines
            ),
            OverlappingParts(
                name: "chat with one index",
                dialect: OpenAIChat(),
                stream: events(deltas(#""index":0,"#, #""index":0,"#, repeating: true) + [end]),
                lines: lines
            ),
        ]
    }()

    // MARK: Gemini

    private static let gemini: [OverlappingParts] = {
        func candidate(_ index: String, _ text: String, _ rest: String = "") -> String {
            #"{\#(index)"content":{"role":"model","parts":[{"text":"\#(text)"}]}\#(rest)}"#
        }
        let end = #","finishReason":"STOP""#
        let lines = ["text ab", "text cd"]
        func stream(_ name: String, _ chunks: [[String]]) -> OverlappingParts {
            let data = chunks.map { #"{"candidates":[\#($0.joined(separator: ","))]}"# }
            return OverlappingParts(name: name, dialect: Gemini(), stream: events(data), lines: lines)
        }
        return [
            stream(
                "gemini",
                [
                    [candidate("", "a")], [candidate(#""index":1,"#, "c")], [candidate("", "b", end)],
                    [candidate(#""index":1,"#, "d", end)],
                ]
            ),
            stream(
                "gemini without indices",
                [[candidate("", "a"), candidate("", "c")], [candidate("", "b", end), candidate("", "d", end)]]
            ),
        ]
    }()
}

@Suite("Parts that overlap")
struct OverlappingPartsTests {
    @Test("Every upstream's format has such a stream")
    func formats() {
        for upstream in FuzzedUpstream.all {
            #expect(OverlappingParts.all.contains { $0.dialect.format == upstream.dialect.format }, "\(upstream.name)")
        }
    }

    @Test("stream-23: parts that overlap are told apart, wherever the stream is cut", arguments: OverlappingParts.all)
    func decoded(_ subject: OverlappingParts) throws {
        for cut in [Cut.whole, .every(1), .every(13)] {
            let decoded = try DecodedStream(subject.dialect, subject.stream, cut)
            #expect(decoded.failure == nil)
            #expect(decoded.disorder == nil)
            #expect(decoded.events.last?.text == "end")
            #expect(try Self.lines(decoded.response) == subject.lines)
        }
    }

    @Test("stream-23: clients of every format get them one after the other", arguments: OverlappingParts.all)
    func translated(_ subject: OverlappingParts) throws {
        for client in StepClient.all where client.dialect != nil && !client.name.hasPrefix("gemini") {
            let envelope = try client.envelope(isStreaming: true)
            guard envelope.apiType.wireFormat != subject.dialect.format else { continue }
            let target = TranslationTarget(
                format: subject.dialect.format,
                model: "m",
                limits: ModelLimits(),
                defaultMaximumOutput: 100
            )
            let transform = try Dialects().translate(envelope, to: target, answer: Calls.identity).response
            let outcome = transform.run(subject.stream, .every(64))
            #expect(outcome.error == nil)
            let lines = try Self.lines(client.response(outcome.output, isStreaming: true))
            // Formats put the texts and the calls of an answer where they have them.
            let calls = lines.filter { $0.hasPrefix("call") }
            #expect(calls == subject.lines.filter { $0.hasPrefix("call") }, "\(client.name)")
            if let text = subject.lines.first(where: { $0.hasPrefix("text") }) {
                #expect(lines.contains(text), "\(client.name)")
            }
        }
    }

    @Test("What waits is bounded, whatever the format")
    func bounds() throws {
        let start = #"{"type":"message_start","message":{"id":"m","model":"c"}}"#
        let block = #""content_block":{"type":"text","text":""}"#
        var stream = "data: \(start)\n\n"
        for index in 0..<2 { stream += "data: {\"type\":\"content_block_start\",\"index\":\(index),\(block)}\n\n" }
        let piece = String(repeating: "x", count: 1 << 20)
        let delta = #"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"\#(piece)"}}"#
        let decoded = try DecodedStream(
            AnthropicMessages(),
            ByteBuffer(string: stream + String(repeating: "data: \(delta)\n\n", count: 17))
        )
        #expect(decoded.failure?.contains("too large") == true)
        stream = "data: \(start)\n\n"
        for index in 0..<3000 { stream += "data: {\"type\":\"content_block_start\",\"index\":\(index),\(block)}\n\n" }
        #expect(
            try DecodedStream(AnthropicMessages(), ByteBuffer(string: stream)).failure?.contains("too many") == true
        )
    }

    private static func lines(_ response: ModelResponse) throws -> [String] {
        try response.text().split(separator: "\n").map(String.init).filter {
            $0.hasPrefix("text") || $0.hasPrefix("call") || $0.hasPrefix("reasoning")
        }
    }
}
