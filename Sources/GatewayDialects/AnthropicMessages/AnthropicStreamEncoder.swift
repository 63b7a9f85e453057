// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Writes the events of a Messages stream.
///
/// Blocks are opened by the first thing that belongs into them, and every change from one to the next goes through ``open(_:into:)`` and ``close(into:)``, so
/// that indices are dense, blocks never overlap and nothing of the event that causes a change is lost (stream-01 to stream-05).
struct AnthropicStreamEncoder: StreamEncoder {
    private enum Block {
        case text
        case thinking
        case toolUse
    }

    /// A part that began and has not shown what it holds.
    private enum Part {
        case none
        case text
        case reasoning
        case toolCall
    }

    private let answer: AnswerContext
    private var hasBegun = false
    private var part: Part = .none
    private var block: Block?
    /// The index of the open block, or of the next.
    private var index = 0
    /// The state of the open part; it is written behind everything else of it.
    private var state: OpaqueState?
    /// The state of a text that is over: written in front of the next block, never as the last one, which clients take for the answer.
    private var deferred: OpaqueState?
    /// Whether the next piece of a thought begins a new text.
    private var isAfterBreak = false
    private var hasToolCalls = false
    private var finishReason: FinishReason?
    private var usage = TokenUsage()
    private var contentBytes = 0

    init(_ answer: AnswerContext) {
        self.answer = answer
    }

