// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

extension BedrockConverse {
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

    package func makeStreamDecoder(for answer: AnswerContext) -> any StreamDecoder { BedrockStreamDecoder(answer) }
}
