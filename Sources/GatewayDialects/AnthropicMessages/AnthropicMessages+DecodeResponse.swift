// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayJSON
import NIOCore

extension AnthropicMessages {
    package func decodeResponse(
        _ body: JSONValue,
        for answer: AnswerContext
    ) throws(GatewayError) -> ModelResponse {
        guard let content = body["content"]?.array else {
            if body["error"] != nil { throw ErrorReader.streamError(body) }
            throw .unreadableAnswer("the response has no content")
        }
        var parts: [Message.Part] = []
        for block in content { if let part = Self.part(block, from: answer.origin) { parts.append(part) } }
        let reason = body["stop_reason"]?.text.map { Self.finishReason($0, stopSequence: body["stop_sequence"]?.text) }
        if reason == .refusal, let text = Self.refusalText(body["stop_details"]) {
            parts.append(Message.Part(.refusal(text)))
        }
        var response = ModelResponse(
            id: body["id"]?.text,
            model: body["model"]?.text,
            candidates: [ModelResponse.Candidate(parts: parts, finishReason: reason)],
            usage: body["usage"].map(Self.usage) ?? TokenUsage()
        )
        response.serviceTier = body["usage"]?["service_tier"]?.string
        return response
    }

    /// What a content block says; nil for those of the vendor's own tools and for unknown ones.
    private static func part(_ block: JSONValue, from origin: StateOrigin) -> Message.Part? {
        guard let type = block["type"]?.text else { return nil }
        if type == "text", let text = block["text"]?.text {
            var part = Message.Part(.text(text))
            if let citations = block["citations"]?.array {
                part.citations = citations.map(AnthropicCitations.decode)
            }
            return part
        } else if type == "thinking" {
            let text = block["thinking"]?.text ?? ""
            var state: OpaqueState?
            if let signature = block["signature"]?.text, !signature.isEmpty {
                var checksum = FNV1a()
                checksum.add(text)
                state = AnthropicThoughts.state(signature, of: checksum, from: origin)
            }
            if text.isEmpty, state == nil { return nil }
            return Message.Part(.reasoning(Message.Reasoning(texts: text.isEmpty ? [] : [text])), state: state)
        } else if type == "redacted_thinking", let data = block["data"]?.text {
            return Message.Part(
                .reasoning(Message.Reasoning(texts: [])),
                state: OpaqueState(.redacted, data, from: origin)
            )
        } else if type == "tool_use", let id = block["id"]?.text, let name = block["name"]?.text {
            let input = block["input"].flatMap { $0.object == nil ? nil : $0 } ?? JSONValue { $0.raw("{}") }
            return .toolCall(Message.ToolCall(id: id, name: name, arguments: .object(input)))
        }
        return nil
    }

    /// What a `stop_reason` means.
    static func finishReason(_ reason: JSONString, stopSequence: JSONString?) -> FinishReason {
        if reason == "end_turn" { return .stop }
        if reason == "tool_use" { return .toolCalls }
        if reason == "max_tokens" || reason == "model_context_window_exceeded" { return .length }
        if reason == "stop_sequence" { return .stopSequence(stopSequence) }
        if reason == "refusal" { return .refusal }
        if reason == "pause_turn" { return .pause }
        return .other(reason.string)
    }

    /// The words of a refusal, where `stop_details` has some.
    static func refusalText(_ details: JSONValue?) -> JSONString? {
        guard let text = details?["explanation"]?.text, !text.isEmpty else { return nil }
        return text
    }

    package func makeStreamDecoder(for answer: AnswerContext) -> any StreamDecoder {
        AnthropicStreamDecoder(origin: answer.origin)
    }
}
