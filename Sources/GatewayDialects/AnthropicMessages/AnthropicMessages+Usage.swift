// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

extension AnthropicMessages {
    /// Reads a `usage` object, of an answer or of `message_start` and `message_delta`.
    ///
    /// What a stream's later event leaves out stays nil, so that merging keeps the earlier figure. A cache total without its split counts as the short-lived kind.
    static func usage(_ value: JSONValue) -> TokenUsage {
        var usage = TokenUsage()
        usage.uncachedInput = value["input_tokens"]?.tokenCount
        usage.cacheRead = value["cache_read_input_tokens"]?.tokenCount
        let written = value["cache_creation_input_tokens"]?.tokenCount
        let split = value["cache_creation"]
        if let hour = split?["ephemeral_1h_input_tokens"]?.tokenCount {
            usage.cacheWrite1h = hour
            usage.cacheWrite5m =
                split?["ephemeral_5m_input_tokens"]?.tokenCount ?? written.map { max(0, $0 - hour) }
        } else {
            usage.cacheWrite5m = split?["ephemeral_5m_input_tokens"]?.tokenCount ?? written
        }
        usage.output = value["output_tokens"]?.tokenCount
        usage.reasoning = value["output_tokens_details"]?["thinking_tokens"]?.tokenCount
        return usage
    }
}

extension TokenUsage {
    /// Takes over a later report of the same Anthropic stream.
    ///
    /// `message_delta` repeats the total written to caches without its split: where the total is the one already known, the split stays.
    mutating func mergeAnthropic(_ later: TokenUsage) {
        var later = later
        if later.cacheWrite1h == nil, let total = later.cacheWrite5m, cacheWrite1h != nil, total == cacheWrite {
            later.cacheWrite5m = nil
        }
        // This vendor's input is without the cached tokens, so an earlier report of those still holds.
        later.cacheRead = later.cacheRead ?? cacheRead
        later.cacheWrite5m = later.cacheWrite5m ?? cacheWrite5m
        later.cacheWrite1h = later.cacheWrite1h ?? cacheWrite1h
        merge(later)
    }
}

extension AnthropicMessages {
    /// Writes a whole `usage` object; what the upstream did not report is zero.
    static func write(_ usage: TokenUsage, tier: String?, into writer: inout JSONWriter) {
        writer.beginObject()
        writeTotals(usage, into: &writer)
        writer.key("cache_creation")
        writer.beginObject()
        writer.member("ephemeral_5m_input_tokens", usage.cacheWrite5m ?? 0)
        writer.member("ephemeral_1h_input_tokens", usage.cacheWrite1h ?? 0)
        writer.endObject()
        if let tier = tier.flatMap(serviceTier) { writer.member("service_tier", tier) }
        writer.endObject()
    }

    /// Writes the members that `message_delta` has too.
    static func writeTotals(_ usage: TokenUsage, into writer: inout JSONWriter) {
        writer.member("input_tokens", usage.uncachedInput ?? 0)
        writer.member("cache_creation_input_tokens", usage.cacheWrite)
        writer.member("cache_read_input_tokens", usage.cacheRead ?? 0)
        writer.member("output_tokens", usage.output ?? 0)
        if let reasoning = usage.reasoning {
            writer.key("output_tokens_details")
            writer.beginObject()
            writer.member("thinking_tokens", reasoning)
            writer.endObject()
        }
    }

    /// A vendor's service tier as this API names it; nil where it has no such tier.
    private static func serviceTier(_ tier: String) -> StaticString? {
        switch tier {
        case "standard", "default": "standard"
        case "priority": "priority"
        case "batch": "batch"
        default: nil
        }
    }
}
