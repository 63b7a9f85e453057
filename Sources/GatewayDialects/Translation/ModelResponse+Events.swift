// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON

/// A complete answer is the fold of its events, and its events are what it unfolds to: what changes a stream changes a complete answer as well.
extension ModelResponse {
    /// The events that the candidates of the answer would be as a stream, each text in one piece.
    ///
    /// What is attached to a part comes before its text, so that it is still there where the text is cut.
    package var events: [ModelEvent] {
        var events: [ModelEvent] = []
        for (index, candidate) in candidates.enumerated() {
            for part in candidate.parts { part.unfold(into: &events, candidate: index) }
            if let reason = candidate.finishReason { events.append(.finish(candidate: index, reason)) }
        }
        return events + [.end]
    }

    /// Takes the parts and finish reasons of the candidates from events; a thought that says nothing is none.
    package mutating func fold(_ events: [ModelEvent]) {
        for index in candidates.indices { (candidates[index].parts, candidates[index].finishReason) = ([], nil) }
        var open: [Int: FoldedPart] = [:]
        var logprobs: [Int: [JSONValue]] = [:]
        for event in events {
            switch event {
            case .start(let id, let model): (self.id, self.model) = (id, model)
            case .usage(let report): usage.merge(report)
            case .partStart(let index, let kind): open[index] = FoldedPart(kind: kind)
            case .text(let index, let text), .toolArguments(let index, let text), .reasoning(let index, let text):
                open[index]?.append(text)
            case .reasoningBreak(let index): open[index]?.texts.append([])
            case .state(let index, let state): open[index]?.state = state
            case .citation(let index, let citation): open[index]?.citations.append(citation)
            case .partEnd(let index):
                if let part = open.removeValue(forKey: index)?.part { withCandidate(index) { $0.parts.append(part) } }
            case .finish(let index, let reason): withCandidate(index) { $0.finishReason = reason }
            case .logprobs(let index, let value): logprobs[index, default: []].append(value)
            case .end: break
            }
        }
        for (index, values) in logprobs {
            withCandidate(index) { $0.logprobs = values.count == 1 ? values[0] : JSONValue { $0.joined(values) } }
        }
    }

    private mutating func withCandidate(_ index: Int, _ body: (inout Candidate) -> Void) {
        while candidates.count <= index { candidates.append(Candidate(parts: [], finishReason: nil)) }
        body(&candidates[index])
    }
}

/// A part of which the end has not come.
private struct FoldedPart {
    let kind: ModelEvent.PartKind
    /// The pieces of each text.
    var texts: [[JSONString]] = []
    var state: OpaqueState?
    var citations: [Citation] = []

    init(kind: ModelEvent.PartKind) {
        self.kind = kind
    }

    mutating func append(_ text: JSONString) {
        if texts.isEmpty { texts.append([]) }
        texts[texts.count - 1].append(text)
    }

    /// A text in one piece is kept as it was written.
    private static func joined(_ pieces: [JSONString]) -> JSONString {
        pieces.count == 1 ? pieces[0] : JSONString(pieces.map(\.string).joined())
    }

    /// Nil for a thought that says nothing.
    var part: Message.Part? {
        let text = Self.joined(texts.first ?? [])
        var part: Message.Part
        switch kind {
        case .text: part = .text(text)
        case .refusal: part = Message.Part(.refusal(text))
        case .reasoning(let isSummary):
            if texts.isEmpty, state == nil { return nil }
            part = Message.Part(.reasoning(Message.Reasoning(texts: texts.map(Self.joined), isSummary: isSummary)))
        case .media(let media): part = Message.Part(.media(media))
        case .toolCall(var call, let state):
            call.arguments = .text(text.isEmpty && !call.isCustom ? "{}" : text)
            part = .toolCall(call)
            part.state = state
        }
        if let state { part.state = state }
        if !citations.isEmpty { part.citations = citations }
        return part
    }
}

extension JSONWriter {
    /// Writes the elements of several arrays as one.
    fileprivate mutating func joined(_ arrays: [JSONValue]) {
        beginArray()
        for array in arrays { for element in array.elements { value(element) } }
        endArray()
    }
}

extension Message.Part {
    /// Appends the events that the part would be in a stream.
    fileprivate func unfold(into events: inout [ModelEvent], candidate index: Int) {
        var texts: [ModelEvent] = []
        switch content {
        case .text(let text):
            events.append(.partStart(candidate: index, .text))
            texts.append(.text(candidate: index, text))
        case .refusal(let text):
            events.append(.partStart(candidate: index, .refusal))
            texts.append(.text(candidate: index, text))
        case .reasoning(let reasoning):
            events.append(.partStart(candidate: index, .reasoning(isSummary: reasoning.isSummary)))
            for (number, text) in reasoning.texts.enumerated() {
                if number > 0 { texts.append(.reasoningBreak(candidate: index)) }
                texts.append(.reasoning(candidate: index, text))
            }
        case .media(let media): events.append(.partStart(candidate: index, .media(media)))
        case .toolCall(var call):
            let arguments = call.arguments.jsonText
            call.arguments = .text("")
            events.append(.partStart(candidate: index, .toolCall(call, state: state)))
            texts.append(.toolArguments(candidate: index, arguments))
        // Answers have none.
        case .toolResult: return
        }
        for citation in citations { events.append(.citation(candidate: index, citation)) }
        if let state, toolCall == nil { events.append(.state(candidate: index, state)) }
        events += texts
        events.append(.partEnd(candidate: index))
    }
}
