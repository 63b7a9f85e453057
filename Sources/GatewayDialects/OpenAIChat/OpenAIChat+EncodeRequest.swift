// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON
package import NIOCore

extension OpenAIChat: UpstreamDialect {
    package func features(of target: TranslationTarget) -> UpstreamFeatures {
        [.jsonSchema, .jsonObject, .customTools]
    }

    package func encodeRequest(
        _ request: ModelRequest,
        to target: TranslationTarget,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> ByteBuffer {
        var writer = JSONWriter(into: ByteBufferAllocator().buffer(capacity: request.estimatedBytes))
        writer.beginObject()
        writer.member("model", request.model)
        writer.key("messages")
        writer.beginArray()
        for message in request.messages { Self.write(message, into: &writer) }
        writer.endArray()
        Self.writeTools(of: request, into: &writer)
        // The name that every server of this format knows; OpenAI's own newer one is not.
        if let maximum = request.maximumOutput { writer.member("max_tokens", maximum) }
        let sampling = request.sampling
        if let temperature = sampling.temperature { writer.member("temperature", temperature) }
        if let topP = sampling.topP { writer.member("top_p", topP) }
        if let topK = sampling.topK { writer.member("top_k", topK) }
        if let penalty = sampling.frequencyPenalty { writer.member("frequency_penalty", penalty) }
        if let penalty = sampling.presencePenalty { writer.member("presence_penalty", penalty) }
        if let seed = sampling.seed { writer.member("seed", seed) }
        if let count = sampling.candidateCount { writer.member("n", count) }
        if !request.stop.isEmpty {
            writer.key("stop")
            writer.beginArray()
            for text in request.stop { writer.string(text) }
            writer.endArray()
        }
        if let user = request.user { writer.member("user", user) }
        for (key, value) in request.rest {
            writer.key(key)
            writer.value(value)
        }
        if request.isStreaming {
            writer.member("stream", true)
            writer.key("stream_options")
            writer.raw(#"{"include_usage":true}"#)
        }
        writer.endObject()
        return writer.buffer
    }

    /// Writes a message; results of tools become messages of their own, before what else stands in the turn (pain T03).
    private static func write(_ message: Message, into writer: inout JSONWriter) {
        var texts: [JSONString] = []
        var calls: [Message.ToolCall] = []
        var hasResults = false
        for part in message.parts {
            switch part.content {
            case .text(let text), .refusal(let text): texts.append(text)
            case .reasoning, .media: break
            case .toolCall(let call): calls.append(call)
            case .toolResult(let result):
                hasResults = true
                write(result, into: &writer)
            }
        }
        if hasResults, texts.isEmpty { return }
        writer.beginObject()
        switch message.role {
        case .system: writer.member("role", "system")
        case .user: writer.member("role", "user")
        case .assistant: writer.member("role", "assistant")
        }
        writer.key("content")
        if texts.isEmpty, !calls.isEmpty { writer.null() } else { write(texts, into: &writer) }
        if !calls.isEmpty {
            writer.key("tool_calls")
            writer.beginArray()
            for call in calls { write(call, into: &writer) }
            writer.endArray()
        }
        writer.endObject()
    }

    private static func write(_ result: Message.ToolResult, into writer: inout JSONWriter) {
        var texts: [JSONString] = []
        for part in result.parts { if let text = part.text { texts.append(text) } }
        writer.beginObject()
        writer.member("role", "tool")
        writer.member("tool_call_id", result.callID)
        writer.key("content")
        write(texts, into: &writer)
        writer.endObject()
    }

    /// One text as a string, several as parts.
    private static func write(_ texts: [JSONString], into writer: inout JSONWriter) {
        guard texts.count > 1 else { return writer.string(texts.first ?? "") }
        writer.beginArray()
        for text in texts {
            writer.beginObject()
            writer.member("type", "text")
            writer.member("text", text)
            writer.endObject()
        }
        writer.endArray()
    }

    private static func writeTools(of request: ModelRequest, into writer: inout JSONWriter) {
        guard !request.tools.isEmpty else { return }
        writer.key("tools")
        writer.beginArray()
        for tool in request.tools {
            writer.beginObject()
            writer.member("type", "function")
            writer.key("function")
            writer.beginObject()
            writer.member("name", tool.name)
            if let description = tool.description { writer.member("description", description) }
            if let parameters = tool.parameters { writer.member("parameters", parameters) }
            if let isStrict = tool.isStrict { writer.member("strict", isStrict) }
            writer.endObject()
            writer.endObject()
        }
        writer.endArray()
        if let choice = request.toolChoice {
            writer.key("tool_choice")
            switch choice {
            case .auto: writer.string("auto")
            case .none: writer.string("none")
            case .required: writer.string("required")
            case .allowed(_, let isRequired): writer.string(isRequired ? "required" as StaticString : "auto")
            case .tool(let name):
                writer.beginObject()
                writer.member("type", "function")
                writer.key("function")
                writer.beginObject()
                writer.member("name", name)
                writer.endObject()
                writer.endObject()
            }
        }
        if let isParallel = request.allowsParallelToolCalls { writer.member("parallel_tool_calls", isParallel) }
    }
}
