// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// Writes the `messages` of a chat request for an upstream.
///
/// - Results of tools become messages of their own, right behind the calls that they answer and in their order, whatever stood between (tools-01, tools-03).
/// - Media in results, which this format has no place for, follow in a user message behind the last result (tools-04).
/// - An assistant's turn that came in pieces and holds calls becomes one message, since the results of all its calls must follow it.
struct ChatTranscript {
    private let request: ModelRequest
    private let target: TranslationTarget
    private let isOpenAIs: Bool
    private let callIDs: CallIDSpelling

    static func write(
        _ request: ModelRequest,
        to target: TranslationTarget,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        let transcript = ChatTranscript(
            request: request,
            target: target,
            isOpenAIs: request.origin == .openAIChat || request.origin == .openAIResponses,
            callIDs: .chat(target)
        )
        writer.key("messages")
        writer.beginArray()
        var index = 0
        let messages = request.messages
        while index < messages.count {
            let start = index
            while index < messages.count, messages[index].role == .assistant { index += 1 }
            let turns = messages[start..<index]
            let next = index
            while index < messages.count, messages[index].role != .assistant { index += 1 }
            let others = messages[next..<index]
            try transcript.write(turns, answeredBy: others, into: &writer)
            // This format has no place for it; the words of the result stay.
            if others.contains(where: { $0.parts.contains { $0.toolResult?.isError == true } }) {
                dropped.note("tool_result.is_error")
            }
        }
        writer.endArray()
    }

    /// Writes an assistant's messages and what follows them up to the next ones.
    private func write(
        _ turns: ArraySlice<Message>,
        answeredBy others: ArraySlice<Message>,
        into writer: inout JSONWriter
    ) throws(GatewayError) {
        var order: [JSONString: Int] = [:]
        for turn in turns {
            for part in turn.parts {
                if let call = part.toolCall, order[call.id] == nil { order[call.id] = order.count }
            }
        }
        if order.isEmpty || turns.count == 1 {
            for turn in turns { try write(assistant: turn.parts, name: turn.name, into: &writer) }
        } else {
            try write(assistant: turns.flatMap(\.parts), name: nil, into: &writer)
        }
        try writeResults(in: others, order: order, into: &writer)
        for message in others {
            let parts = message.parts.filter { $0.toolResult == nil }
            if parts.isEmpty, !message.parts.isEmpty { continue }
            writer.beginObject()
            writer.key("role")
            if message.role == .user { writer.string("user") } else { writer.string("system") }
            if let name = message.name { writer.member("name", name) }
            writer.key("content")
            try ChatParts.write(parts, isOpenAIs: isOpenAIs, into: &writer)
            writer.endObject()
        }
    }

    // MARK: Results

    private func writeResults(
        in messages: ArraySlice<Message>,
        order: [JSONString: Int],
        into writer: inout JSONWriter
    ) throws(GatewayError) {
        var results: [(place: Int, part: Message.Part, result: Message.ToolResult)] = []
        for message in messages {
            for part in message.parts {
                guard let result = part.toolResult else { continue }
                results.append((order[result.callID] ?? .max, part, result))
            }
        }
        guard !results.isEmpty else { return }
        // A stable order: `sort` promises none.
        let places = results.indices.sorted { (results[$0].place, $0) < (results[$1].place, $1) }
        var hoisted: [Message.Part] = []
        for place in places {
            let (_, part, result) = results[place]
            let media = result.parts.filter { $0.media != nil }
            try write(result, part, hasMedia: !media.isEmpty, into: &writer)
            guard !media.isEmpty else { continue }
            if results.count > 1 {
                hoisted.append(.text(JSONString("From the result of the tool call \(result.callID.string):")))
            }
            hoisted += media
        }
        guard !hoisted.isEmpty else { return }
        writer.beginObject()
        writer.member("role", "user")
        writer.key("content")
        try ChatParts.write(hoisted, isOpenAIs: isOpenAIs, into: &writer)
        writer.endObject()
    }

