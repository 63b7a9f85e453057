// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Reads the chunks of a chat stream.
struct ChatStreamDecoder: StreamDecoder {
    /// What is open in a candidate.
    private enum Part {
        case none
        case text
        /// The tool call with this index.
        case toolCall(Int)
    }

    private struct Candidate {
        var part: Part = .none
        /// The indices of the calls that have begun.
        var toolCalls: [Int] = []
        /// A call whose name has not come yet.
        var nameless: (index: Int, id: JSONString?, arguments: [JSONString])?
        var isFinished = false
    }

    /// A bound for what an upstream may make the gateway keep; OpenAI allows `n` up to 128.
    private static let maximumCandidates = 128
    private static let maximumToolCalls = 1024

    private let answer: AnswerContext
    private var ids: CallIDs?
    private var candidates: [Candidate] = []
    private(set) var serviceTier: String?

    init(_ answer: AnswerContext) {
        self.answer = answer
    }

    mutating func decode(_ data: ByteBuffer, into events: inout [ModelEvent]) throws(StreamFailure) {
        if data.readableBytes == 6, data.withUnsafeReadableBytes({ $0.equals("[DONE]") }) {
            for index in candidates.indices { try close(index, into: &events) }
            events.append(.end)
            return
        }
        let chunk: JSONValue
        do throws(JSONError) {
            chunk = try JSONValue(validating: data)
        } catch {
            throw .unreadable(cause: "an event is not JSON: \(error)")
        }
        if let error = chunk["error"], !error.isNull { throw .reported(ErrorReader.streamError(chunk)) }
        if ids == nil {
            let id = chunk["id"]?.text
            ids = CallIDs(responseID: id, answer)
            events.append(.start(id: id, model: chunk["model"]?.text))
        }
        if serviceTier == nil { serviceTier = chunk["service_tier"]?.string }
        if let usage = chunk["usage"], usage.object != nil { events.append(.usage(OpenAIChat.usage(usage))) }
        if let choices = chunk["choices"]?.array {
            for choice in choices { try self.choice(choice, into: &events) }
        }
    }

    mutating func finish(into events: inout [ModelEvent]) {}

    private mutating func choice(_ choice: JSONValue, into events: inout [ModelEvent]) throws(StreamFailure) {
        let index = choice["index"]?.int ?? 0
        guard (0..<Self.maximumCandidates).contains(index) else {
            throw .unreadable(cause: "a choice has the index \(index)")
        }
        while candidates.count <= index { candidates.append(Candidate()) }
        if let delta = choice["delta"] {
            for text in OpenAIChat.texts(of: delta["content"]) { try self.text(text, of: index, into: &events) }
            if let refusal = delta["refusal"]?.text { try text(refusal, of: index, into: &events) }
            if let calls = delta["tool_calls"]?.array {
                for call in calls { try toolCall(call, of: index, into: &events) }
            }
        }
        guard let reason = choice["finish_reason"]?.text, !candidates[index].isFinished else { return }
        try close(index, into: &events)
        candidates[index].isFinished = true
        events.append(.finish(candidate: index, OpenAIChat.finishReason(reason)))
    }

    private mutating func text(
        _ text: JSONString,
        of index: Int,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        guard !text.isEmpty else { return }
        if case .text = candidates[index].part {
        } else {
            try close(index, into: &events)
            candidates[index].part = .text
            events.append(.partStart(candidate: index, .text))
        }
        events.append(.text(candidate: index, text))
    }

    private mutating func toolCall(
        _ call: JSONValue,
        of index: Int,
        into events: inout [ModelEvent]
    ) throws(StreamFailure) {
        let id = call["id"]?.text.flatMap { $0.isEmpty ? nil : $0 }
        let name = call["function"]?["name"]?.text.flatMap { $0.isEmpty ? nil : $0 }
        let arguments = call["function"]?["arguments"]?.text ?? ""
        let position = call["index"]?.int ?? defaultPosition(of: index, isNew: id != nil)
        if candidates[index].nameless?.index == position {
            candidates[index].nameless?.arguments.append(arguments)
            if let name { begin(name, of: index, into: &events) }
            return
        }
        if case .toolCall(position) = candidates[index].part {
            if !arguments.isEmpty { events.append(.toolArguments(candidate: index, arguments)) }
            return
        }
        if candidates[index].toolCalls.contains(position) {
            // Parts never overlap, and what belongs to one that is over cannot be said any more.
            guard arguments.isEmpty else { throw .unreadable(cause: "the fragments of tool calls are interleaved") }
            return
        }
        try close(index, into: &events)
        guard candidates[index].toolCalls.count < Self.maximumToolCalls else {
            throw .unreadable(cause: "the answer has too many tool calls")
        }
        candidates[index].toolCalls.append(position)
        candidates[index].nameless = (position, id, [arguments])
        if let name { begin(name, of: index, into: &events) }
    }

    /// The index of a call that does not say it: a new one if it has an id, else the latest.
    private func defaultPosition(of index: Int, isNew: Bool) -> Int {
        let latest = candidates[index].toolCalls.max()
        return isNew ? (latest ?? -1) &+ 1 : latest ?? 0
    }

    /// Opens the call whose name has come.
    private mutating func begin(_ name: JSONString, of index: Int, into events: inout [ModelEvent]) {
        guard let call = candidates[index].nameless else { return }
        candidates[index].nameless = nil
        candidates[index].part = .toolCall(call.index)
        let id = ids?.next(call.id) ?? ""
        let start = Message.ToolCall(id: id, name: name, arguments: .text(""))
        events.append(.partStart(candidate: index, .toolCall(start, state: nil)))
        for arguments in call.arguments where !arguments.isEmpty {
            events.append(.toolArguments(candidate: index, arguments))
        }
    }

    private mutating func close(_ index: Int, into events: inout [ModelEvent]) throws(StreamFailure) {
        guard candidates[index].nameless == nil else { throw .unreadable(cause: "a tool call has no name") }
        if case .none = candidates[index].part { return }
        candidates[index].part = .none
        events.append(.partEnd(candidate: index))
    }
}
