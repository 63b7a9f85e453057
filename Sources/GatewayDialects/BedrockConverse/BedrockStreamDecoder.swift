// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Reads the answers of Converse: the messages of a ConverseStream, and a complete answer as the events that it would be.
///
/// Only tool calls have a start of their own; texts and thoughts begin with their first delta. Usage comes in `metadata`, behind `messageStop`; where it is missing, the
/// end of the body is the end if the reason has come (stream-20).
struct BedrockStreamDecoder: StreamDecoder {
    private let answer: AnswerContext
    private var ids: CallIDs
    private var blocks = PartOrder<ContentBlock>()
    /// The indices of blocks that are over.
    private var ended: Set<Int> = []
    private var hasStarted = false
    private var reason: FinishReason?
    private var hasEnded = false
    private(set) var serviceTier: String?

    init(_ answer: AnswerContext) {
        self.answer = answer
        ids = CallIDs(responseID: nil, answer)
    }

    mutating func decode(_ data: ByteBuffer, into events: inout [ModelEvent]) throws(StreamFailure) {
        let message: EventStreamMessage
        do throws(EventStreamMessage.Failure) {
            message = try EventStreamMessage(data)
        } catch {
            throw .unreadable(cause: "a message of the event stream is broken: \(error)")
        }
        guard let type = message.text(":message-type") else {
            throw .unreadable(cause: "a message of the event stream has no type")
        }
        if type.equals("event") {
            guard let name = message.text(":event-type") else { throw .unreadable(cause: "an event has no type") }
            try read(name, try Self.json(message.payload), into: &events)
        } else if type.equals("exception") {
            throw .reported(
                ErrorReader.streamError(
                    type: message.text(":exception-type").map(String.init(decoding:)) ?? "",
                    message: (try? Self.json(message.payload))?["message"]?.string
                )
            )
        } else if type.equals("error") {
            throw .reported(
                ErrorReader.streamError(
                    type: message.text(":error-code").map(String.init(decoding:)) ?? "",
                    message: message.text(":error-message").map(String.init(decoding:))
                )
            )
        }
    }

    mutating func decode(answer body: JSONValue, into events: inout [ModelEvent]) throws(StreamFailure) {
        guard let content = body["output"]?["message"]?["content"]?.array else {
            throw .unreadable(cause: "the response has no output.message.content")
        }
        begin(into: &events)
        for (index, block) in content.enumerated() { try read(block: block, index, into: &events) }
        note(body)
        report(body, into: &events)
        try end(into: &events)
    }

    mutating func finish(into events: inout [ModelEvent]) throws(StreamFailure) {
        if reason != nil { try end(into: &events) }
    }

    private static func json(_ payload: ByteBuffer) throws(StreamFailure) -> JSONValue {
        do throws(JSONError) {
            return try JSONValue(answer: payload)
        } catch {
            throw .unreadable(cause: "an event is not JSON: \(error)")
        }
    }

    private mutating func read(
        _ name: ByteBufferView,
        _ event: JSONValue,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        if name.equals("contentBlockDelta") {
            try delta(event, into: &events)
        } else if name.equals("contentBlockStart") {
            try start(event, into: &events)
        } else if name.equals("contentBlockStop") {
            if let index = event["contentBlockIndex"]?.int ?? blocks.latest { try end(index, into: &events) }
        } else if name.equals("messageStart") {
            begin(into: &events)
        } else if name.equals("messageStop") {
            note(event)
        } else if name.equals("metadata") {
            report(event, into: &events)
            try finish(into: &events)
        }
    }

    /// Begins the answer, once.
    private mutating func begin(into events: inout [ModelEvent]) {
        guard !hasStarted else { return }
        hasStarted = true
        events.append(.start(id: nil, model: nil))
    }

    /// Takes why the answer ends, from `messageStop` or from a complete answer.
    private mutating func note(_ value: JSONValue) {
        guard let word = value["stopReason"]?.text, !word.isEmpty else { return }
        reason = BedrockConverse.finishReason(word, value["additionalModelResponseFields"])
    }

    /// Tells the usage and the tier, from `metadata` or from a complete answer.
    private mutating func report(_ value: JSONValue, into events: inout [ModelEvent]) {
        if let usage = value["usage"] { events.append(.usage(BedrockConverse.usage(usage))) }
        if let tier = value["serviceTier"]?["type"]?.string { serviceTier = tier }
    }

