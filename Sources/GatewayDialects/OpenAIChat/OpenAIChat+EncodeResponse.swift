// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON
package import NIOCore

extension OpenAIChat {
    package func makeStreamEncoder(for answer: AnswerContext) -> any StreamEncoder { ChatStreamEncoder(answer) }

    package func encodeResponse(_ response: ModelResponse, for answer: AnswerContext) -> ByteBuffer {
        var writer = JSONWriter(into: ByteBufferAllocator().buffer(capacity: 512))
        writer.beginObject()
        Self.writeHead("chat.completion", id: response.id, model: response.model, for: answer, into: &writer)
        writer.key("choices")
        writer.beginArray()
        for (index, candidate) in response.candidates.enumerated() {
            writer.beginObject()
            writer.member("index", index)
            writer.key("message")
            Self.writeMessage(candidate.parts, into: &writer)
            writer.key("logprobs")
            writer.null()
            let hasToolCalls = candidate.parts.contains { $0.toolCall != nil }
            writer.member("finish_reason", Self.name(of: candidate.finishReason, hasToolCalls: hasToolCalls))
            writer.endObject()
        }
        writer.endArray()
        writer.key("usage")
        Self.write(response.usage, into: &writer, withCaches: answer.apiType == .mlflowChat)
        if let tier = response.serviceTier.flatMap(Self.serviceTier) { writer.member("service_tier", tier) }
        writer.endObject()
        return writer.buffer
    }

    /// A vendor's service tier as this API names it; nil where it has no such tier.
    static func serviceTier(_ tier: String) -> StaticString? {
        switch tier {
        case "standard", "default": "default"
        case "priority": "priority"
        case "flex": "flex"
        case "scale": "scale"
        default: nil
        }
    }

    /// The members that answers and chunks begin with.
    ///
    /// The id is the vendor's behind OpenAI's prefix, so that it can be found again in the vendor's logs.
    static func writeHead(
        _ object: StaticString,
        id: JSONString?,
        model: JSONString?,
        for answer: AnswerContext,
        into writer: inout JSONWriter
    ) {
        writer.key("id")
        writer.beginString()
        if let id, !id.isEmpty {
            if !id.hasPrefix("chatcmpl") { writer.appendString("chatcmpl-") }
            writer.appendString(id)
        } else {
            writer.appendString("chatcmpl-")
            writer.appendString(answer.identity.requestID)
        }
        writer.endString()
        writer.member("object", object)
        writer.member("created", answer.identity.created)
        if let model, !model.isEmpty { writer.member("model", model) } else { writer.member("model", answer.model) }
    }

    private static func writeMessage(_ parts: [Message.Part], into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("role", "assistant")
        writer.key("content")
        writeContent(parts, into: &writer)
        writer.key("refusal")
        writer.null()
        var hasToolCalls = false
        for part in parts {
            guard let call = part.toolCall else { continue }
            if !hasToolCalls {
                hasToolCalls = true
                writer.key("tool_calls")
                writer.beginArray()
            }
            write(call, into: &writer)
        }
        if hasToolCalls { writer.endArray() }
        writer.endObject()
    }

    /// The texts of an answer as one string; `null` where there are only tool calls.
    private static func writeContent(_ parts: [Message.Part], into writer: inout JSONWriter) {
        var hasText = false
        var hasToolCalls = false
        for part in parts {
            switch part.content {
            case .text(let text), .refusal(let text): hasText = hasText || !text.isEmpty
            case .toolCall: hasToolCalls = true
            case .toolResult, .reasoning, .media: break
            }
        }
        guard hasText || !hasToolCalls else { return writer.null() }
        writer.beginString()
        for part in parts { if let text = part.text { writer.appendString(text) } }
        writer.endString()
    }

    /// Writes an element of `tool_calls`, its arguments as a string that holds JSON.
    static func write(_ call: Message.ToolCall, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", call.id)
        writer.member("type", "function")
        writer.key("function")
        writer.beginObject()
        writer.member("name", call.name)
        writer.key("arguments")
        switch call.arguments {
        case .text(let text):
            writer.string(text)
        case .object(let object):
            writer.beginString()
            writer.appendString(utf8: object.bytes)
            writer.endString()
        }
        writer.endObject()
        writer.endObject()
    }

    /// The name of a finish reason; an answer with tool calls that simply ended waits for their results (pain S12).
    static func name(of reason: FinishReason?, hasToolCalls: Bool) -> StaticString {
        switch reason {
        case .length: "length"
        case .contentFilter, .refusal: "content_filter"
        case .toolCalls: "tool_calls"
        case .stop, .stopSequence, .pause, .other, nil: hasToolCalls ? "tool_calls" : "stop"
        }
    }
}
