// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayJSON
import NIOCore

extension OpenAIChat {
    package func decodeResponse(
        _ body: JSONValue,
        for answer: AnswerContext
    ) throws(GatewayError) -> ModelResponse {
        guard let choices = body["choices"]?.array else {
            if body["error"] != nil { throw ErrorReader.streamError(body) }
            throw .unreadableAnswer("the answer has no choices")
        }
        var ids = CallIDs(responseID: body["id"]?.text, answer)
        var candidates: [ModelResponse.Candidate] = []
        for choice in choices {
            guard let message = choice["message"] else { throw .unreadableAnswer("a choice has no message") }
            candidates.append(
                ModelResponse.Candidate(
                    parts: Self.parts(of: message, ids: &ids),
                    finishReason: choice["finish_reason"]?.text.map(Self.finishReason)
                )
            )
        }
        var response = ModelResponse(
            id: body["id"]?.text,
            model: body["model"]?.text,
            candidates: candidates,
            usage: body["usage"].flatMap { $0.object == nil ? nil : Self.usage($0) } ?? TokenUsage()
        )
        response.serviceTier = body["service_tier"]?.string
        return response
    }

    private static func parts(of message: JSONValue, ids: inout CallIDs) -> [Message.Part] {
        var parts: [Message.Part] = []
        for text in texts(of: message["content"]) where !text.isEmpty { parts.append(.text(text)) }
        if let refusal = message["refusal"]?.text, !refusal.isEmpty { parts.append(.text(refusal)) }
        for call in message["tool_calls"]?.array.map(Array.init) ?? [] {
            guard let function = call["function"], let name = function["name"]?.text else { continue }
            let arguments: Message.Arguments =
                if let text = function["arguments"]?.text {
                    .text(text)
                } else if let object = function["arguments"], object.object != nil {
                    // Some servers send the object itself.
                    .object(object)
                } else {
                    .text("{}")
                }
            parts.append(
                .toolCall(Message.ToolCall(id: ids.next(call["id"]?.text), name: name, arguments: arguments))
            )
        }
        return parts
    }

    /// The texts of a content: a string, or Databricks' array of blocks.
    static func texts(of content: JSONValue?) -> [JSONString] {
        guard let content else { return [] }
        if let text = content.text { return [text] }
        var texts: [JSONString] = []
        for block in content.array.map(Array.init) ?? [] {
            if let type = block["type"]?.text, type == "text", let text = block["text"]?.text { texts.append(text) }
        }
        return texts
    }

    /// What a `finish_reason` means.
    static func finishReason(_ reason: JSONString) -> FinishReason {
        if reason == "stop" { return .stop }
        if reason == "tool_calls" || reason == "function_call" { return .toolCalls }
        if reason == "length" { return .length }
        if reason == "content_filter" { return .contentFilter }
        return .other(reason.string)
    }

    package func makeStreamDecoder(for answer: AnswerContext) -> any StreamDecoder { ChatStreamDecoder(answer) }
}