    mutating func encode(_ event: ModelEvent, into output: inout ByteBuffer) {
        switch event {
        case .start(let id, let model): begin(id: id, model: model, into: &output)
        case .usage(let report): usage.merge(report)
        case .partStart(0, let kind): startPart(kind, into: &output)
        case .text(0, let text):
            guard !text.isEmpty else { return }
            open(.text, into: &output)
            contentBytes &+= text.utf8Count
            writeDelta(#"{"type":"text_delta","text":""#, text, into: &output)
        case .reasoning(0, let text):
            guard !text.isEmpty else { return }
            contentBytes &+= text.utf8Count
            let isOpen = block == .thinking
            open(.thinking, into: &output)
            if isAfterBreak, isOpen { writeDelta(#"{"type":"thinking_delta","thinking":""#, "\n\n", into: &output) }
            isAfterBreak = false
            writeDelta(#"{"type":"thinking_delta","thinking":""#, text, into: &output)
        case .reasoningBreak(0): isAfterBreak = true
        case .toolArguments(0, let text):
            guard !text.isEmpty, block == .toolUse else { return }
            contentBytes &+= text.utf8Count
            writeDelta(#"{"type":"input_json_delta","partial_json":""#, text, into: &output)
        case .state(0, let state): self.state = state
        case .citation(0, let citation):
            open(.text, into: &output)
            write(citation, into: &output)
        case .partEnd(0): endPart(into: &output)
        case .finish(0, let reason): finishReason = reason
        case .end: end(into: &output)
        case .partStart, .text, .reasoning, .reasoningBreak, .toolArguments, .state, .citation, .logprobs, .partEnd,
            .finish:
            // This format has one candidate and no log probabilities.
            break
        }
    }

    // MARK: The message

    private mutating func begin(id: JSONString?, model: JSONString?, into output: inout ByteBuffer) {
        guard !hasBegun else { return }
        hasBegun = true
        var started = usage
        // The upstream's figures come last in most formats; until then there is the estimate (usage-12).
        if started.uncachedInput == nil { started.uncachedInput = answer.estimatedInput }
        EventWriter.write(name: "message_start", into: &output) { writer in
            writer.beginObject()
            writer.member("type", "message_start")
            writer.key("message")
            writer.beginObject()
            AnthropicMessages.writeHead(id: id, model: model, for: answer, into: &writer)
            writer.key("content")
            writer.raw("[]")
            writer.key("stop_reason")
            writer.null()
            writer.key("stop_sequence")
            writer.null()
            writer.key("usage")
            AnthropicMessages.write(started, tier: nil, into: &writer)
            writer.endObject()
            writer.endObject()
        }
    }

    private mutating func end(into output: inout ByteBuffer) {
        begin(id: nil, model: nil, into: &output)
        endPart(into: &output)
        if usage.uncachedInput == nil { usage.uncachedInput = answer.estimatedInput }
        if usage.output == nil { usage.output = TokenUsage.estimate(textBytes: contentBytes) }
        EventWriter.write(name: "message_delta", into: &output) { writer in
            writer.beginObject()
            writer.member("type", "message_delta")
            writer.key("delta")
            writer.beginObject()
            AnthropicMessages.writeStop(finishReason, hasToolCalls: hasToolCalls, into: &writer)
            writer.endObject()
            writer.key("usage")
            writer.beginObject()
            AnthropicMessages.writeTotals(usage, into: &writer)
            writer.endObject()
            writer.endObject()
        }
        output.writeStaticString("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n")
    }

    // MARK: Parts

    private mutating func startPart(_ kind: ModelEvent.PartKind, into output: inout ByteBuffer) {
        endPart(into: &output)
        if let state = deferred { writeRedacted(state, into: &output) }
        deferred = nil
        switch kind {
        case .text, .refusal: part = .text
        case .reasoning: part = .reasoning
        case .toolCall(let call, let state):
            part = .toolCall
            hasToolCalls = true
            open(.toolUse, call, state, into: &output)
        case .media(let media):
            // This format's answers have no place for it.
            part = .text
            open(.text, into: &output)
            writeDelta(#"{"type":"text_delta","text":""#, media.words, into: &output)
        }
    }

    /// Ends the part: a state that proves a thought closes its block, any other stands in a block of its own.
    private mutating func endPart(into output: inout ByteBuffer) {
        let state = state
        self.state = nil
        isAfterBreak = false
        if block == .thinking {
            let signature = state?.wrapped ?? OpaqueState.unsignedText
            writeDelta(#"{"type":"signature_delta","signature":""#, JSONString(signature), into: &output)
        }
        let isWritten = block == .thinking || part == .toolCall
        close(into: &output)
        if let state, !isWritten {
            if part == .text { deferred = state } else { writeRedacted(state, into: &output) }
        }
        part = .none
    }

    // MARK: Blocks

    /// Makes a block of this kind the open one.
    private mutating func open(
        _ kind: Block,
        _ call: Message.ToolCall? = nil,
        _ state: OpaqueState? = nil,
        into output: inout ByteBuffer
    ) {
        guard block != kind || call != nil else { return }
        begin(id: nil, model: nil, into: &output)
        close(into: &output)
        block = kind
        output.writeStaticString("event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":")
        output.writeDecimal(index)
        output.writeStaticString(",\"content_block\":")
        switch kind {
        case .text: output.writeStaticString(#"{"type":"text","text":""}"#)
        case .thinking: output.writeStaticString(#"{"type":"thinking","thinking":"","signature":""}"#)
        case .toolUse:
            output.writeStaticString(#"{"type":"tool_use","id":""#)
            let id = CallIDSpelling.anthropic.spell(call?.id ?? "")
            output.writeJSONText(OpaqueState.id(id, carrying: state))
            output.writeStaticString(#"","name":""#)
            output.writeJSONText(call?.name ?? "")
            output.writeStaticString(#"","input":{}}"#)
        }
        output.writeStaticString("}\n\n")
    }

    /// Closes the open block, if there is one.
    private mutating func close(into output: inout ByteBuffer) {
        guard block != nil else { return }
        block = nil
        output.writeStaticString("event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":")
        output.writeDecimal(index)
        output.writeStaticString("}\n\n")
        index += 1
    }

    private func writeDelta(_ opening: StaticString, _ text: JSONString, into output: inout ByteBuffer) {
        beginDelta(into: &output)
        output.writeStaticString(opening)
        output.writeJSONText(text)
        output.writeStaticString("\"}}\n\n")
    }

    private func beginDelta(into output: inout ByteBuffer) {
        output.writeStaticString("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":")
        output.writeDecimal(index)
        output.writeStaticString(",\"delta\":")
    }

    private func write(_ citation: Citation, into output: inout ByteBuffer) {
        beginDelta(into: &output)
        output.writeStaticString(#"{"type":"citations_delta","citation":"#)
        output.writeJSON { AnthropicCitations.write(citation, into: &$0) }
        output.writeStaticString("}}\n\n")
    }

    private mutating func writeRedacted(_ state: OpaqueState, into output: inout ByteBuffer) {
        begin(id: nil, model: nil, into: &output)
        output.writeStaticString("event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":")
        output.writeDecimal(index)
        output.writeStaticString(",\"content_block\":")
        output.writeJSON { AnthropicMessages.writeRedacted(state, into: &$0) }
        output.writeStaticString("}\n\nevent: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":")
        output.writeDecimal(index)
        output.writeStaticString("}\n\n")
        index += 1
    }
}
