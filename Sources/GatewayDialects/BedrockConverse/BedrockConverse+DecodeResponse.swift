// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayJSON

extension BedrockConverse {
    package func decodeResponse(
        _ body: JSONValue,
        for answer: AnswerContext
    ) throws(GatewayError) -> ModelResponse {
        guard let content = body["output"]?["message"]?["content"]?.array else {
            throw .unreadableAnswer("the response has no output.message.content")
        }
        var parts: [Message.Part] = []
        for block in content {
            if let text = block["text"]?.text {
                parts.append(.text(text))
            } else if let call = block["toolUse"] {
                guard let id = call["toolUseId"]?.text, let name = call["name"]?.text else {
                    throw .unreadableAnswer("a tool call has no id or no name")
                }
                let input = call["input"].flatMap { $0.object == nil ? nil : $0 } ?? JSONValue { $0.raw("{}") }
                parts.append(.toolCall(Message.ToolCall(id: id, name: name, arguments: .object(input))))
            } else if let reasoning = block["reasoningContent"] {
                parts.append(Self.part(reasoning, from: answer.origin))
            } else if let cited = block["citationsContent"] {
                parts.append(Self.part(citing: cited))
            }
        }
        let reason = body["stopReason"]?.text.map { Self.finishReason($0, body["additionalModelResponseFields"]) }
        var response = ModelResponse(
            candidates: [ModelResponse.Candidate(parts: parts, finishReason: reason)],
            usage: body["usage"].map(Self.usage) ?? TokenUsage()
        )
        response.serviceTier = body["serviceTier"]?["type"]?.string
        return response
    }

    private static func part(_ reasoning: JSONValue, from origin: StateOrigin) -> Message.Part {
        if let data = reasoning["redactedContent"]?.text {
            return Message.Part(
                .reasoning(Message.Reasoning(texts: [])),
                state: OpaqueState(.redacted, data, from: origin)
            )
        }
        let thought = reasoning["reasoningText"]
        let text = thought?["text"]?.text ?? ""
        var part = Message.Part(.reasoning(Message.Reasoning(texts: text.isEmpty ? [] : [text])))
        if let signature = thought?["signature"]?.text, !signature.isEmpty {
            var checksum = FNV1a()
            checksum.add(text)
            part.state = AnthropicThoughts.state(signature, of: checksum, from: origin)
        }
        return part
    }

    private static func part(citing block: JSONValue) -> Message.Part {
        let texts = block["content"]?.array?.compactMap { $0["text"]?.text } ?? []
        var part = Message.Part.text(texts.count == 1 ? texts[0] : JSONString(texts.map(\.string).joined()))
        part.citations = block["citations"]?.array?.map(citation) ?? []
        return part
    }

    /// Reads a citation, of an answer or of a delta.
    static func citation(_ value: JSONValue) -> Citation {
        let words = value["sourceContent"]?.array?.compactMap { $0["text"]?.text } ?? []
        return Citation(
            url: value["location"]?["web"]?["url"]?.text,
            title: value["title"]?.text,
            citedText: words.isEmpty ? nil : words.count == 1 ? words[0] : JSONString(words.map(\.string).joined()),
            original: value
        )
    }

    /// What a `stopReason` means; Claude's own fields tell which stop sequence was met.
    static func finishReason(_ reason: JSONString, _ fields: JSONValue?) -> FinishReason {
        if reason == "end_turn" { return .stop }
        if reason == "tool_use" { return .toolCalls }
        if reason == "max_tokens" || reason == "model_context_window_exceeded" { return .length }
        if reason == "stop_sequence" { return .stopSequence(fields?["stop_sequence"]?.text) }
        if reason == "guardrail_intervened" || reason == "content_filtered" { return .contentFilter }
        return .other(reason.string)
    }

    /// Reads a `usage` object; its `inputTokens` leave out what caches served and stored.
    ///
    /// A total written to caches without its details counts as the short-lived kind.
    static func usage(_ value: JSONValue) -> TokenUsage {
        var usage = TokenUsage()
        usage.uncachedInput = value["inputTokens"]?.tokenCount
        usage.cacheRead = value["cacheReadInputTokens"]?.tokenCount
        usage.cacheWrite5m = value["cacheWriteInputTokens"]?.tokenCount
        usage.output = value["outputTokens"]?.tokenCount
        var hours = 0
        for detail in value["cacheDetails"]?.array.map(Array.init) ?? []
        where detail["ttl"]?.text.map({ $0 == "1h" }) == true {
            hours += detail["inputTokens"]?.tokenCount ?? 0
        }
        if hours > 0, let written = usage.cacheWrite5m {
            usage.cacheWrite1h = min(hours, written)
            usage.cacheWrite5m = max(0, written - hours)
        }
        return usage
    }

    package func makeStreamFramer() -> any StreamFramer { EventStreamFramer() }

    package func makeStreamDecoder(for answer: AnswerContext) -> any StreamDecoder {
        BedrockStreamDecoder(origin: answer.origin)
    }
}
