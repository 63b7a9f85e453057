// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

extension OpenAIChat {
    /// Reads a `usage` object.
    ///
    /// `prompt_tokens` includes what caches served and stored; the buckets do not. What caches served has other names at DeepSeek, Moonshot and Databricks, and so have the
    /// tokens of reasoning at Databricks (their API references, 2026-11). Servers of embeddings may tell the total alone (Jina's and Voyage's API references,
    /// 2026-11).
    static func usage(_ value: JSONValue) -> TokenUsage {
        var usage = TokenUsage()
        let completion = value["completion_tokens"]?.tokenCount
        let total = value["total_tokens"]?.tokenCount
        let prompt = value["prompt_tokens"]?.tokenCount ?? (completion == nil ? total : nil)
        let details = value["prompt_tokens_details"]
        usage.cacheRead =
            details?["cached_tokens"]?.tokenCount ?? value["prompt_cache_hit_tokens"]?.tokenCount
            ?? value["cached_tokens"]?.tokenCount ?? value["cache_read_input_tokens"]?.tokenCount
        usage.cacheWrite5m =
            details?["cache_write_tokens"]?.tokenCount ?? value["cache_creation_input_tokens"]?.tokenCount
        usage.uncachedInput = prompt.map { max(0, $0 - (usage.cacheRead ?? 0) - (usage.cacheWrite5m ?? 0)) }
        usage.output = completion
        usage.reasoning =
            value["completion_tokens_details"]?["reasoning_tokens"]?.tokenCount ?? value["reasoning_tokens"]?.tokenCount
        usage.addUncountedReasoning(prompt: prompt, total: total)
        return usage
    }

    /// Writes a `usage` object, with Databricks' members for caches if asked to.
    static func write(_ usage: TokenUsage, into writer: inout JSONWriter, withCaches: Bool) {
        writer.beginObject()
        writer.member("prompt_tokens", usage.totalInput)
        writer.member("completion_tokens", usage.output ?? 0)
        writer.member("total_tokens", usage.total)
        if usage.cacheRead != nil || usage.cacheWrite > 0 {
            writer.key("prompt_tokens_details")
            writer.beginObject()
            writer.member("cached_tokens", usage.cacheRead ?? 0)
            if usage.cacheWrite > 0 { writer.member("cache_write_tokens", usage.cacheWrite) }
            writer.endObject()
        }
        if let reasoning = usage.reasoning {
            writer.key("completion_tokens_details")
            writer.beginObject()
            writer.member("reasoning_tokens", reasoning)
            writer.endObject()
        }
        if withCaches, usage.cacheRead != nil || usage.cacheWrite > 0 {
            writer.member("cache_read_input_tokens", usage.cacheRead ?? 0)
            writer.member("cache_creation_input_tokens", usage.cacheWrite)
        }
        writer.endObject()
    }
}

extension TokenUsage {
    /// Adds reasoning to the output where a server counts it in the total alone.
    ///
    /// xAI does (github.com/vercel/ai/pull/12425, 2026-02), and so does Gemini's API in OpenAI's format, which does not say how much it was.
    fileprivate mutating func addUncountedReasoning(prompt: Int?, total: Int?) {
        guard let prompt, let completion = output, let total, total > prompt + completion else { return }
        let uncounted = total - prompt - completion
        // What else a total may hold is not output.
        let isUnexplained = reasoning == nil && (cacheRead ?? 0) + cacheWrite == 0
        guard reasoning == uncounted || isUnexplained else { return }
        output = completion + uncounted
        reasoning = uncounted
    }
}

/// The `usage` object of a chunk before the exact figures are known.
enum ChatUsage {
    /// The most bytes that it takes: 55 around three numbers of at most 20 digits.
    static let maximumBytes = 120

    static func write(input: Int, output: Int, into text: inout RawOutput) {
        text.write(#"{"prompt_tokens":"#)
        text.writeDecimal(input)
        text.write(#","completion_tokens":"#)
        text.writeDecimal(output)
        text.write(#","total_tokens":"#)
        text.writeDecimal(input &+ output)
        text.write("}")
    }
}

extension JSONValue {
    /// The value as a number of tokens; nil if it is not an integer, or negative, or beyond any use.
    var tokenCount: Int? {
        guard let int, int >= 0, int < 1 << 48 else { return nil }
        return int
    }
}
