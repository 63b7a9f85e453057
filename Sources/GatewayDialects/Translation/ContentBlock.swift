// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// A content block that is being read, as Anthropic's Messages and Bedrock's Converse have them.
///
/// Servers also write words of one kind into a block that began as another; each kind becomes a part of its own (stream-01).
struct ContentBlock: OrderedPart {
    private enum OpenPart {
        case text, reasoning, call
    }

    private let origin: StateOrigin
    private var open: OpenPart?
    private var signature: String?
    private var checksum = FNV1a()
    /// What the start of a call held of its arguments, for servers that send no fragments.
    private var input: JSONValue?
    /// Whether it is of a kind that is not translated.
    private(set) var isIgnored = false

    /// The longest signature that is kept, in bytes.
    private static let maximumSignature = 1 << 20

    var isWhole: Bool { false }
    var isCall: Bool { open == .call }

    init(origin: StateOrigin) {
        self.origin = origin
    }

    /// Leaves out all that is to come.
    mutating func ignore() { isIgnored = true }

    mutating func beginText(into events: inout [ModelEvent]) { begin(.text, .text, into: &events) }

    mutating func beginReasoning(into events: inout [ModelEvent]) {
        begin(.reasoning, .reasoning(isSummary: false), into: &events)
    }

    /// Begins a call; its arguments are those that fragments hold, or else `input`.
    mutating func begin(_ call: Message.ToolCall, input: JSONValue?, into events: inout [ModelEvent]) {
        endPart(into: &events)
        begin(.call, .toolCall(call, state: nil), into: &events)
        self.input = input?.object == nil ? nil : input
    }

    mutating func add(text: JSONString?, into events: inout [ModelEvent]) {
        guard let text, !text.isEmpty else { return }
        beginText(into: &events)
        events.append(.text(candidate: 0, text))
    }

    mutating func add(reasoning text: JSONString?, into events: inout [ModelEvent]) {
        guard let text, !text.isEmpty else { return }
        beginReasoning(into: &events)
        checksum.add(text)
        events.append(.reasoning(candidate: 0, text))
    }

    /// Adds a signature, or a piece of one.
    mutating func add(signature piece: JSONString?, into events: inout [ModelEvent]) throws(StreamFailure) {
        guard let piece, !piece.isEmpty else { return }
        beginReasoning(into: &events)
        // In place: a signature of many pieces is not copied for each of them.
        signature?.append(piece.string)
        if signature == nil { signature = piece.string }
        guard signature?.utf8.count ?? 0 <= Self.maximumSignature else {
            throw .unreadable(cause: "a signature is too long")
        }
    }

    /// Adds a thought that only the vendor can read.
    mutating func add(redacted data: JSONString?, into events: inout [ModelEvent]) {
        guard let data, !data.isEmpty else { return }
        endPart(into: &events)
        beginReasoning(into: &events)
        events.append(.state(candidate: 0, OpaqueState(.redacted, data, from: origin)))
        endPart(into: &events)
    }

    mutating func add(_ citation: Citation, into events: inout [ModelEvent]) {
        beginText(into: &events)
        events.append(.citation(candidate: 0, citation))
    }

    mutating func add(arguments fragment: JSONString?, into events: inout [ModelEvent]) {
        guard let fragment, !fragment.isEmpty else { return }
        input = nil
        events.append(.toolArguments(candidate: 0, fragment))
    }

    mutating func end(into events: inout [ModelEvent]) { endPart(into: &events) }

    private mutating func begin(_ part: OpenPart, _ kind: ModelEvent.PartKind, into events: inout [ModelEvent]) {
        guard open != part else { return }
        endPart(into: &events)
        open = part
        events.append(.partStart(candidate: 0, kind))
    }

    private mutating func endPart(into events: inout [ModelEvent]) {
        switch open {
        case nil: return
        case .text: break
        case .reasoning:
            // The whole text is known only now, and so is what the signature proves (reasoning-02).
            if let signature {
                let state = AnthropicThoughts.state(JSONString(signature), of: checksum, from: origin)
                events.append(.state(candidate: 0, state))
            }
            signature = nil
            checksum = FNV1a()
        case .call:
            if let input { events.append(.toolArguments(candidate: 0, JSONString(String(buffer: input.bytes)))) }
            input = nil
        }
        open = nil
        events.append(.partEnd(candidate: 0))
    }
}
