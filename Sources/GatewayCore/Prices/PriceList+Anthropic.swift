// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

extension PriceList {
    /// Anthropic's API.
    ///
    /// Source: platform.claude.com/docs/en/about-claude/pricing and the pages `models/*` beside it, as stored in October 2026: input, cache writes of 1.25 and 2 times
    /// that, cache hits, output; batches at half. The cut of cache hits of Sonnet 5.5 (2026-10-07) and the two lengths of Haiku 5.5 (input of more than 100,000
    /// tokens, cached ones included) are confirmed by release notes of claudit 1.9.2 (2026-10-24). Sonnet 4 and 4.5 with more than 200,000 tokens of input: the
    /// page of 2025-11, docs.anthropic.com. Fast mode is not here: it is no service tier.
    static let anthropic: [Entry] = [
        claude("claude-fable-5-1", "10", "50", cacheRead: "0.25"),
        claude("claude-fable-5", "10", "50", cacheRead: "1"),
        claude("claude-opus-5-5", "4", "20", cacheRead: "0.2"),
        claude("claude-opus-5", "5", "25", cacheRead: "0.5"),
        claude("claude-opus-4-8", "5", "25", cacheRead: "0.5"),
        claude("claude-opus-4-7", "5", "25", cacheRead: "0.5"),
        claude("claude-opus-4-6", "5", "25", cacheRead: "0.5"),
        claude("claude-opus-4-5", "5", "25", cacheRead: "0.5"),
        claude("claude-opus-4-1", "15", "75", cacheRead: "1.5"),
        claude("claude-sonnet-5-5", "2", "10", cacheRead: "0.1"),
        claude("claude-sonnet-5", "2", "10", cacheRead: "0.2"),
        claude("claude-sonnet-4-6", "3", "15", cacheRead: "0.3"),
        claude("claude-sonnet-4-5", "3", "15", cacheRead: "0.3", long: (200_000, "6", "22.5", "0.6")),
        claude("claude-sonnet-4", "3", "15", cacheRead: "0.3", long: (200_000, "6", "22.5", "0.6")),
        claude("claude-sonnet-4-0", "3", "15", cacheRead: "0.3", long: (200_000, "6", "22.5", "0.6")),
        claude("claude-haiku-5-5", "0.1", "0.5", cacheRead: "0.01", long: (100_000, "0.5", "2.5", "0.05")),
        claude("claude-haiku-4-5", "1", "5", cacheRead: "0.1"),
    ]

    private static func claude(
        _ name: String,
        _ input: String,
        _ output: String,
        cacheRead: String,
        long: (above: Int, input: String, output: String, cacheRead: String)? = nil
    ) -> Entry {
        func rates(_ input: String, _ output: String, _ cacheRead: String) -> PriceCard.Rates {
            let price = dollars(input)
            return PriceCard.Rates(
                input: price,
                cacheRead: dollars(cacheRead),
                cacheWrite5m: price * 5 / 4,
                cacheWrite1h: price * 2,
                output: dollars(output)
            )
        }
        let steps = long.map {
            [PriceCard.Step(inputAbove: $0.above, rates: rates($0.input, $0.output, $0.cacheRead))]
        }
        return Entry(name, PriceCard(rates(input, output, cacheRead), steps: steps ?? [], tiers: [.batch: 500]))
    }
}
