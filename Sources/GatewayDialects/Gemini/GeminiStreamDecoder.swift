// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Reads answers of the vendor: the elements of a streamGenerateContent answer, and a complete answer, which is one such element.
///
/// Every piece goes on at once (stream-14); tool calls arrive whole. Nothing marks the end but the end of the body: sources, a signature and usage may come behind a
/// `finishReason`. So the ends of the candidates wait for it, and the last event is only told if each of them has its reason (stream-09).
struct GeminiStreamDecoder: StreamDecoder {
    /// Most candidates that the vendor offers are 8; this is a bound for what an upstream may make the gateway keep.
    private static let maximumCandidates = 64

    private enum Member {
        case candidates, usageMetadata, promptFeedback, error
    }

    private static let members = KeyTable<Member>([
        "candidates": .candidates, "usageMetadata": .usageMetadata, "promptFeedback": .promptFeedback, "error": .error,
    ])

    private enum CandidateMember {
        case content, finishReason, index, citationMetadata, groundingMetadata, logprobsResult
    }

    private static let candidateMembers = KeyTable<CandidateMember>([
        "content": .content, "finishReason": .finishReason, "index": .index, "citationMetadata": .citationMetadata,
        "groundingMetadata": .groundingMetadata, "logprobsResult": .logprobsResult,
    ])

    private let answer: AnswerContext
    private var ids: CallIDs?
    private var candidates: [GeminiStreamCandidate] = []
    private var isBlocked = false

    var serviceTier: String? { nil }

    init(_ answer: AnswerContext) {
        self.answer = answer
    }

    mutating func decode(_ data: ByteBuffer, into events: inout [ModelEvent]) throws(StreamFailure) {
        let chunk: JSONValue
        do throws(JSONError) {
            chunk = try JSONValue(answer: data)
        } catch {
            throw .unreadable(cause: "an event is not JSON: \(error)")
        }
        try decode(chunk, into: &events)
    }

    mutating func decode(answer: JSONValue, into events: inout [ModelEvent]) throws(StreamFailure) {
        // Some servers answer with the array of a stream that has one element.
        try decode(answer.array?.first ?? answer, into: &events)
        guard isBlocked || !candidates.isEmpty else { throw .unreadable(cause: "the response has no candidates") }
        finish(into: &events)
    }

    private mutating func decode(_ chunk: JSONValue, into events: inout [ModelEvent]) throws(StreamFailure) {
        guard let members = chunk.object else { throw .unreadable(cause: "an event is not an object") }
        var found: JSONValue?
        var feedback: JSONValue?
        var usage: JSONValue?
        for (key, value) in members {
            switch Self.members[key] {
            case .candidates: found = value
            case .usageMetadata: usage = value
            case .promptFeedback: feedback = value
            case .error: if value.object != nil { throw .reported(ErrorReader.streamError(chunk)) }
            case nil: break
            }
        }
        if ids == nil {
            let id = chunk["responseId"]?.text
            ids = CallIDs(responseID: id, answer)
            events.append(.start(id: id, model: chunk["modelVersion"]?.text))
        }
        // Before the candidates, so that what is written at their end can be exact.
        if let usage, usage.object != nil { events.append(.usage(Gemini.usage(usage))) }
        if let array = found?.array {
            for (place, value) in array.enumerated() { try candidate(value, at: place, into: &events) }
        }
        if feedback?["blockReason"] != nil, !isBlocked {
            isBlocked = true
            if candidates.isEmpty { events.append(.finish(candidate: 0, .contentFilter)) }
        }
    }

    mutating func finish(into events: inout [ModelEvent]) {
        for index in candidates.indices { candidates[index].finish(into: &events) }
        let isComplete = !candidates.isEmpty && candidates.allSatisfy { $0.isFinished || !$0.wasSeen }
        if isBlocked || isComplete { events.append(.end) }
    }

    /// Reads a candidate; without an index it is the one whose place it has.
    private mutating func candidate(
        _ value: JSONValue,
        at place: Int,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        var index = place
        var content: JSONValue?
        var reason: JSONString?
        var citations: JSONValue?
        var grounding: JSONValue?
        var logprobs: JSONValue?
        guard let members = value.object else { throw .unreadable(cause: "a candidate is not an object") }
        for (key, value) in members {
            switch Self.candidateMembers[key] {
            case .content: content = value
            case .finishReason: if let word = value.text, !word.isEmpty { reason = word }
            case .index: if !value.isNull { index = value.int ?? -1 }
            case .citationMetadata: citations = value
            case .groundingMetadata: grounding = value
            case .logprobsResult: logprobs = value
            case nil: break
            }
        }
        guard (0..<Self.maximumCandidates).contains(index) else {
            throw .unreadable(cause: "a candidate has the index \(index)")
        }
        while candidates.count <= index {
            candidates.append(GeminiStreamCandidate(index: candidates.count, answer.origin))
        }
        candidates[index].wasSeen = true
        guard var ids else { return }
        // Taken, not copied: there may be many of them.
        self.ids = nil
        let parts = (content?["parts"]?.elements ?? []).map(GeminiPart.init)
        // They belong to the texts, whatever follows these.
        let lastText = logprobs == nil ? nil : parts.lastIndex { $0.text != nil }
        for (number, part) in parts.enumerated() {
            candidates[index].read(part, &ids, into: &events)
            if let told = logprobs, number == lastText {
                candidates[index].read(logprobs: told, into: &events)
                logprobs = nil
            }
        }
        self.ids = ids
        if let logprobs { candidates[index].read(logprobs: logprobs, into: &events) }
        if citations != nil || grounding != nil { candidates[index].read(citations, grounding, into: &events) }
        if let reason { candidates[index].note(reason) }
    }
}
