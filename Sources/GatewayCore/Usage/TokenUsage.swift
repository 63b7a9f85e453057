// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Tokens of one answer, in disjoint buckets.
///
/// Every vendor's numbers are read into these buckets and every dialect writes a projection of them, so nothing is
/// counted twice. A bucket that the upstream did not report is nil; an explicit zero stays zero.
///
/// | Vendor | uncached input | cache read | cache write | output | reasoning |
/// |---|---|---|---|---|---|
/// | OpenAI chat | prompt_tokens - cached_tokens - cache_write_tokens | prompt_tokens_details.cached_tokens | prompt_tokens_details.cache_write_tokens | completion_tokens | completion_tokens_details.reasoning_tokens |
/// | OpenAI responses | input_tokens - cached_tokens - cache_write_tokens | input_tokens_details.cached_tokens | input_tokens_details.cache_write_tokens | output_tokens | output_tokens_details.reasoning_tokens |
/// | Anthropic | input_tokens | cache_read_input_tokens | cache_creation_input_tokens | output_tokens | output_tokens_details.thinking_tokens |
/// | Gemini | promptTokenCount + toolUsePromptTokenCount - cachedContentTokenCount | cachedContentTokenCount | - | candidatesTokenCount + thoughtsTokenCount | thoughtsTokenCount |
package struct TokenUsage: Sendable, Equatable {
    /// Input tokens that no cache served or stored.
    package var uncachedInput: Int?
    /// Input tokens read from a prompt cache.
    package var cacheRead: Int?
    /// Input tokens written to a cache that lives five minutes; also the total where the upstream does not split it.
    package var cacheWrite5m: Int?
    /// Input tokens written to a cache that lives one hour.
    package var cacheWrite1h: Int?
    /// All output tokens, reasoning included.
    package var output: Int?
    /// The part of ``output`` that is reasoning.
    package var reasoning: Int?
    /// Whether the gateway estimated the figures because the upstream reported none.
    package var isEstimated = false

    package init(
        uncachedInput: Int? = nil,
        cacheRead: Int? = nil,
        cacheWrite5m: Int? = nil,
        cacheWrite1h: Int? = nil,
        output: Int? = nil,
        reasoning: Int? = nil,
        isEstimated: Bool = false
    ) {
        self.uncachedInput = uncachedInput
        self.cacheRead = cacheRead
        self.cacheWrite5m = cacheWrite5m
        self.cacheWrite1h = cacheWrite1h
        self.output = output
        self.reasoning = reasoning
        self.isEstimated = isEstimated
    }

    /// Input tokens including cached ones, as `input_tokens` in the usage table.
    package var totalInput: Int {
        (uncachedInput ?? 0).saturatingAdd(cacheRead ?? 0).saturatingAdd(cacheWrite)
    }

    /// Tokens written to any cache.
    package var cacheWrite: Int { (cacheWrite5m ?? 0).saturatingAdd(cacheWrite1h ?? 0) }

    /// Input and output together; always computed, never taken from an upstream.
    package var total: Int { totalInput.saturatingAdd(output ?? 0) }

    /// Whether the upstream reported nothing at all.
    package var isEmpty: Bool {
        uncachedInput == nil && cacheRead == nil && cacheWrite5m == nil && cacheWrite1h == nil && output == nil
    }

    /// Takes over every bucket that a later report of the same answer holds.
    ///
    /// Later figures replace earlier ones and are never added to them: vendors repeat totals. A report of uncached input is one of all input: where it does
    /// not tell cached tokens apart they are among the uncached ones, and those of an earlier report would be counted twice (usage-01).
    package mutating func merge(_ later: TokenUsage) {
        if later.uncachedInput != nil {
            (uncachedInput, cacheRead) = (later.uncachedInput, later.cacheRead)
            (cacheWrite5m, cacheWrite1h) = (later.cacheWrite5m, later.cacheWrite1h)
        } else {
            cacheRead = later.cacheRead ?? cacheRead
            cacheWrite5m = later.cacheWrite5m ?? cacheWrite5m
            cacheWrite1h = later.cacheWrite1h ?? cacheWrite1h
        }
        output = later.output ?? output
        reasoning = later.reasoning ?? reasoning
    }

    /// Adds the tokens of another part of the same answer; a bucket that one of the two does not report is nobody's.
    package mutating func add(_ part: TokenUsage) {
        func sum(_ bucket: KeyPath<TokenUsage, Int?>) -> Int? {
            guard let mine = self[keyPath: bucket], let other = part[keyPath: bucket] else { return nil }
            return mine.saturatingAdd(other)
        }
        self = TokenUsage(
            uncachedInput: sum(\.uncachedInput),
            cacheRead: sum(\.cacheRead),
            cacheWrite5m: sum(\.cacheWrite5m),
            cacheWrite1h: sum(\.cacheWrite1h),
            output: sum(\.output),
            reasoning: sum(\.reasoning),
            isEstimated: isEstimated || part.isEstimated
        )
    }

    /// The estimate for text of that many UTF-8 bytes, as Databricks documents it: (length + 1) / 4, at least one token for any text.
    package static func estimate(textBytes: Int) -> Int {
        textBytes <= 0 ? 0 : max(1, (textBytes + 1) / 4)
    }
}

extension Int {
    fileprivate func saturatingAdd(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