    private mutating func end(into events: inout [ModelEvent]) throws(StreamFailure) {
        guard !hasEnded else { return }
        hasEnded = true
        begin(into: &events)
        try blocks.endAll(into: &events)
        events.append(.finish(candidate: 0, reason ?? .stop))
        events.append(.end)
    }

    // MARK: Blocks

    private mutating func start(_ event: JSONValue, into events: inout [ModelEvent]) throws(StreamFailure) {
        let index = event["contentBlockIndex"]?.int ?? 0
        let start = event["start"]
        try open(index, into: &events)
        if let call = start?["toolUse"] {
            try begin(call, index, into: &events)
        } else if let start = start?.object, !start.isEmpty {
            // An empty start says nothing; one of another kind is one of a block that is not translated.
            try blocks.read(index, into: &events) { block, _ in block.ignore() }
        }
    }

    private mutating func delta(_ event: JSONValue, into events: inout [ModelEvent]) throws(StreamFailure) {
        guard let delta = event["delta"] else { throw .unreadable(cause: "an event has no delta") }
        let index = event["contentBlockIndex"]?.int ?? blocks.latest ?? 0
        if !blocks.isOpen(index) {
            guard !ended.contains(index) else { throw .unreadable(cause: "a delta follows the end of its block") }
            try open(index, into: &events)
        }
        let (text, fragment) = (delta["text"]?.text, delta["toolUse"]?["input"]?.text)
        let (reasoning, citation) = (delta["reasoningContent"], delta["citation"])
        try blocks.read(index, into: &events) { block, events throws(StreamFailure) in
            if block.isIgnored { return }
            if let text {
                block.add(text: text, into: &events)
            } else if let fragment {
                guard block.isCall else { throw .unreadable(cause: "arguments have no tool call") }
                block.add(arguments: fragment, into: &events)
            } else if let reasoning {
                block.add(redacted: reasoning["redactedContent"]?.text, into: &events)
                block.add(reasoning: reasoning["text"]?.text, into: &events)
                try block.add(signature: reasoning["signature"]?.text, into: &events)
            } else if let citation {
                block.add(BedrockConverse.citation(citation), into: &events)
            }
        }
    }

    /// Reads a block of a complete answer.
    private mutating func read(
        block value: JSONValue,
        _ index: Int,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        try open(index, into: &events)
        if let call = value["toolUse"] { try begin(call, index, into: &events) }
        try blocks.read(index, into: &events) { block, events throws(StreamFailure) in
            if let text = value["text"]?.text {
                block.beginText(into: &events)
                block.add(text: text, into: &events)
            } else if let reasoning = value["reasoningContent"] {
                let text = reasoning["reasoningText"]
                block.add(redacted: reasoning["redactedContent"]?.text, into: &events)
                block.add(reasoning: text?["text"]?.text, into: &events)
                try block.add(signature: text?["signature"]?.text, into: &events)
            } else if let cited = value["citationsContent"] {
                block.beginText(into: &events)
                for piece in cited["content"]?.elements ?? [] { block.add(text: piece["text"]?.text, into: &events) }
                for citation in cited["citations"]?.elements ?? [] {
                    block.add(BedrockConverse.citation(citation), into: &events)
                }
            }
        }
        try end(index, into: &events)
    }

    private mutating func open(_ index: Int, into events: inout [ModelEvent]) throws(StreamFailure) {
        begin(into: &events)
        try blocks.begin(ContentBlock(origin: answer.origin), key: index, into: &events)
    }

    private mutating func begin(
        _ call: JSONValue,
        _ index: Int,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        guard let name = call["name"]?.text else { throw .unreadable(cause: "a tool call has no name") }
        let value = Message.ToolCall(id: ids.next(call["toolUseId"]?.text), name: name, arguments: .text(""))
        try blocks.read(index, into: &events) { block, events in
            block.begin(value, input: call["input"], into: &events)
        }
    }

    private mutating func end(_ index: Int, into events: inout [ModelEvent]) throws(StreamFailure) {
        try blocks.end(index, into: &events)
        guard ended.count < Self.maximumBlocks else { throw .unreadable(cause: "the response has too many blocks") }
        ended.insert(index)
    }

    /// A bound for what an upstream may make the gateway keep.
    private static let maximumBlocks = 1 << 16
}

extension ByteBufferView {
    /// Whether these are the bytes of a text.
    fileprivate func equals(_ text: StaticString) -> Bool { withUnsafeBytes { $0.equals(text) } }
}

extension String {
    fileprivate init(decoding bytes: ByteBufferView) { self = String(decoding: bytes, as: UTF8.self) }
}
