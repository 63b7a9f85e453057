// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Reads the answers of chat completions: the chunks of a stream, and a complete answer as the events that it would be.
///
/// A candidate has ended when the stream has: some servers give a reason in every chunk, or content after it. Where `[DONE]` is missing, the end of the body is the end
/// if each candidate has its reason (stream-20).
struct ChatStreamDecoder: StreamDecoder {
    struct Candidate {
        var parts = PartOrder<ChatPart>()
        var calls: ChatCallPlaces
        /// Why it ends, as far as that is known.
        var reason: JSONString?
        var isFinished = false

        /// Where a fragment of a call belongs.
        mutating func place(of fragment: ChatCall) throws(StreamFailure) -> ChatCallPlaces.Place? {
            try calls.place(of: fragment, in: parts)
        }
    }

    /// A bound for what an upstream may make the gateway keep; OpenAI allows `n` up to 128.
    private static let maximumCandidates = 128

    let answer: AnswerContext
    var ids: CallIDs?
    var candidates: [Candidate] = []
    private var hasEnded = false
    /// Whether it is a complete answer that is read: its messages are not pieces of one.
    var isComplete = false
    private(set) var serviceTier: String?

    init(_ answer: AnswerContext) {
        self.answer = answer
    }

    mutating func decode(_ data: ByteBuffer, into events: inout [ModelEvent]) throws(StreamFailure) {
        if data.readableBytes == 6, data.withUnsafeReadableBytes({ $0.equals("[DONE]") }) {
            for index in candidates.indices { try finish(index, into: &events) }
            events.append(.end)
            hasEnded = true
            return
        }
        let chunk: JSONValue
        do throws(JSONError) {
            chunk = try JSONValue(answer: data)
        } catch {
            throw .unreadable(cause: "an event is not JSON: \(error)")
        }
        if let error = chunk["error"], !error.isNull { throw .reported(ErrorReader.streamError(chunk)) }
        try read(chunk, into: &events)
    }

    mutating func decode(answer: JSONValue, into events: inout [ModelEvent]) throws(StreamFailure) {
        guard answer["choices"]?.array != nil else {
            if answer["error"] != nil { throw .reported(ErrorReader.streamError(answer)) }
            throw .unreadable(cause: "the response has no choices")
        }
        isComplete = true
        try read(answer, into: &events)
        for index in candidates.indices { try finish(index, into: &events) }
        events.append(.end)
    }

    mutating func finish(into events: inout [ModelEvent]) throws(StreamFailure) {
        guard !hasEnded, !candidates.isEmpty, candidates.allSatisfy({ $0.reason != nil }) else { return }
        try finishReasoned(into: &events)
        events.append(.end)
    }

    /// Reads a chunk, or a complete answer.
    private mutating func read(_ chunk: JSONValue, into events: inout [ModelEvent]) throws(StreamFailure) {
        if ids == nil {
            // As vLLM reports an error inside a stream.
            if chunk["object"]?.text.map({ $0 == "error" }) == true { throw .reported(ErrorReader.streamError(chunk)) }
            let id = chunk["id"]?.text
            ids = CallIDs(responseID: id, answer)
            events.append(.start(id: id, model: chunk["model"]?.text))
        }
        if serviceTier == nil { serviceTier = chunk["service_tier"]?.string }
        var usage = chunk["usage"]
        if let choices = chunk["choices"]?.array {
            // The chunk that only reports usage comes last.
            if choices.isEmpty { try finishReasoned(into: &events) }
            for (place, choice) in choices.enumerated() {
                try self.choice(choice, at: place, into: &events)
                // As Moonshot reports it.
                if usage == nil { usage = choice["usage"] }
            }
        }
        if usage?.object == nil { usage = chunk["x_groq"]?["usage"] }
        if let usage, usage.object != nil { events.append(.usage(OpenAIChat.usage(usage))) }
    }

    private mutating func choice(
        _ choice: JSONValue,
        at place: Int,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        // OpenRouter reports a provider's failure here.
        if let error = choice["error"], error.object != nil { throw .reported(ErrorReader.streamError(choice)) }
        let index = isComplete ? place : choice["index"]?.int ?? 0
        guard (0..<Self.maximumCandidates).contains(index) else {
            throw .unreadable(cause: "a choice has the index \(index)")
        }
        while candidates.count <= index {
            candidates.append(
                Candidate(calls: ChatCallPlaces(maximumCalls: isComplete ? .max : ChatCallPlaces.maximumCalls))
            )
        }
        if candidates[index].isFinished { return }
        let delta = choice[isComplete ? "message" : "delta"]
        if isComplete, delta == nil { throw .unreadable(cause: "a choice has no message") }
        if let delta { try self.delta(delta, of: index, into: &events) }
        if let logprobs = choice["logprobs"]?["content"], logprobs.array?.isEmpty == false,
            let key = candidates[index].parts.latest
        {
            try candidates[index].parts.read(key, into: &events) { part, events in
                if part.hasBegun { events.append(.logprobs(candidate: index, logprobs)) }
            }
        }
        if let reason = choice["finish_reason"]?.text, !reason.isEmpty { candidates[index].reason = reason }
    }

    /// Ends the candidates that have their reason.
    private mutating func finishReasoned(into events: inout [ModelEvent]) throws(StreamFailure) {
        for index in candidates.indices where candidates[index].reason != nil { try finish(index, into: &events) }
    }

    private mutating func finish(_ index: Int, into events: inout [ModelEvent]) throws(StreamFailure) {
        guard !candidates[index].isFinished else { return }
        try candidates[index].parts.endAll(into: &events)
        candidates[index].isFinished = true
        let hasToolCalls = candidates[index].calls.hasBegun
        let reason = OpenAIChat.finishReason(candidates[index].reason ?? "stop", hasToolCalls: hasToolCalls)
        events.append(.finish(candidate: index, reason))
    }
}
