// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Writes `instructions` and the items of `input`.
///
/// The order of the conversation is kept, so that a longer one begins with the same bytes (cache-01): a system message that opens it becomes `instructions`,
/// others stay in their place as the developer's.
struct ResponsesInputWriter {
    private let request: ModelRequest
    private let target: TranslationTarget
    private var customCalls: Set<JSONString> = []
    private var hostedCalls: [JSONString: JSONString] = [:]

    init(_ request: ModelRequest, _ target: TranslationTarget) {
        self.request = request
        self.target = target
    }

    mutating func write(into writer: inout JSONWriter, dropped: inout DroppedMembers) throws(GatewayError) {
        var messages = request.messages[...]
        if messages.count > 1, let first = messages.first, first.role == .system, first.parts.count == 1,
            let text = first.parts[0].text
        {
            writer.member("instructions", text)
            messages = messages.dropFirst()
        }
        writer.key("input")
        writer.beginArray()
        if case .jsonObject = request.responseFormat, request.origin == .geminiGenerateContent {
            // The vendor refuses the format where no input speaks of JSON, which its own clients know and Gemini's need not.
            writer.raw(#"{"type":"message","role":"developer","content":"Answer with a JSON object."}"#)
        }
        for message in messages {
            switch message.role {
            case .system: try writeMessage("developer", message.parts, into: &writer, dropped: &dropped)
            case .user:
                // Results come first: they answer what stands right before (tools-03).
                for part in message.parts {
                    if let result = part.toolResult { try write(result, into: &writer, dropped: &dropped) }
                }
                let rest = message.parts.filter { $0.toolResult == nil }
                try writeMessage("user", rest, into: &writer, dropped: &dropped)
            case .assistant: try writeTurn(message.parts, into: &writer, dropped: &dropped)
            }
        }
        writer.endArray()
    }

    // MARK: Messages

    private func writeMessage(
        _ role: StaticString,
        _ parts: [Message.Part],
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        let parts = parts.filter { $0.text?.isEmpty != true }
        guard !parts.isEmpty else { return }
        writer.beginObject()
        writer.member("type", "message")
        writer.member("role", role)
        writer.key("content")
        if parts.count == 1, let text = parts[0].text {
            writer.string(text)
        } else {
            try ResponsesContent.write(parts, request.origin, into: &writer, dropped: &dropped)
        }
        writer.endObject()
    }

    /// Writes what the model said: thoughts, messages and calls, each an item.
    private mutating func writeTurn(
        _ parts: [Message.Part],
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        let lastItem = parts.lastIndex(where: \.isItem) ?? -1
        var index = parts.startIndex
        while index < parts.endIndex {
            let part = parts[index]
            index += 1
            switch part.content {
            case .text, .refusal:
                var texts = [part]
                while index < parts.endIndex, parts[index].isWords {
                    texts.append(parts[index])
                    index += 1
                }
                writeWords(texts, into: &writer)
            case .reasoning(let reasoning):
                guard let state = part.state, state.kind == .encrypted, state.origin == target.origin,
                    index <= lastItem
                else {
                    dropped.note("reasoning")
                    continue
                }
                write(reasoning, state, into: &writer)
            case .toolCall(let call): try write(call, into: &writer)
            case .media: dropped.note("media of the assistant")
            case .toolResult(let result): try write(result, into: &writer, dropped: &dropped)
            }
        }
    }

    private func writeWords(_ parts: [Message.Part], into writer: inout JSONWriter) {
        let parts = parts.filter { $0.text?.isEmpty != true }
        guard !parts.isEmpty else { return }
        writer.beginObject()
        writer.member("type", "message")
        writer.member("role", "assistant")
        writer.key("content")
        if parts.count == 1, let text = parts[0].text {
            writer.string(text)
            return writer.endObject()
        }
        writer.beginArray()
        for part in parts {
            writer.beginObject()
            if case .refusal(let text) = part.content {
                writer.member("type", "refusal")
                writer.member("refusal", text)
            } else if let text = part.text {
                writer.member("type", "output_text")
                writer.member("text", text)
                writer.key("annotations")
                writer.raw("[]")
            }
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }

    /// Gives a thought back to who had it, byte for byte (reasoning-07).
    private func write(_ reasoning: Message.Reasoning, _ state: OpaqueState, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("type", "reasoning")
        writer.member(
            "id",
            state.itemID
                ?? CallIDSpelling.openAIResponses.spell(JSONString("rs_\(FNV1a(state.data.string).text.string)"))
        )
        writer.key("summary")
        writer.beginArray()
        for text in reasoning.texts {
            writer.beginObject()
            writer.member("type", "summary_text")
            writer.member("text", text)
            writer.endObject()
        }
        writer.endArray()
        writer.member("encrypted_content", state.data)
        writer.endObject()
    }

    // MARK: Calls

    private mutating func write(_ call: Message.ToolCall, into writer: inout JSONWriter) throws(GatewayError) {
        if let tool = call.hostedType.flatMap(ClientRunTool.type) {
            var action = JSONWriter()
            if tool.writeAction(call.argumentsObject, into: &action) {
                hostedCalls[call.id] = JSONString(tool.type)
                writer.beginObject()
                writer.member("type", tool.call)
                writer.member("id", CallIDSpelling.openAIResponses.spell(call.itemID ?? call.id))
                writer.member("call_id", CallIDSpelling.openAIResponses.spell(call.id))
                writer.member("status", "completed")
                writer.key(tool.action)
                writer.raw(action.buffer)
                return writer.endObject()
            }
        }
        writer.beginObject()
        writer.member("type", call.isCustom ? "custom_tool_call" as StaticString : "function_call")
        if let id = call.itemID, id.hasPrefix(call.isCustom ? "ctc_" : "fc_"), CallIDSpelling.openAIResponses.takes(id)
        {
            writer.member("id", id)
        }
        writer.member("call_id", CallIDSpelling.openAIResponses.spell(call.id))
        writer.member("name", call.name)
        if let namespace = call.namespace { writer.member("namespace", namespace) }
        if call.isCustom { customCalls.insert(call.id) }
        writer.key(call.isCustom ? "input" : "arguments")
        switch call.arguments {
        case .text(let text): writer.string(text.isEmpty && !call.isCustom ? "{}" : text)
        case .object(let object):
            writer.beginString()
            writer.appendString(utf8: object.bytes)
            writer.endString()
        }
        writer.endObject()
    }

    private func write(
        _ result: Message.ToolResult,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        let tool = (result.hostedType ?? hostedCalls[result.callID]).flatMap(ClientRunTool.type)
        writer.beginObject()
        if let tool, hostedCalls[result.callID] != nil {
            writer.member("type", tool.output)
            if tool.output.description == "apply_patch_call_output" {
                writer.member("status", result.isError ? "failed" as StaticString : "completed")
            }
        } else {
            let isCustom = result.isCustom || customCalls.contains(result.callID)
            writer.member("type", isCustom ? "custom_tool_call_output" as StaticString : "function_call_output")
            // The format has no member for it; what went wrong stands in the text.
            if result.isError { dropped.note("is_error") }
        }
        writer.member("call_id", CallIDSpelling.openAIResponses.spell(result.callID))
        writer.key("output")
        if tool?.output.description == "shell_call_output",
            let chunks = try? JSONValue(
                validating: ByteBuffer(string: result.text.string)
            ), chunks.array != nil
        {
            writer.value(chunks)
        } else if result.parts.allSatisfy({ $0.text != nil }), result.parts.count <= 1 {
            writer.string(result.parts.first?.text ?? "")
        } else {
            try ResponsesContent.write(result.parts, request.origin, into: &writer, dropped: &dropped)
        }
        writer.endObject()
    }

    // MARK: Ids
}

extension Message.Part {
    /// Whether it belongs into a message of the model's.
    fileprivate var isWords: Bool {
        switch content {
        case .text, .refusal: true
        default: false
        }
    }

    /// Whether it becomes an item that a thought may stand before.
    fileprivate var isItem: Bool { toolCall != nil || isWords && text?.isEmpty != true }
}
