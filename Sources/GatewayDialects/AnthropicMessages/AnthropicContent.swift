// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// Writes the system's words and the turns of a conversation.
enum AnthropicContent {
    static func write(system parts: [Message.Part], into writer: inout JSONWriter) {
        let isWritten = { (part: Message.Part) in part.text?.isBlank == false }
        guard let first = parts.first(where: isWritten) else { return }
        if parts.count == 1, first.cacheControl == nil, let text = first.text { return writer.member("system", text) }
        writer.key("system")
        writer.beginArray()
        for part in parts where isWritten(part) { if let text = part.text { write(text, part, into: &writer) } }
        writer.endArray()
    }

    /// Writes a turn; the last one may be the beginning of the answer, which must not end with whitespace.
    static func write(
        _ turn: Conversation.Turn,
        isLast: Bool,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        var parts = turn.parts
        // Texts of nothing but whitespace are refused.
        if parts.count > 1, parts.contains(where: { $0.text?.isBlank != true }) {
            parts.removeAll { $0.text?.isBlank == true }
        }
        if isLast, turn.isAssistant, let last = parts.last, let text = last.text {
            var trimmed = text.string[...]
            while let character = trimmed.last, character.isWhitespace { trimmed.removeLast() }
            if trimmed.utf8.count < text.utf8Count {
                dropped.note("whitespace at the end of the last message")
                parts[parts.count - 1].content = .text(JSONString(String(trimmed)))
            }
        }
        writer.beginObject()
        writer.member("role", turn.isAssistant ? "assistant" as StaticString : "user")
        writer.key("content")
        if parts.count == 1, let text = parts[0].text, parts[0].cacheControl == nil {
            writer.string(text)
        } else {
            writer.beginArray()
            for part in parts { try write(part, into: &writer, dropped: &dropped) }
            writer.endArray()
        }
        writer.endObject()
    }

    private static func write(
        _ part: Message.Part,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        switch part.content {
        case .text(let text), .refusal(let text): write(text, part, into: &writer)
        case .reasoning(let reasoning): write(reasoning, part.state, into: &writer)
        case .media(let media): try AnthropicMedia.write(media, part.cacheControl, into: &writer)
        case .toolCall(let call):
            writer.beginObject()
            writer.member("type", "tool_use")
            writer.member("id", CallIDSpelling.anthropic.spell(call.id))
            writer.member("name", call.name)
            writer.member("input", call.argumentsObject)
            if let control = part.cacheControl { writer.member("cache_control", control) }
            writer.endObject()
        case .toolResult(let result): try write(result, part.cacheControl, into: &writer, dropped: &dropped)
        }
    }

    private static func write(_ text: JSONString, _ part: Message.Part, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("type", "text")
        writer.member("text", text)
        if let control = part.cacheControl { writer.member("cache_control", control) }
        writer.endObject()
    }

    /// Writes a thought; ``AnthropicThoughts/prepare(_:for:dropped:)`` has left only those with a state of this target.
    private static func write(_ reasoning: Message.Reasoning, _ state: OpaqueState?, into writer: inout JSONWriter) {
        guard let state else { return }
        writer.beginObject()
        if state.kind == .redacted {
            writer.member("type", "redacted_thinking")
            writer.member("data", state.data)
        } else {
            writer.member("type", "thinking")
            writer.key("thinking")
            writer.beginString()
            for text in reasoning.texts { writer.appendString(text) }
            writer.endString()
            writer.member("signature", state.data)
        }
        writer.endObject()
    }

    private static func write(
        _ result: Message.ToolResult,
        _ cacheControl: JSONValue?,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        writer.beginObject()
        writer.member("type", "tool_result")
        writer.member("tool_use_id", CallIDSpelling.anthropic.spell(result.callID))
        let parts = result.parts.filter { $0.text?.isBlank != true }
        if parts.count == 1, let text = parts[0].text, parts[0].cacheControl == nil {
            writer.member("content", text)
        } else if !parts.isEmpty {
            writer.key("content")
            writer.beginArray()
            for part in parts { try write(part, into: &writer, dropped: &dropped) }
            writer.endArray()
        }
        if result.isError { writer.member("is_error", true) }
        if let cacheControl { writer.member("cache_control", cacheControl) }
        writer.endObject()
    }
}
