// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// A part of a candidate that is being read.
struct ChatPart: OrderedPart {
    /// What it is; texts have one key each, calls have their place.
    enum Kind: Int {
        case text = -1
        case refusal = -2
        case reasoning = -3
        case summary = -4
        case media = -5
        case call = 0

        var key: Int { rawValue }
    }

    /// Bytes of a call without a name.
    private static let maximumBytes = 1 << 20

    private let kind: Kind
    private let candidate: Int
    private let origin: StateOrigin
    /// What of a call came before its name.
    private var held: [JSONString] = []
    private var heldBytes = 0
    private var hasName = false
    private var isCustom = false
    private var signature: JSONString?
    private var arguments = ObjectEnd()

    /// A call is whole with its arguments, anything else wherever another part begins.
    var isWhole: Bool { kind != .call || hasName && arguments.isReached }

    /// Whether its beginning has been told: that of a call takes a name.
    var hasBegun: Bool { kind != .call || hasName }

    init(_ kind: Kind, candidate: Int, origin: StateOrigin) {
        self.kind = kind
        self.candidate = candidate
        self.origin = origin
    }

    /// Begins anything but a call.
    func begin(into events: inout [ModelEvent]) {
        switch kind {
        case .text: events.append(.partStart(candidate: candidate, .text))
        case .refusal: events.append(.partStart(candidate: candidate, .refusal))
        case .reasoning: events.append(.partStart(candidate: candidate, .reasoning(isSummary: false)))
        case .summary: events.append(.partStart(candidate: candidate, .reasoning(isSummary: true)))
        case .media, .call: break
        }
    }

    /// Adds a fragment of a call; with its first name it gets its id.
    mutating func add(_ fragment: ChatCall, id: JSONString?, into events: inout [ModelEvent]) throws(StreamFailure) {
        if fragment.isCustom { isCustom = true }
        signature = signature ?? fragment.signature
        let text = fragment.arguments.written
        if !isCustom { arguments.consume(text) }
        if let id, let name = fragment.name, !hasName {
            hasName = true
            let call = Message.ToolCall(id: id, name: name, arguments: .text(""), isCustom: isCustom)
            let state = signature.map { OpaqueState(.thought, $0, from: origin) }
            events.append(.partStart(candidate: candidate, .toolCall(call, state: state)))
            for text in held { events.append(.toolArguments(candidate: candidate, text)) }
            held = []
        }
        guard !text.isEmpty else { return }
        if hasName { return events.append(.toolArguments(candidate: candidate, text)) }
        held.append(text)
        heldBytes += max(64, text.utf8Count)
        guard heldBytes <= Self.maximumBytes else {
            throw .unreadable(cause: "a tool call without a name is too large")
        }
    }

    mutating func end(into events: inout [ModelEvent]) throws(StreamFailure) {
        if kind == .call, !hasName { throw .unreadable(cause: "a tool call has no name") }
        events.append(.partEnd(candidate: candidate))
    }
}
