// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Reads the chunks of a chat stream.
///
/// A candidate has ended when the stream has: some servers give a reason in every chunk, or content after it. Where `[DONE]` is missing, the end of the body is the end
/// if each candidate has its reason (stream-20).
struct ChatStreamDecoder: StreamDecoder {
    /// The part that is open in a candidate, calls apart.
    private enum Part {
        case none, text, refusal, reasoning
    }

    private struct Candidate {
        var part: Part = .none
        var calls = ChatCallQueue()
        /// Why it ends, as far as that is known.
        var reason: JSONString?
        var isFinished = false
    }

    /// A bound for what an upstream may make the gateway keep; OpenAI allows `n` up to 128.
    private static let maximumCandidates = 128

    private let answer: AnswerContext
    private var ids: CallIDs?
    private var candidates: [Candidate] = []
    private var hasEnded = false
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
            for choice in choices {
                try self.choice(choice, into: &events)
                // As Moonshot reports it.
                if usage == nil { usage = choice["usage"] }
            }
        }
        if usage?.object == nil { usage = chunk["x_groq"]?["usage"] }
        if let usage, usage.object != nil { events.append(.usage(OpenAIChat.usage(usage))) }
    }

    mutating func finish(into events: inout [ModelEvent]) {
        guard !hasEnded, !candidates.isEmpty, candidates.allSatisfy({ $0.reason != nil }),
            (try? finishReasoned(into: &events)) != nil
        else { return }
        events.append(.end)
    }

    private mutating func choice(_ choice: JSONValue, into events: inout [ModelEvent]) throws(StreamFailure) {
        // OpenRouter reports a provider's failure here.
        if let error = choice["error"], error.object != nil { throw .reported(ErrorReader.streamError(choice)) }
        let index = choice["index"]?.int ?? 0
        guard (0..<Self.maximumCandidates).contains(index) else {
            throw .unreadable(cause: "a choice has the index \(index)")
        }
        while candidates.count <= index { candidates.append(Candidate()) }
        if candidates[index].isFinished { return }
        if let delta = choice["delta"] { try self.delta(delta, of: index, into: &events) }
        if let logprobs = choice["logprobs"]?["content"], logprobs.array?.isEmpty == false,
            isOpen(index)
        {
            events.append(.logprobs(candidate: index, logprobs))
        }
        if let reason = choice["finish_reason"]?.text, !reason.isEmpty { candidates[index].reason = reason }
    }

    // MARK: Deltas

    private enum Member {
        case content, refusal, reasoningContent, reasoning, details, toolCalls, functionCall, audio, images, annotations
        case extraContent
    }

    private static let members = KeyTable<Member>([
        "content": .content, "refusal": .refusal, "reasoning_content": .reasoningContent, "reasoning": .reasoning,
        "reasoning_details": .details, "tool_calls": .toolCalls, "function_call": .functionCall, "audio": .audio,
        "images": .images, "annotations": .annotations, "extra_content": .extraContent,
    ])

    private mutating func delta(
        _ delta: JSONValue,
        of index: Int,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        guard let object = delta.object else { return }
        var content: JSONValue?
        var refusal: JSONString?
        var reasoning: JSONString?
        var details: JSONValue?
        var calls: JSONValue?
        var functionCall: JSONValue?
        var hasMore = false
        for (key, value) in object where !value.isNull {
            switch Self.members[key] {
            case .content: content = value
            case .refusal: refusal = value.text
            // The same under two names; some servers write both.
            case .reasoningContent: if let text = value.text, !text.isEmpty { reasoning = text }
            case .reasoning: reasoning = reasoning ?? value.text
            case .details: details = value
            case .toolCalls: calls = value
            case .functionCall: functionCall = value
            case .audio, .images, .annotations, .extraContent: hasMore = true
            case nil: break
            }
        }
        if let reasoning { try self.reasoning(reasoning, of: index, into: &events) }
        if let details { try self.details(details, hasText: reasoning != nil, of: index, into: &events) }
        if let text = content?.text {
            try self.text(text, .text, of: index, into: &events)
        } else if let content {
            for part in ChatAnswerParts.content(content, from: answer.origin) {
                try self.part(part, of: index, into: &events)
            }
        }
        if let refusal { try text(refusal, .refusal, of: index, into: &events) }
        if hasMore { try self.more(delta, of: index, into: &events) }
        for value in calls?.array.map(Array.init) ?? [] {
            guard let call = ChatCall(value) else { continue }
            try append(call, of: index, into: &events)
        }
        if let functionCall, var call = ChatCall(JSONValue { $0.object { $0.member("function", functionCall) } }) {
            // The older form has one call, without an id.
            call.index = 0
            try append(call, of: index, into: &events)
        }
    }

    /// What few servers send: sound, pictures, sources, Google's signature of a text.
    private mutating func more(
        _ delta: JSONValue,
        of index: Int,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        for part in ChatAnswerParts.audio(of: delta) + ChatAnswerParts.images(of: delta) {
            try self.part(part, of: index, into: &events)
        }
        for citation in ChatAnswerParts.citations(of: delta) {
            try open(.text, of: index, into: &events)
            events.append(.citation(candidate: index, citation))
        }
        if let signature = OpenAIChat.signature(in: delta) {
            try open(.text, of: index, into: &events)
            events.append(.state(candidate: index, OpaqueState(.thought, signature, from: answer.origin)))
            try close(index, into: &events)
        }
    }

    /// A whole part or a piece of one, from an array in place of a text.
    private mutating func part(
        _ part: Message.Part,
        of index: Int,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        switch part.content {
        case .text(let text):
            try self.text(text, .text, of: index, into: &events)
            if part.state != nil { try open(.text, of: index, into: &events) }
        case .refusal(let text): try self.text(text, .refusal, of: index, into: &events)
        case .reasoning(let thoughts):
            // A redacted thought is a part of its own.
            if thoughts.texts.isEmpty { try close(index, into: &events) }
            if part.state != nil { try open(.reasoning, of: index, into: &events) }
            for text in thoughts.texts { try reasoning(text, of: index, into: &events) }
        case .media(let media):
            try close(index, into: &events)
            events.append(.partStart(candidate: index, .media(media)))
            events.append(.partEnd(candidate: index))
        case .toolCall, .toolResult: break
        }
        if let state = part.state {
            events.append(.state(candidate: index, state))
            try close(index, into: &events)
        }
    }

    /// OpenRouter's details: their text where it does not stand beside them, and what is attached to it.
    private mutating func details(
        _ details: JSONValue,
        hasText: Bool,
        of index: Int,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        for detail in details.array.map(Array.init) ?? [] {
            if !hasText, let text = ChatAnswerParts.text(of: detail).0 {
                try reasoning(text, of: index, into: &events)
            }
            guard let state = ChatReasoningDetail.state(of: detail, from: answer.origin) else { continue }
            if detail["data"] != nil { try close(index, into: &events) }
            try open(.reasoning, of: index, into: &events)
            events.append(.state(candidate: index, state))
            try close(index, into: &events)
        }
    }

    private mutating func text(
        _ text: JSONString,
        _ part: Part,
        of index: Int,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        guard !text.isEmpty else { return }
        try open(part, of: index, into: &events)
        events.append(.text(candidate: index, text))
    }

    private mutating func reasoning(
        _ text: JSONString,
        of index: Int,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        guard !text.isEmpty else { return }
        try open(.reasoning, of: index, into: &events)
        events.append(.reasoning(candidate: index, text))
    }

    private mutating func append(
        _ call: ChatCall,
        of index: Int,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        if candidates[index].part != .none { try close(index, into: &events) }
        try candidates[index].calls.append(call)
        candidates[index].calls.advance(candidate: index, origin: answer.origin, &ids, into: &events)
    }

    // MARK: Parts

    private func isOpen(_ index: Int) -> Bool {
        candidates[index].part != .none || candidates[index].calls.isOpen
    }

    /// Makes this the open part.
    private mutating func open(
        _ part: Part,
        of index: Int,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        guard candidates[index].part != part else { return }
        try close(index, into: &events)
        candidates[index].part = part
        switch part {
        case .text: events.append(.partStart(candidate: index, .text))
        case .refusal: events.append(.partStart(candidate: index, .refusal))
        case .reasoning: events.append(.partStart(candidate: index, .reasoning(isSummary: false)))
        case .none: break
        }
    }

    /// Ends what is open: the part, and all calls.
    private mutating func close(_ index: Int, into events: inout [ModelEvent]) throws(StreamFailure) {
        if candidates[index].part != .none {
            candidates[index].part = .none
            events.append(.partEnd(candidate: index))
        }
        try candidates[index].calls.end(candidate: index, origin: answer.origin, &ids, into: &events)
    }

    /// Ends the candidates that have their reason.
    private mutating func finishReasoned(into events: inout [ModelEvent]) throws(StreamFailure) {
        for index in candidates.indices where candidates[index].reason != nil { try finish(index, into: &events) }
    }

    private mutating func finish(_ index: Int, into events: inout [ModelEvent]) throws(StreamFailure) {
        guard !candidates[index].isFinished else { return }
        try close(index, into: &events)
        candidates[index].isFinished = true
        let hasToolCalls = candidates[index].calls.hasBegun
        let reason = OpenAIChat.finishReason(candidates[index].reason ?? "stop", hasToolCalls: hasToolCalls)
        events.append(.finish(candidate: index, reason))
    }
}
