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
            throw .unreadableAnswer("the answer has no content")
        }
        var parts: [Message.Part] = []
        for block in content {
            guard let type = block["type"]?.text else { continue }
            if type == "text", let text = block["text"]?.text {
                parts.append(.text(text))
            } else if type == "tool_use", let id = block["id"]?.text, let name = block["name"]?.text {
                let input = block["input"].flatMap { $0.object == nil ? nil : $0 } ?? JSONValue { $0.raw("{}") }
                parts.append(.toolCall(Message.ToolCall(id: id, name: name, arguments: .object(input))))
            }
        }
        let reason = body["stop_reason"]?.text.map { Self.finishReason($0, stopSequence: body["stop_sequence"]?.text) }
        var response = ModelResponse(
            id: body["id"]?.text,
            model: body["model"]?.text,
            candidates: [ModelResponse.Candidate(parts: parts, finishReason: reason)],
            usage: body["usage"].map(Self.usage) ?? TokenUsage()
        )
        response.serviceTier = body["usage"]?["service_tier"]?.string
        return response
    }

    /// What a `stop_reason` means.
    static func finishReason(_ reason: JSONString, stopSequence: JSONString?) -> FinishReason {
        if reason == "end_turn" { return .stop }
        if reason == "tool_use" { return .toolCalls }
        if reason == "max_tokens" || reason == "model_context_window_exceeded" { return .length }
        if reason == "stop_sequence" { return .stopSequence(stopSequence) }
        if reason == "refusal" { return .contentFilter }
        return .other(reason.string)
    }

    package func makeStreamDecoder(for answer: AnswerContext) -> any StreamDecoder { AnthropicStreamDecoder() }
}
