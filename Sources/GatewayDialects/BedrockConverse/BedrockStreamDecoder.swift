// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Reads the messages of a ConverseStream.
///
/// Only tool calls have a start of their own; texts and thoughts begin with their first delta. Usage comes in `metadata`, behind `messageStop`, and is the end.
struct BedrockStreamDecoder: StreamDecoder {
    private enum Block {
        case none
        case text
        case thinking
        case toolCall
        /// A block of a kind that is not translated.
        case other
    }

    private let origin: StateOrigin
    private var block: Block = .none
    /// Bedrock's index of the open block.
    private var index: Int?
    private var signature: String?
    private var checksum = FNV1a()
    private var hasStarted = false
    private var isFinished = false
    private(set) var serviceTier: String?

    init(origin: StateOrigin) {
        self.origin = origin
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

    mutating func finish(into events: inout [ModelEvent]) {}

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
            close(into: &events)
        } else if name.equals("messageStart") {
            begin(into: &events)
        } else if name.equals("messageStop") {
            close(into: &events)
            guard let reason = event["stopReason"]?.text else { throw .unreadable(cause: "a stop has no reason") }
            guard !isFinished else { return }
            begin(into: &events)
            isFinished = true
            let finish = BedrockConverse.finishReason(reason, event["additionalModelResponseFields"])
            events.append(.finish(candidate: 0, finish))
        } else if name.equals("metadata") {
            close(into: &events)
            if let usage = event["usage"] { events.append(.usage(BedrockConverse.usage(usage))) }
            if let tier = event["serviceTier"]?["type"]?.string { serviceTier = tier }
            events.append(.end)
        }
    }

    /// Begins the answer, once.
    private mutating func begin(into events: inout [ModelEvent]) {
        guard !hasStarted else { return }
        hasStarted = true
        events.append(.start(id: nil, model: nil))
    }

    private mutating func start(_ event: JSONValue, into events: inout [ModelEvent]) throws(StreamFailure) {
        close(into: &events)
        guard !isFinished else { throw .unreadable(cause: "a block begins after the end of the message") }
        begin(into: &events)
        index = event["contentBlockIndex"]?.int
        guard let call = event["start"]?["toolUse"] else {
            // An empty start says nothing; a start of another kind is one of a block that is not translated.
            if let start = event["start"]?.object, !start.isEmpty { block = .other }
            return
        }
        guard let id = call["toolUseId"]?.text, let name = call["name"]?.text else {
            throw .unreadable(cause: "a tool call has no id or no name")
        }
        block = .toolCall
        let value = Message.ToolCall(id: id, name: name, arguments: .text(""))
        events.append(.partStart(candidate: 0, .toolCall(value, state: nil)))
    }

    private mutating func delta(_ event: JSONValue, into events: inout [ModelEvent]) throws(StreamFailure) {
        guard let delta = event["delta"] else { throw .unreadable(cause: "an event has no delta") }
        guard !isFinished else { throw .unreadable(cause: "a delta follows the end of the message") }
        begin(into: &events)
        if let number = event["contentBlockIndex"]?.int, number != index {
            close(into: &events)
            index = number
        }
        if let text = delta["text"]?.text {
            guard !text.isEmpty else { return }
            open(.text, into: &events)
            events.append(.text(candidate: 0, text))
        } else if let fragment = delta["toolUse"]?["input"]?.text {
            guard block == .toolCall else { throw .unreadable(cause: "arguments have no tool call") }
            if !fragment.isEmpty { events.append(.toolArguments(candidate: 0, fragment)) }
        } else if let reasoning = delta["reasoningContent"] {
            try think(reasoning, into: &events)
        } else if let citation = delta["citation"] {
            open(.text, into: &events)
            events.append(.citation(candidate: 0, BedrockConverse.citation(citation)))
        }
    }

    /// The longest signature that is kept, in bytes.
    private static let maximumSignature = 1 << 20

    private mutating func think(_ delta: JSONValue, into events: inout [ModelEvent]) throws(StreamFailure) {
        if let data = delta["redactedContent"]?.text {
            close(into: &events)
            guard !data.isEmpty else { return }
            events.append(.partStart(candidate: 0, .reasoning(isSummary: false)))
            events.append(.state(candidate: 0, OpaqueState(.redacted, data, from: origin)))
            events.append(.partEnd(candidate: 0))
        } else if let text = delta["text"]?.text, !text.isEmpty {
            open(.thinking, into: &events)
            checksum.add(text)
            events.append(.reasoning(candidate: 0, text))
        } else if let piece = delta["signature"]?.text, !piece.isEmpty {
            open(.thinking, into: &events)
            // In place: a signature of many pieces is not copied for each of them.
            signature?.append(piece.string)
            if signature == nil { signature = piece.string }
            guard signature?.utf8.count ?? 0 <= Self.maximumSignature else {
                throw .unreadable(cause: "a signature is too long")
            }
        }
    }

    // MARK: Parts

    /// Makes a part of this kind the open one, whatever came before (stream-01, stream-05).
    private mutating func open(_ kind: Block, into events: inout [ModelEvent]) {
        guard block != kind else { return }
        close(into: &events)
        block = kind
        events.append(.partStart(candidate: 0, kind == .text ? .text : .reasoning(isSummary: false)))
    }

    private mutating func close(into events: inout [ModelEvent]) {
        switch block {
        case .none, .other: break
        case .text, .toolCall: events.append(.partEnd(candidate: 0))
        case .thinking:
            // The whole text is known only now, and so is what the signature proves (reasoning-02).
            if let signature {
                let state = AnthropicThoughts.state(JSONString(signature), of: checksum, from: origin)
                events.append(.state(candidate: 0, state))
            }
            events.append(.partEnd(candidate: 0))
            signature = nil
            checksum = FNV1a()
        }
        block = .none
    }
}

extension ByteBufferView {
    /// Whether these are the bytes of a text.
    fileprivate func equals(_ text: StaticString) -> Bool { withUnsafeBytes { $0.equals(text) } }
}

extension String {
    fileprivate init(decoding bytes: ByteBufferView) { self = String(decoding: bytes, as: UTF8.self) }
}
