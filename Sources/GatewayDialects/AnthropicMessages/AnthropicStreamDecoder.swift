// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Reads the answers of the Messages API: the events of a stream, and a complete message as the events that it would be.
///
/// A message has ended when the stream has: its reason, or content behind that, may come in any event before (stream-20).
struct AnthropicStreamDecoder: StreamDecoder {
    private enum Kind {
        case messageStart, blockStart, blockDelta, blockStop, messageDelta, messageStop, error
    }

    private static let kinds = KeyTable<Kind>([
        "content_block_delta": .blockDelta, "content_block_start": .blockStart, "content_block_stop": .blockStop,
        "message_start": .messageStart, "message_delta": .messageDelta, "message_stop": .messageStop, "error": .error,
    ])

    private let answer: AnswerContext
    private var ids: CallIDs
    private var blocks = PartOrder<ContentBlock>()
    /// The highest index of a block that has begun.
    private var highest = -1
    /// The key of the latest block of those that have no index.
    private var unnumbered = -1
    private var hasCalls = false
    private var usage = TokenUsage()
    private var hasStarted = false
    /// Why the message ends, and the words of a refusal.
    private var reason: (FinishReason, refusal: JSONString?)?
    private var hasEnded = false
    private(set) var serviceTier: String?

    init(_ answer: AnswerContext) {
        self.answer = answer
        ids = CallIDs(responseID: nil, answer)
    }

    mutating func decode(_ data: ByteBuffer, into events: inout [ModelEvent]) throws(StreamFailure) {
        let event: JSONValue
        do throws(JSONError) {
            event = try JSONValue(answer: data)
        } catch {
            throw .unreadable(cause: "an event is not JSON: \(error)")
        }
        guard let type = event["type"]?.text else { throw .unreadable(cause: "an event has no type") }
        switch Self.kinds[type] {
        case .blockDelta: try delta(event["delta"], event["index"]?.int, into: &events)
        case .blockStart:
            guard let block = event["content_block"] else { throw .unreadable(cause: "a block has no type") }
            try start(block, event["index"]?.int, into: &events)
        case .blockStop:
            if let key = key(event["index"]?.int) { try blocks.end(key, into: &events) }
        case .messageStart:
            let message = event["message"]
            begin(message, into: &events)
            report(message?["usage"], into: &events)
        case .messageDelta:
            report(event["usage"], into: &events)
            note(event["delta"])
        case .messageStop: try end(into: &events)
        case .error: throw .reported(ErrorReader.streamError(event))
        case nil: break
        }
    }

    mutating func decode(answer message: JSONValue, into events: inout [ModelEvent]) throws(StreamFailure) {
        guard let content = message["content"]?.array else {
            if message["error"] != nil { throw .reported(ErrorReader.streamError(message)) }
            throw .unreadable(cause: "the response has no content")
        }
        begin(message, into: &events)
        report(message["usage"], into: &events)
        for block in content {
            try start(block, nil, into: &events)
            try blocks.end(unnumbered, into: &events)
        }
        note(message)
        try end(into: &events)
    }

    mutating func finish(into events: inout [ModelEvent]) throws(StreamFailure) {
        if reason != nil { try end(into: &events) }
    }

    /// Begins the answer, which some servers do with its first block.
    private mutating func begin(_ message: JSONValue?, into events: inout [ModelEvent]) {
        guard !hasStarted else { return }
        hasStarted = true
        let id = message?["id"]?.text
        ids = CallIDs(responseID: id, answer)
        events.append(.start(id: id, model: message?["model"]?.text))
    }

    private mutating func report(_ value: JSONValue?, into events: inout [ModelEvent]) {
        guard let value, value.object != nil else { return }
        usage.mergeAnthropic(AnthropicMessages.usage(value))
        events.append(.usage(usage))
        if let tier = value["service_tier"]?.string { serviceTier = tier }
    }

    /// Takes why the message ends, from the delta of a stream or from a complete message.
    private mutating func note(_ value: JSONValue?) {
        guard let word = value?["stop_reason"]?.text, !word.isEmpty else { return }
        let finish = AnthropicMessages.finishReason(word, stopSequence: value?["stop_sequence"]?.text)
        let text = value?["stop_details"]?["explanation"]?.text
        reason = (finish, refusal: finish == .refusal && text?.isEmpty == false ? text : nil)
    }

    private mutating func end(into events: inout [ModelEvent]) throws(StreamFailure) {
        guard !hasEnded else { return }
        begin(nil, into: &events)
        try blocks.endAll(into: &events)
        if let text = reason?.refusal {
            events.append(.partStart(candidate: 0, .refusal))
            events.append(.text(candidate: 0, text))
            events.append(.partEnd(candidate: 0))
        }
        events.append(.finish(candidate: 0, reason?.0 ?? (hasCalls ? .toolCalls : .stop)))
        events.append(.end)
        hasEnded = true
    }

    // MARK: Blocks

    /// The key of the open block that an event with this index is about: an index that no block has had can only mean the one that is open.
    private func key(_ index: Int?) -> Int? {
        guard let index else { return blocks.latest }
        if blocks.isOpen(index) { return index }
        return index > highest ? blocks.only : nil
    }

    private mutating func start(
        _ value: JSONValue,
        _ index: Int?,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        begin(nil, into: &events)
        guard let type = value["type"]?.text else { throw .unreadable(cause: "a block has no type") }
        var call: Message.ToolCall?
        if type == "tool_use" {
            guard let name = value["name"]?.text else { throw .unreadable(cause: "a tool call has no name") }
            hasCalls = true
            call = Message.ToolCall(id: ids.next(value["id"]?.text), name: name, arguments: .text(""))
        }
        if let index { highest = max(highest, index) } else { unnumbered -= 1 }
        let key = index ?? unnumbered
        try blocks.begin(ContentBlock(origin: answer.origin), key: key, into: &events)
        try blocks.read(key, into: &events) { block, events throws(StreamFailure) in
            if let call {
                block.begin(call, input: value["input"], into: &events)
            } else if type == "text" {
                block.beginText(into: &events)
                block.add(text: value["text"]?.text, into: &events)
                guard let citations = value["citations"]?.array else { return }
                for citation in citations { block.add(AnthropicCitations.decode(citation), into: &events) }
            } else if type == "thinking" {
                block.beginReasoning(into: &events)
                block.add(reasoning: value["thinking"]?.text, into: &events)
                try block.add(signature: value["signature"]?.text, into: &events)
            } else if type == "redacted_thinking" {
                block.add(redacted: value["data"]?.text, into: &events)
            } else {
                block.ignore()
            }
        }
    }

    private mutating func delta(
        _ value: JSONValue?,
        _ index: Int?,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        guard let value else { throw .unreadable(cause: "an event has no delta") }
        guard let key = key(index) else { throw .unreadable(cause: "a delta has no block") }
        try blocks.read(key, into: &events) { block, events throws(StreamFailure) in
            if block.isIgnored { return }
            if block.isCall { return block.add(arguments: value["partial_json"]?.text, into: &events) }
            if let text = value["text"]?.text {
                block.add(text: text, into: &events)
            } else if let text = value["thinking"]?.text {
                block.add(reasoning: text, into: &events)
            } else if let signature = value["signature"]?.text {
                try block.add(signature: signature, into: &events)
            } else if let citation = value["citation"] {
                block.add(AnthropicCitations.decode(citation), into: &events)
            }
        }
    }
}
