// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayJSON

extension AnthropicMessages {
    package func makeStreamEncoder(for answer: AnswerContext) -> any StreamEncoder { AnthropicStreamEncoder(answer) }

    package func writeResponse(
        _ response: ModelResponse,
        for answer: AnswerContext,
        into writer: inout JSONWriter
    ) {
        let candidate = response.candidates.first
        writer.beginObject()
        Self.writeHead(id: response.id, model: response.model, for: answer, into: &writer)
        writer.key("content")
        writer.beginArray()
        var hasToolCalls = false
        let parts = candidate?.parts ?? []
        for (index, part) in parts.enumerated() {
            if part.toolCall != nil { hasToolCalls = true }
            Self.write(part, isLast: index == parts.count - 1, into: &writer)
        }
        writer.endArray()
        Self.writeStop(candidate?.finishReason, hasToolCalls: hasToolCalls, into: &writer)
        writer.key("usage")
        Self.write(response.usage, tier: response.serviceTier, into: &writer)
        writer.endObject()
    }

    /// Writes the members that a message begins with.
    static func writeHead(
        id: JSONString?,
        model: JSONString?,
        for answer: AnswerContext,
        into writer: inout JSONWriter
    ) {
        answer.writeID(id, prefix: "msg_", into: &writer)
        writer.member("type", "message")
        writer.member("role", "assistant")
        answer.writeModel(model, into: &writer)
    }

    /// Writes the blocks of a part of an answer.
    ///
    /// The state of a last text is left out: clients take the last block for the answer, and the vendors that sign texts do not ask for it back.
    private static func write(_ part: Message.Part, isLast: Bool, into writer: inout JSONWriter) {
        switch part.content {
        case .media(let media):
            // This format's answers have no place for it.
            write(Message.Part(.text(media.words), state: part.state), isLast: isLast, into: &writer)
        case .text(let text), .refusal(let text):
            if !text.isEmpty || !part.citations.isEmpty {
                writer.beginObject()
                writer.member("type", "text")
                writer.member("text", text)
                writer.key("citations")
                if part.citations.isEmpty { writer.null() } else { write(part.citations, into: &writer) }
                writer.endObject()
            }
            if let state = part.state, !isLast { writeRedacted(state, into: &writer) }
        case .reasoning(let reasoning):
            let texts = reasoning.texts.filter { !$0.isEmpty }
            guard !texts.isEmpty else {
                if let state = part.state { writeRedacted(state, into: &writer) }
                return
            }
            writer.beginObject()
            writer.member("type", "thinking")
            writer.key("thinking")
            writer.beginString()
            for (index, text) in texts.enumerated() {
                if index > 0 { writer.appendString("\n\n") }
                writer.appendString(text)
            }
            writer.endString()
            // Clients count on the member, and send it back to whichever model comes next.
            writer.member("signature", part.state?.wrapped ?? OpaqueState.unsignedText)
            writer.endObject()
        case .toolCall(let call):
            writer.beginObject()
            writer.member("type", "tool_use")
            writer.member("id", OpaqueState.id(CallIDSpelling.anthropic.spell(call.id), carrying: part.state))
            writer.member("name", call.name)
            writer.member("input", call.argumentsObject)
            writer.endObject()
        case .toolResult: break
        }
    }

    private static func write(_ citations: [Citation], into writer: inout JSONWriter) {
        writer.beginArray()
        for citation in citations { AnthropicCitations.write(citation, into: &writer) }
        writer.endArray()
    }

    /// Writes a thought without words.
    static func writeRedacted(_ state: OpaqueState, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("type", "redacted_thinking")
        writer.member("data", state.wrapped)
        writer.endObject()
    }

    /// Writes `stop_reason` and `stop_sequence`.
    static func writeStop(_ reason: FinishReason?, hasToolCalls: Bool, into writer: inout JSONWriter) {
        writer.member("stop_reason", name(of: reason, hasToolCalls: hasToolCalls))
        writer.key("stop_sequence")
        if case .stopSequence(let sequence?) = reason, !hasToolCalls { writer.string(sequence) } else { writer.null() }
    }

    /// The name of a finish reason; an answer with tool calls that simply ended waits for their results (stream-12).
    static func name(of reason: FinishReason?, hasToolCalls: Bool) -> StaticString {
        switch reason {
        // An end that nobody knows is not a good one.
        case .length, .other: "max_tokens"
        case .refusal, .contentFilter: "refusal"
        case .stopSequence where !hasToolCalls: "stop_sequence"
        case .pause where !hasToolCalls: "pause_turn"
        case .stop, .stopSequence, .toolCalls, .pause, nil: hasToolCalls ? "tool_use" : "end_turn"
        }
    }
}