    private func write(
        _ result: Message.ToolResult,
        _ part: Message.Part,
        hasMedia: Bool,
        into writer: inout JSONWriter
    ) throws(GatewayError) {
        var texts = result.parts.filter { $0.media == nil }
        if hasMedia, texts.allSatisfy({ $0.text?.isEmpty ?? false }) {
            texts = [.text("The result follows in the next message of the user.")]
        }
        writer.beginObject()
        writer.member("role", "tool")
        writer.member("tool_call_id", callIDs.spell(result.callID))
        writer.key("content")
        try ChatParts.write(texts, isOpenAIs: isOpenAIs, into: &writer)
        if let cacheControl = part.cacheControl { writer.member("cache_control", cacheControl) }
        writer.endObject()
    }

    // MARK: Assistant

    private func write(
        assistant parts: [Message.Part],
        name: JSONString?,
        into writer: inout JSONWriter
    ) throws(GatewayError) {
        var content: [Message.Part] = []
        var refusal: JSONString?
        var thoughts: [Message.Part] = []
        var calls: [Message.Part] = []
        for part in parts {
            switch part.content {
            case .text: content.append(part)
            case .refusal(let text): if refusal == nil { refusal = text } else { content.append(.text(text)) }
            case .media: content.append(part)
            case .reasoning:
                thoughts.append(part)
                // Databricks takes its own blocks back, and proves them by their signature.
                if let kind = ownState(part)?.kind, kind == .signature || kind == .redacted { content.append(part) }
            case .toolCall: calls.append(part)
            case .toolResult: break
            }
        }
        writer.beginObject()
        writer.member("role", "assistant")
        if let name { writer.member("name", name) }
        writer.key("content")
        if content.isEmpty, !calls.isEmpty || refusal != nil {
            writer.null()
        } else {
            try ChatParts.write(content, isOpenAIs: isOpenAIs, into: &writer)
        }
        if let refusal { writer.member("refusal", refusal) }
        writeReasoning(thoughts, into: &writer)
        if let state = content.last(where: { $0.text != nil }).flatMap(ownState), state.kind == .thought {
            ChatTools.writeSignature(state.data, into: &writer)
        }
        if !calls.isEmpty {
            writer.key("tool_calls")
            writer.beginArray()
            for part in calls {
                guard let call = part.toolCall else { continue }
                let state = ownState(part)
                ChatTools.write(
                    call,
                    id: callIDs.spell(call.id),
                    signature: state?.kind == .thought ? state?.data : nil,
                    cacheControl: part.cacheControl,
                    into: &writer
                )
            }
            writer.endArray()
        }
        writer.endObject()
    }

    /// The state of a part, if it came from this very upstream.
    private func ownState(_ part: Message.Part) -> OpaqueState? {
        guard let state = part.state, state.origin == target.origin else { return nil }
        return state
    }

    /// Writes the thoughts for upstreams that take them back as text, and OpenRouter's details as they came.
    private func writeReasoning(_ parts: [Message.Part], into writer: inout JSONWriter) {
        switch target.traits.replaysReasoning {
        case .reasoningContent:
            // DeepSeek refuses an assistant's message without the member and takes an empty one (thinking mode of its API, 2026-11; reasoning-10).
            writer.key("reasoning_content")
            ChatReasoning.writeText(of: parts, into: &writer)
        case .reasoning where ChatReasoning.hasText(parts):
            writer.key("reasoning")
            ChatReasoning.writeText(of: parts, into: &writer)
        case .reasoning, .blocks, .some(.none), nil: break
        }
        let details = parts.compactMap { part in
            ownState(part).flatMap { $0.kind == .encrypted ? ChatReasoningDetail(part, $0) : nil }
        }
        guard !details.isEmpty else { return }
        writer.key("reasoning_details")
        writer.beginArray()
        for detail in details { detail.write(into: &writer) }
        writer.endArray()
    }
}
