// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import Testing

@Suite("Price cards")
struct PriceCardTests {
    /// $3 and $15 for a million tokens, and what a cache costs.
    private let card = PriceCard(
        PriceCard.Rates(
            input: 3_000_000,
            cacheRead: 300_000,
            cacheWrite5m: 3_750_000,
            cacheWrite1h: 6_000_000,
            output: 15_000_000
        ),
        tiers: [.batch: 500, .priority: 1800]
    )

    @Test("U01: Each kind of token has its own price, and none counts twice")
    func buckets() {
        let usage = TokenUsage(
            uncachedInput: 1000,
            cacheRead: 100_000,
            cacheWrite5m: 2000,
            cacheWrite1h: 500,
            output: 400,
            reasoning: 300
        )
        // 0.003 + 0.03 + 0.0075 + 0.003 + 0.006 dollars.
        #expect(card.cost(of: usage) == Cost(nanodollars: 49_500_000, basis: .priced))
    }

    @Test("U12: Cache writes without a lifetime cost what those for five minutes do")
    func unsplitWrites() {
        #expect(card.cost(of: TokenUsage(uncachedInput: 0, cacheWrite5m: 1000)).nanodollars == 3_750_000)
        let single = PriceCard(PriceCard.Rates(input: 4, cacheWrite5m: 5, output: 6))
        #expect(single.cost(of: TokenUsage(cacheWrite1h: 1_000_000)) == Cost(nanodollars: 5000, basis: .priced))
    }

    @Test("U13: A kind of token without a price costs what input does, and the cost says so")
    func missingBuckets() {
        let bare = PriceCard(PriceCard.Rates(input: 2_000_000))
        #expect(bare.cost(of: TokenUsage(uncachedInput: 10)) == Cost(nanodollars: 20_000, basis: .priced))
        let cached = bare.cost(of: TokenUsage(uncachedInput: 10, cacheRead: 90))
        #expect(cached == Cost(nanodollars: 200_000, basis: .partlyPriced))
        #expect(bare.cost(of: TokenUsage(output: 1)) == Cost(nanodollars: 2000, basis: .partlyPriced))
        #expect(bare.cost(of: TokenUsage(uncachedInput: 1, output: 0)).basis == .priced)
    }

    @Test("Reasoning has a price of its own only where the card has one")
    func reasoning() {
        let usage = TokenUsage(output: 100, reasoning: 60)
        #expect(card.cost(of: usage).nanodollars == 1_500_000)
        let own = PriceCard(PriceCard.Rates(input: 0, output: 1_000_000, reasoning: 3_000_000))
        #expect(own.cost(of: usage).nanodollars == 40_000 + 180_000)
        // An upstream that says it reasoned more than it put out is not believed.
        #expect(own.cost(of: TokenUsage(output: 10, reasoning: 60)).nanodollars == 30_000)
    }

    @Test("Long input changes the price of all tokens, from the token after the step on")
    func steps() {
        let long = PriceCard(
            PriceCard.Rates(input: 1_000_000, cacheRead: 100_000, output: 2_000_000),
            steps: [
                PriceCard.Step(
                    inputAbove: 1000,
                    rates: PriceCard.Rates(input: 2_000_000, cacheRead: 200_000, output: 3_000_000)
                )
            ]
        )
        #expect(long.cost(of: TokenUsage(uncachedInput: 1000, output: 10)).nanodollars == 1_020_000)
        #expect(long.cost(of: TokenUsage(uncachedInput: 1, cacheRead: 1000, output: 10)).nanodollars == 232_000)
    }

    @Test("Tiers multiply and discounts are taken off, with one rounding at the end")
    func tiers() {
        let usage = TokenUsage(uncachedInput: 1000, output: 100)
        #expect(card.cost(of: usage).nanodollars == 4_500_000)
        #expect(card.cost(of: usage, tier: .batch).nanodollars == 2_250_000)
        #expect(card.cost(of: usage, tier: .priority).nanodollars == 8_100_000)
        #expect(card.cost(of: usage, tier: .flex).nanodollars == 4_500_000)
        #expect(card.cost(of: usage, discount: 1500).nanodollars == 3_825_000)
        let odd = PriceCard(PriceCard.Rates(input: 333))
        #expect(odd.cost(of: TokenUsage(uncachedInput: 1)).nanodollars == 0)
        #expect(odd.cost(of: TokenUsage(uncachedInput: 3)).nanodollars == 1)
        #expect(odd.most(input: 1, output: 0) == 1)
    }

    @Test("Sums of costs do not drift, and absurd counts do not trap")
    func exact() {
        let cent = PriceCard(PriceCard.Rates(input: 100_000))
        let one = cent.cost(of: TokenUsage(uncachedInput: 7)).nanodollars
        #expect((0..<1_000_000).reduce(Int64(0)) { sum, _ in sum + one } == 700_000_000)
        #expect(card.cost(of: TokenUsage(uncachedInput: .max, cacheRead: .max, output: .max)).nanodollars == .max)
        #expect(card.most(input: .max, output: .max, tier: .priority) == .max)
    }

    @Test("No usage within the bounds costs more than the most that a call can cost")
    func most() {
        var random = SystemRandomNumberGenerator()
        let cards = PriceList.Vendor.allCases.flatMap { PriceList.cards(of: $0) }
        for card in cards {
            for _ in 0..<50 {
                let (input, output) = (Int.random(in: 0...600_000, using: &random), Int.random(in: 0...128_000))
                let tier = PriceTier.allCases.randomElement()
                let bound = card.most(input: input, output: output, tier: tier, discount: 123)
                let parts = [0, 0, 0].map { _ in Int.random(in: 0...input) }.sorted()
                let usage = TokenUsage(
                    uncachedInput: parts[0],
                    cacheRead: parts[1] - parts[0],
                    cacheWrite5m: parts[2] - parts[1],
                    cacheWrite1h: input - parts[2],
                    output: Int.random(in: 0...output)
                )
                #expect(card.cost(of: usage, tier: tier, discount: 123).nanodollars <= bound, "\(card) \(usage)")
            }
        }
    }
}
