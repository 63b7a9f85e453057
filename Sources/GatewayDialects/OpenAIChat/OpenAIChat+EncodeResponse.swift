// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayJSON

extension OpenAIChat {
    package func makeStreamEncoder(for answer: AnswerContext) -> any StreamEncoder { ChatStreamEncoder(answer) }

    package func writeResponse(
        _ response: ModelResponse,
        for answer: AnswerContext,
        into writer: inout JSONWriter
    ) {
        let message = ChatMessageWriter(answer)
        writer.beginObject()
        Self.writeHead("chat.completion", id: response.id, model: response.model, for: answer, into: &writer)
        writer.key("choices")
        writer.beginArray()
        for (index, candidate) in response.candidates.enumerated() {
            writer.beginObject()
            writer.member("index", index)
            writer.key("message")
            message.write(candidate.parts, into: &writer)
            writer.key("logprobs")
            if let logprobs = candidate.logprobs {
                writer.object {
                    $0.member("content", logprobs)
                    $0.key("refusal")
                    $0.null()
                }
            } else {
                writer.null()
            }
            let hasToolCalls = candidate.parts.contains { $0.toolCall != nil }
            writer.member(
                "finish_reason",
                Self.name(
                    of: candidate.finishReason,
                    hasToolCalls: hasToolCalls,
                    hasRefused: candidate.parts.contains { if case .refusal = $0.content { true } else { false } },
                    usesFunctions: message.usesFunctions
                )
            )
            writer.endObject()
        }
        writer.endArray()
        writer.key("usage")
        Self.write(response.usage, into: &writer, withCaches: answer.apiType == .mlflowChat)
        if let tier = response.serviceTier.flatMap(Self.serviceTier) { writer.member("service_tier", tier) }
        writer.endObject()
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
    static func writeHead(
        _ object: StaticString,
        id: JSONString?,
        model: JSONString?,
        for answer: AnswerContext,
        into writer: inout JSONWriter
    ) {
        answer.writeID(id, prefix: "chatcmpl-", into: &writer)
        writer.member("object", object)
        writer.member("created", answer.identity.created)
        answer.writeModel(model, into: &writer)
    }

    /// Whether a client asked in the older form, with `functions`, and wants `function_call` in the answer.
    static func usesFunctions(_ answer: AnswerContext) -> Bool {
        guard let functions = (try? answer.request?.unique("functions")) ?? nil, !functions.isNull else { return false }
        let tools = (try? answer.request?.unique("tools")) ?? nil
        return tools?.array?.isEmpty ?? true
    }

    /// The name of a finish reason; an answer with tool calls that simply ended waits for their results (stream-12).
    ///
    /// A refusal that the model put into words is an ordinary end here: the member `refusal` says it.
    static func name(
        of reason: FinishReason?,
        hasToolCalls: Bool,
        hasRefused: Bool = false,
        usesFunctions: Bool = false
    ) -> StaticString {
        let calls: StaticString = usesFunctions ? "function_call" : "tool_calls"
        return switch reason {
        // An end that nobody knows is not a good one.
        case .length, .other: "length"
        case .contentFilter: "content_filter"
        case .refusal: hasRefused ? "stop" : "content_filter"
        case .toolCalls: calls
        case .stop, .stopSequence, .pause, nil: hasToolCalls ? calls : "stop"
        }
    }
}
