// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// One candidate of a stream that is being read: which part is open, and what belongs to it.
struct GeminiStreamCandidate {
    private enum OpenPart {
        case text, thought
    }

    private let index: Int
    private let origin: StateOrigin
    private var open: OpenPart?
    /// Whether the open part has its signature, which ends its words but not what is said about them.
    private var isSigned = false
    private var hasToolCalls = false
    private var offsets = GeminiTextOffsets()
    /// Why it ended, as the vendor spells it.
    private var reason: String?
    var wasSeen = false

    /// Whether its end was told.
    var isFinished: Bool { reason != nil }

    init(index: Int, _ origin: StateOrigin) {
        self.index = index
        self.origin = origin
    }

    mutating func read(
        _ part: GeminiPart,
        _ ids: inout CallIDs,
        into events: inout [ModelEvent]
    ) {
        let state = part.signature.map { OpaqueState(.thought, $0, from: origin) }
        if let text = part.text {
            read(text, isThought: part.isThought, state, into: &events)
        } else if let call = part.functionCall {
            read(call, state, &ids, into: &events)
        } else if let media = Gemini.media(of: part) {
            close(into: &events)
            events.append(.partStart(candidate: index, .media(media)))
            if let state { events.append(.state(candidate: index, state)) }
            events.append(.partEnd(candidate: index))
        } else if state != nil {
            read("", isThought: false, state, into: &events)
        }
    }

    /// A piece of a text or a thought.
    ///
    /// A signature belongs to what is open, of which this is the last piece: where a stream is cut means nothing.
    private mutating func read(
        _ text: JSONString,
        isThought: Bool,
        _ state: OpaqueState?,
        into events: inout [ModelEvent]
    ) {
        guard !text.isEmpty || state != nil else { return }
        let kind = isThought ? OpenPart.thought : .text
        if open != kind || isSigned {
            close(into: &events)
            open = kind
            events.append(.partStart(candidate: index, isThought ? .reasoning(isSummary: true) : .text))
        }
        if !text.isEmpty {
            if isThought {
                events.append(.reasoning(candidate: index, text))
            } else {
                offsets.append(text)
                events.append(.text(candidate: index, text))
            }
        }
        if let state {
            events.append(.state(candidate: index, state))
            isSigned = true
        }
    }

    /// A call, which arrives whole: the gateway asks nobody to stream the arguments of one.
    private mutating func read(
        _ call: JSONValue,
        _ state: OpaqueState?,
        _ ids: inout CallIDs,
        into events: inout [ModelEvent]
    ) {
        guard let name = call["name"]?.text else { return }
        close(into: &events)
        hasToolCalls = true
        let start = Message.ToolCall(id: ids.next(call["id"]?.text, candidate: index), name: name, arguments: .text(""))
        events.append(.partStart(candidate: index, .toolCall(start, state: state)))
        let arguments = call["args"].flatMap { $0.object == nil ? nil : JSONString(String(buffer: $0.bytes)) }
        events.append(.toolArguments(candidate: index, arguments ?? "{}"))
        events.append(.partEnd(candidate: index))
    }

    private mutating func close(into events: inout [ModelEvent]) {
        guard open != nil else { return }
        open = nil
        isSigned = false
        events.append(.partEnd(candidate: index))
    }

    mutating func read(logprobs: JSONValue, into events: inout [ModelEvent]) {
        guard open != nil, let logprobs = GeminiAnnotations.openAILogprobs(logprobs) else { return }
        events.append(.logprobs(candidate: index, logprobs))
    }

    mutating func read(_ citations: JSONValue?, _ grounding: JSONValue?, into events: inout [ModelEvent]) {
        let citations = GeminiAnnotations.citations(of: citations, grounding, in: offsets)
        guard !citations.isEmpty else { return }
        if open != .text {
            close(into: &events)
            open = .text
            events.append(.partStart(candidate: index, .text))
        }
        for citation in citations { events.append(.citation(candidate: index, citation)) }
    }

    /// Takes the reason why it ended; of several the first counts.
    mutating func note(_ reason: JSONString) {
        if self.reason == nil { self.reason = reason.string }
    }

    /// Tells the end of a candidate that has one, behind all that belongs to it.
    mutating func finish(into events: inout [ModelEvent]) {
        guard let reason else { return }
        close(into: &events)
        events.append(.finish(candidate: index, Gemini.finishReason(JSONString(reason), hasToolCalls: hasToolCalls)))
    }
}
