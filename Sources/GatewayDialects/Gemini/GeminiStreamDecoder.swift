// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Reads the elements of a streamGenerateContent answer.
///
/// Tool calls arrive whole. Nothing marks the end but the end of the body, so the last event waits for it.
struct GeminiStreamDecoder: StreamDecoder {
    private struct Candidate {
        var isTextOpen = false
        var hasToolCalls = false
        var isFinished = false
        var wasSeen = false
    }

    /// Most candidates that the vendor offers are 8; this is a bound for what an upstream may make the gateway keep.
    private static let maximumCandidates = 64

    private enum Member {
        case candidates, usageMetadata, promptFeedback, error
    }

    private static let members = KeyTable<Member>([
        "candidates": .candidates, "usageMetadata": .usageMetadata, "promptFeedback": .promptFeedback, "error": .error,
    ])

    private enum CandidateMember {
        case content, finishReason, index
    }

    private static let candidateMembers = KeyTable<CandidateMember>([
        "content": .content, "finishReason": .finishReason, "index": .index,
    ])

    private let answer: AnswerContext
    private var ids: CallIDs?
    private var candidates: [Candidate] = []
    private var isBlocked = false

    var serviceTier: String? { nil }

    init(_ answer: AnswerContext) {
        self.answer = answer
    }

    mutating func decode(_ data: ByteBuffer, into events: inout [ModelEvent]) throws(StreamFailure) {
        let chunk: JSONValue
        do throws(JSONError) {
            chunk = try JSONValue(validating: data)
        } catch {
            throw .unreadable(cause: "an event is not JSON: \(error)")
        }
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
            for value in array { try candidate(value, into: &events) }
        }
        if feedback?["blockReason"] != nil, !isBlocked {
            isBlocked = true
            if candidates.isEmpty { events.append(.finish(candidate: 0, .contentFilter)) }
        }
    }

    mutating func finish(into events: inout [ModelEvent]) {
        let isComplete = !candidates.isEmpty && candidates.allSatisfy { $0.isFinished || !$0.wasSeen }
        if isBlocked || isComplete { events.append(.end) }
    }

    private mutating func candidate(
        _ value: JSONValue,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        var index = 0
        var content: JSONValue?
        var reason: JSONString?
        guard let members = value.object else { throw .unreadable(cause: "a candidate is not an object") }
        for (key, value) in members {
            switch Self.candidateMembers[key] {
            case .content: content = value
            case .finishReason: reason = value.text
            case .index: index = value.int ?? -1
            case nil: break
            }
        }
        guard (0..<Self.maximumCandidates).contains(index) else {
            throw .unreadable(cause: "a candidate has the index \(index)")
        }
        while candidates.count <= index { candidates.append(Candidate()) }
        candidates[index].wasSeen = true
        if let parts = content?["parts"]?.array {
            for part in parts { self.part(part, of: index, into: &events) }
        }
        guard let reason, !candidates[index].isFinished else { return }
        closeText(of: index, into: &events)
        candidates[index].isFinished = true
        let meaning = Gemini.finishReason(reason, hasToolCalls: candidates[index].hasToolCalls)
        events.append(.finish(candidate: index, meaning))
    }

    private mutating func part(_ part: JSONValue, of index: Int, into events: inout [ModelEvent]) {
        if let text = part["text"]?.text {
            guard !text.isEmpty, part["thought"]?.bool != true else { return }
            if !candidates[index].isTextOpen {
                candidates[index].isTextOpen = true
                events.append(.partStart(candidate: index, .text))
            }
            events.append(.text(candidate: index, text))
        } else if let call = part["functionCall"], let name = call["name"]?.text {
            closeText(of: index, into: &events)
            candidates[index].hasToolCalls = true
            let id = ids?.next(call["id"]?.text) ?? ""
            let start = Message.ToolCall(id: id, name: name, arguments: .text(""))
            events.append(.partStart(candidate: index, .toolCall(start, state: nil)))
            let arguments = call["args"].flatMap { $0.object == nil ? nil : JSONString(String(buffer: $0.bytes)) }
            events.append(.toolArguments(candidate: index, arguments ?? "{}"))
            events.append(.partEnd(candidate: index))
        }
    }

    private mutating func closeText(of index: Int, into events: inout [ModelEvent]) {
        guard candidates[index].isTextOpen else { return }
        candidates[index].isTextOpen = false
        events.append(.partEnd(candidate: index))
    }
}
