// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON
import NIOCore

/// OpenAI's Responses API.
///
/// Shapes: the types of PyPI `openai` 3.52.0 (2026-11).
package struct OpenAIResponses: RelayedDialect {
    package var format: WireFormat { .openAIResponses }

    /// `response.created` and the events that describe the whole answer repeat what was asked; `previous_response_id` refers to an answer.
    package var clientTraits: ClientTraits { ClientTraits(repeatsRequest: true, refersToAnswers: true) }

    package init() {}

    /// Reads a `usage` object; `input_tokens` includes what caches served and stored, the buckets do not.
    static func usage(_ value: JSONValue) -> TokenUsage {
        var usage = TokenUsage()
        let details = value["input_tokens_details"]
        usage.cacheRead = details?["cached_tokens"]?.tokenCount
        usage.cacheWrite5m = details?["cache_write_tokens"]?.tokenCount
        usage.uncachedInput = value["input_tokens"]?.tokenCount.map {
            max(0, $0 - (usage.cacheRead ?? 0) - (usage.cacheWrite5m ?? 0))
        }
        usage.output = value["output_tokens"]?.tokenCount
        usage.reasoning = value["output_tokens_details"]?["reasoning_tokens"]?.tokenCount
        return usage
    }

    /// Writes a `usage` object.
    static func write(_ usage: TokenUsage, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("input_tokens", usage.totalInput)
        writer.key("input_tokens_details")
        writer.beginObject()
        writer.member("cache_write_tokens", usage.cacheWrite)
        writer.member("cached_tokens", usage.cacheRead ?? 0)
        writer.endObject()
        writer.member("output_tokens", usage.output ?? 0)
        writer.key("output_tokens_details")
        writer.beginObject()
        writer.member("reasoning_tokens", usage.reasoning ?? 0)
        writer.endObject()
        writer.member("total_tokens", usage.total)
        writer.endObject()
    }
}
