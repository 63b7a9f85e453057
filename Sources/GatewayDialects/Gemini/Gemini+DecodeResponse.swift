// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayJSON
import NIOCore

extension Gemini {
    package func decodeResponse(
        _ body: JSONValue,
        for answer: AnswerContext
    ) throws(GatewayError) -> ModelResponse {
        // Some servers answer with the array of a stream that has one element.
        let body = body.array?.first ?? body
        if let error = body["error"], error.object != nil { throw ErrorReader.streamError(body) }
        var ids = CallIDs(responseID: body["responseId"]?.text, answer)
        var candidates: [ModelResponse.Candidate] = []
        for value in body["candidates"]?.array.map(Array.init) ?? [] {
            candidates.append(Self.candidate(value, ids: &ids))
        }
        if candidates.isEmpty {
            guard body["promptFeedback"]?["blockReason"] != nil else {
                throw .unreadableAnswer("the answer has no candidates")
            }
            candidates.append(ModelResponse.Candidate(parts: [], finishReason: .contentFilter))
        }
        return ModelResponse(
            id: body["responseId"]?.text,
            model: body["modelVersion"]?.text,
            candidates: candidates,
            usage: body["usageMetadata"].map(Self.usage) ?? TokenUsage()
        )
    }

    private static func candidate(_ value: JSONValue, ids: inout CallIDs) -> ModelResponse.Candidate {
        var parts: [Message.Part] = []
        var hasToolCalls = false
        for part in value["content"]?["parts"]?.array.map(Array.init) ?? [] {
            if part["thought"]?.bool == true { continue }
            if let text = part["text"]?.text {
                parts.append(.text(text))
            } else if let call = part["functionCall"], let name = call["name"]?.text {
                hasToolCalls = true
                let arguments = call["args"].flatMap { $0.object == nil ? nil : $0 } ?? JSONValue { $0.raw("{}") }
                parts.append(
                    .toolCall(
                        Message.ToolCall(id: ids.next(call["id"]?.text), name: name, arguments: .object(arguments))
                    )
                )
            }
        }
        return ModelResponse.Candidate(
            parts: parts,
            finishReason: value["finishReason"]?.text.map { finishReason($0, hasToolCalls: hasToolCalls) }
        )
    }

    /// What a `finishReason` means; this vendor says `STOP` where tools are called (pain S12).
    ///
    /// Reasons: PyPI `google-genai` 3.4.0 (2026-11).
    static func finishReason(_ reason: JSONString, hasToolCalls: Bool) -> FinishReason {
        if reason == "STOP" { return hasToolCalls ? .toolCalls : .stop }
        if reason == "MAX_TOKENS" { return .length }
        let name = reason.string
        return switch name {
        case "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY",
            "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "MODEL_ARMOR", "LANGUAGE":
            .contentFilter
        default: .other(name)
        }
    }

    package func makeStreamDecoder(for answer: AnswerContext) -> any StreamDecoder {
        GeminiStreamDecoder(answer)
    }
}
