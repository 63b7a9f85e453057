// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import Testing

@Suite("Prices of models")
struct PriceListTests {
    private func cost(_ price: ModelPrice?, _ usage: TokenUsage, at time: Int64 = 1_795_000_000_000_000) -> Int64? {
        price?.cost(of: usage, tier: nil, at: time).nanodollars
    }

    private let million = TokenUsage(uncachedInput: 1_000_000, output: 1_000_000)

    @Test(
        "A model is known by its vendor's name, with a date and without",
        arguments: [
            ("anthropic", "claude-opus-4-5", 5 + 25), ("anthropic", "claude-opus-4-5-20251101", 5 + 25),
            ("anthropic", "claude-sonnet-4-0", 6 + 22), ("openai", "gpt-5.1", 1 + 10),
            ("openai", "gpt-5-2025-08-07", 1 + 10),
            ("gemini", "gemini-3-flash-preview", 0 + 3), ("gemini", "gemini-2.5-flash-preview-09-2025", 0 + 2),
        ]
    )
    func names(vendor: String, name: String, dollars: Int) throws {
        let price = try #require(PriceList.price(of: name, at: vendor))
        #expect(price.source == .list && price.version == PriceList.version)
        let cost = try #require(self.cost(price, million))
        #expect(abs(cost - Int64(dollars) * 1_000_000_000) < 1_000_000_000, "\(cost)")
    }

    @Test(
        "Elsewhere the vendor's price is an estimate",
        arguments: [
            ("amazon_bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
            ("gemini_enterprise", "claude-opus-4-1@20250805"), ("databricks", "databricks-claude-sonnet-4-6"),
            ("openrouter", "anthropic/claude-sonnet-4.5"), ("azure_openai", "gpt-5.4-mini"),
        ]
    )
    func similar(provider: String, name: String) throws {
        let price = try #require(PriceList.price(of: name, at: provider))
        #expect(price.source == .similar)
        #expect(price.cost(of: million, tier: nil, at: 0).basis == .estimated)
    }

    @Test("What nobody lists has no price", arguments: ["llama-4-maverick", "my-model", "claude-opus-9", ""])
    func unknown(name: String) {
        #expect(PriceList.price(of: name, at: "custom") == nil)
    }

    @Test("A price that is to change does so when the call is received")
    func changes() throws {
        let price = try #require(PriceList.price(of: "gemini-4-argon", at: "gemini"))
        let december: Int64 = 1_796_083_200_000_000
        #expect(cost(price, million, at: december - 1) == 12_000_000_000)
        #expect(cost(price, million, at: december) == 24_000_000_000)
    }

    @Test("Every row has prices, and output costs at least what input does")
    func rows() {
        for vendor in PriceList.Vendor.allCases {
            let cards = PriceList.cards(of: vendor)
            #expect(!cards.isEmpty)
            for card in cards {
                for rates in [card.rates] + card.steps.map(\.rates) {
                    #expect(rates.input > 0 && rates.output ?? .max >= rates.input && rates.cacheRead ?? 1 > 0)
                    #expect(rates.cacheRead ?? 0 <= rates.input && rates.cacheWrite5m ?? .max >= rates.input)
                }
            }
        }
    }

    @Test("The configuration's prices come first, and the discount is taken off list prices alone")
    func configured() {
        let own = PriceCard(PriceCard.Rates(input: 1_000_000))
        let pricing = ProviderPricing(discount: 2500, models: ["mine": own])
        let usage = TokenUsage(uncachedInput: 1_000_000)
        func price(_ model: String, like: String? = nil, own: PriceCard? = nil) -> ModelPrice? {
            pricing.price(of: model, like: like, own: own, at: "openai")
        }
        #expect(cost(price("gpt-5"), usage) == 937_500_000)
        #expect(cost(price("mine"), usage) == 1_000_000_000)
        #expect(cost(price("gpt-5", own: own), usage) == 1_000_000_000)
        #expect(price("deployment-1", like: "gpt-5")?.source == .similar)
        #expect(price("deployment-1") == nil && price("", like: nil) == nil)
    }

    @Test(
        "Amounts are read and written exactly",
        arguments: [("2", 2_000_000), ("0.1", 100_000), ("2.50", 2_500_000), ("0.000001", 1)]
    )
    func amounts(text: String, millionths: Int) {
        #expect(DollarAmount.millionths(text) == millionths)
        for wrong in ["", ".5", "1.", "-1", "1e3", "0.0000001", "1,5", "1.2.3", "٣"] {
            #expect(DollarAmount.millionths(wrong) == nil)
        }
        #expect(DollarAmount.text(nanodollars: 1_234_500_000) == "1.2345")
        #expect(DollarAmount.text(nanodollars: 500_000_000_000) == "500.00")
        #expect(DollarAmount.text(nanodollars: 1) == "0.000000001")
    }
}
