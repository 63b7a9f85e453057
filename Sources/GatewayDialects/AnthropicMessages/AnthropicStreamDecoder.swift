// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Reads the events of a messages stream.
struct AnthropicStreamDecoder: StreamDecoder {
    private enum Kind {
        case messageStart, blockStart, blockDelta, blockStop, messageDelta, messageStop, error
    }

    private static let kinds = KeyTable<Kind>([
        "content_block_delta": .blockDelta, "content_block_start": .blockStart, "content_block_stop": .blockStop,
        "message_start": .messageStart, "message_delta": .messageDelta, "message_stop": .messageStop, "error": .error,
    ])

    /// The content block that is open.
    private enum Block {
        case none
        case text
        case thinking
        /// A thought that only the vendor can read.
        case redacted(JSONString)
        /// A tool call; `input` is what its start already held, for servers that send no fragments.
        case toolCall(input: JSONValue?, hasFragments: Bool)
        /// A block of a kind that is not translated.
        case other
    }

    private let origin: StateOrigin
    private var block: Block = .none
    private var signature: JSONString?
    private var checksum = FNV1a()
    private var usage = TokenUsage()
    private var hasStarted = false
    private var isFinished = false
    private(set) var serviceTier: String?

    init(origin: StateOrigin) {
        self.origin = origin
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
        case .blockDelta: try delta(event["delta"], into: &events)
        case .blockStart: try start(event["content_block"], into: &events)
        case .blockStop: stop(into: &events)
        case .messageStart:
            let message = event["message"]
            begin(id: message?["id"]?.text, model: message?["model"]?.text, into: &events)
            report(message?["usage"], into: &events)
        case .messageDelta:
            // Before the end, so that what is written there can be exact.
            report(event["usage"], into: &events)
            let delta = event["delta"]
            if let reason = delta?["stop_reason"]?.text, !isFinished {
                begin(id: nil, model: nil, into: &events)
                stop(into: &events)
                isFinished = true
                let finish = AnthropicMessages.finishReason(reason, stopSequence: delta?["stop_sequence"]?.text)
                if finish == .refusal, let text = AnthropicMessages.refusalText(delta?["stop_details"]) {
                    events.append(.partStart(candidate: 0, .refusal))
                    events.append(.text(candidate: 0, text))
                    events.append(.partEnd(candidate: 0))
                }
                events.append(.finish(candidate: 0, finish))
            }
        case .messageStop:
            stop(into: &events)
            events.append(.end)
        case .error: throw .reported(ErrorReader.streamError(event))
        case nil: break
        }
    }

    mutating func finish(into events: inout [ModelEvent]) {}

    /// Begins the answer, which some servers do with its first block.
    private mutating func begin(id: JSONString?, model: JSONString?, into events: inout [ModelEvent]) {
        guard !hasStarted else { return }
        hasStarted = true
        events.append(.start(id: id, model: model))
    }

    private mutating func report(_ value: JSONValue?, into events: inout [ModelEvent]) {
        guard let value, value.object != nil else { return }
        usage.mergeAnthropic(AnthropicMessages.usage(value))
        events.append(.usage(usage))
        if let tier = value["service_tier"]?.string { serviceTier = tier }
    }

    private mutating func start(_ value: JSONValue?, into events: inout [ModelEvent]) throws(StreamFailure) {
        stop(into: &events)
        guard !isFinished else { throw .unreadable(cause: "a block begins after the end of the message") }
        begin(id: nil, model: nil, into: &events)
        guard let value, let type = value["type"]?.text else { throw .unreadable(cause: "a block has no type") }
        if type == "text" {
            open(.text, into: &events)
            add(text: value["text"]?.text, into: &events)
            if let citations = value["citations"]?.array { for citation in citations { cite(citation, into: &events) } }
        } else if type == "thinking" {
            open(.thinking, into: &events)
            add(thinking: value["thinking"]?.text, into: &events)
            add(signature: value["signature"]?.text)
        } else if type == "redacted_thinking" {
            open(.redacted(value["data"]?.text ?? ""), into: &events)
        } else if type == "tool_use" {
            guard let id = value["id"]?.text, let name = value["name"]?.text else {
                throw .unreadable(cause: "a tool call has no id or no name")
            }
            var input = value["input"]
            if input?.object?.isEmpty ?? true { input = nil }
            block = .toolCall(input: input, hasFragments: false)
            let call = Message.ToolCall(id: id, name: name, arguments: .text(""))
            events.append(.partStart(candidate: 0, .toolCall(call, state: nil)))
        } else {
            block = .other
        }
    }

    private mutating func delta(_ value: JSONValue?, into events: inout [ModelEvent]) throws(StreamFailure) {
        guard let value else { throw .unreadable(cause: "an event has no delta") }
        switch block {
        case .none: throw .unreadable(cause: "a delta has no block")
        case .other, .redacted: break
        case .toolCall(let input, _):
            if let fragment = value["partial_json"]?.text, !fragment.isEmpty {
                block = .toolCall(input: input, hasFragments: true)
                events.append(.toolArguments(candidate: 0, fragment))
            }
        case .text, .thinking:
            // Some servers send thoughts in a block that began as text, and the other way round (stream-01).
            if let text = value["text"]?.text {
                add(text: text, into: &events)
            } else if let text = value["thinking"]?.text {
                add(thinking: text, into: &events)
            } else if let signature = value["signature"]?.text {
                add(signature: signature)
            } else if let citation = value["citation"] {
                cite(citation, into: &events)
            }
        }
    }

    // MARK: Parts

    /// Begins a part of this kind.
    private mutating func open(_ kind: Block, into events: inout [ModelEvent]) {
        stop(into: &events)
        block = kind
        switch kind {
        case .text: events.append(.partStart(candidate: 0, .text))
        case .thinking, .redacted: events.append(.partStart(candidate: 0, .reasoning(isSummary: false)))
        case .none, .toolCall, .other: break
        }
    }

    private mutating func add(text: JSONString?, into events: inout [ModelEvent]) {
        guard let text, !text.isEmpty else { return }
        if case .text = block {} else { open(.text, into: &events) }
        events.append(.text(candidate: 0, text))
    }

    private mutating func add(thinking text: JSONString?, into events: inout [ModelEvent]) {
        guard let text, !text.isEmpty else { return }
        if case .thinking = block {} else { open(.thinking, into: &events) }
        checksum.add(text)
        events.append(.reasoning(candidate: 0, text))
    }

    private mutating func add(signature text: JSONString?) {
        guard let text, !text.isEmpty, case .thinking = block else { return }
        signature = text
    }

    private func cite(_ citation: JSONValue, into events: inout [ModelEvent]) {
        guard case .text = block else { return }
        events.append(.citation(candidate: 0, AnthropicCitations.decode(citation)))
    }

    private mutating func stop(into events: inout [ModelEvent]) {
        switch block {
        case .none, .other: break
        case .text: events.append(.partEnd(candidate: 0))
        case .thinking:
            // The whole text is known only now, and so is what the signature proves (reasoning-02).
            if let signature {
                let state = AnthropicThoughts.state(signature, of: checksum, from: origin)
                events.append(.state(candidate: 0, state))
            }
            events.append(.partEnd(candidate: 0))
            signature = nil
            checksum = FNV1a()
        case .redacted(let data):
            if !data.isEmpty { events.append(.state(candidate: 0, OpaqueState(.redacted, data, from: origin))) }
            events.append(.partEnd(candidate: 0))
        case .toolCall(let input, let hasFragments):
            if let input, !hasFragments {
                events.append(.toolArguments(candidate: 0, JSONString(String(buffer: input.bytes))))
            }
            events.append(.partEnd(candidate: 0))
        }
        block = .none
    }
}
