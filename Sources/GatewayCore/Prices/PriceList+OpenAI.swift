// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

extension PriceList {
    /// OpenAI's API.
    ///
    /// Source: developers.openai.com/api/docs/pricing, by who has copied it: github.com/pydantic/genai-prices (2026-08-21) for GPT-5 to 5.5, whose tiers and long
    /// input are those of github.com/Wei-Shaw/model-price-repo (2026-07-24); for GPT-5.6 docs.apiyi.com (September 2026, after the cuts of 2026-07-30 and
    /// 2026-08-21); for GPT-6 and 6.1 release notes that name the page: PromptFuel 1.0.19, 1.0.21 and 1.0.24 (2026-09-07 to 2026-10-27), codexometer 0.18.4
    /// (2026-09-22), Codex-Manager 0.4.7 (2026-09-30). From GPT-5.4 on, input of more than 272,000 tokens doubles the price of input and makes that of output one and
    /// a half times as high. Images are counted as tokens of input and output, which the gateway cannot tell apart from text: image models are not here.
    static let openAI: [Entry] = [
        gpt("gpt-5", "1.25", "10", cacheRead: "0.125", tiers: both),
        gpt("gpt-5-mini", "0.25", "2", cacheRead: "0.025", tiers: [.batch: 500, .flex: 500, .priority: 1800]),
        gpt("gpt-5-nano", "0.05", "0.4", cacheRead: "0.005", tiers: slow),
        gpt("gpt-5-1", "1.25", "10", cacheRead: "0.125", tiers: both),
        gpt("gpt-5-2", "1.75", "14", cacheRead: "0.175", tiers: both),
        gpt("gpt-5-3-codex", "1.75", "14", cacheRead: "0.175", tiers: both),
        gpt("gpt-5-4", "2.5", "15", cacheRead: "0.25", isSteep: true, tiers: both),
        gpt("gpt-5-4-mini", "0.75", "4.5", cacheRead: "0.075", tiers: both),
        gpt("gpt-5-4-nano", "0.2", "1.25", cacheRead: "0.02", tiers: slow),
        gpt("gpt-5-4-pro", "30", "180", isSteep: true, tiers: slow),
        gpt("gpt-5-5", "5", "30", cacheRead: "0.5", isSteep: true, tiers: both),
        gpt("gpt-5-5-pro", "30", "180", isSteep: true, tiers: slow),
        gpt("gpt-5-6-sol", "4", "20", cacheRead: "0.4", writesCost: true, isSteep: true, tiers: both),
        gpt("gpt-5-6-terra", "2", "12", cacheRead: "0.2", writesCost: true, isSteep: true, tiers: both),
        gpt("gpt-5-6-luna", "0.2", "1.2", cacheRead: "0.02", writesCost: true, isSteep: true, tiers: both),
        gpt("gpt-6-astra", "10", "50", cacheRead: "1", writesCost: true, isSteep: true, tiers: both),
        gpt("gpt-6-sol", "2", "10", cacheRead: "0.2", writesCost: true, isSteep: true, tiers: both),
        gpt("gpt-6-luna", "0.1", "0.5", cacheRead: "0.01", writesCost: true, isSteep: true, tiers: both),
        gpt("gpt-6-1-sol", "2", "10", cacheRead: "0.1", writesCost: true, isSteep: true, tiers: both),
        gpt("gpt-6-1-terra", "1", "5", cacheRead: "0.05", writesCost: true, isSteep: true, tiers: both),
        gpt("gpt-4o", "2.5", "10", cacheRead: "1.25", tiers: [.batch: 500, .priority: 1700]),
        gpt("gpt-4o-mini", "0.15", "0.6", cacheRead: "0.075", tiers: [.batch: 500]),
        gpt("gpt-4-1", "2", "8", cacheRead: "0.5", tiers: [.batch: 500, .priority: 1750]),
        Entry("text-embedding-3-small", PriceCard(PriceCard.Rates(input: dollars("0.02")), tiers: [.batch: 500])),
        Entry("text-embedding-3-large", PriceCard(PriceCard.Rates(input: dollars("0.13")), tiers: [.batch: 500])),
    ]

    private static let slow: [PriceTier: Int] = [.batch: 500, .flex: 500]
    private static let both: [PriceTier: Int] = [.batch: 500, .flex: 500, .priority: 2000]

    /// A row; nil for `cacheRead` where cached input has no price of its own.
    ///
    /// - Parameters:
    ///   - name: The name with hyphens for points.
    ///   - input: Dollars for a million tokens of input.
    ///   - output: Dollars for a million tokens of output.
    ///   - cacheRead: Dollars for a million tokens of cached input.
    ///   - writesCost: Whether cache writes cost a quarter more than input; otherwise they cost what input does.
    ///   - isSteep: Whether long input raises prices.
    ///   - tiers: What tiers multiply prices with.
    /// - Returns: The row.
    private static func gpt(
        _ name: String,
        _ input: String,
        _ output: String,
        cacheRead: String? = nil,
        writesCost: Bool = false,
        isSteep: Bool = false,
        tiers: [PriceTier: Int]
    ) -> Entry {
        let price = dollars(input)
        let rates = PriceCard.Rates(
            input: price,
            cacheRead: cacheRead.map(dollars) ?? price,
            cacheWrite5m: writesCost ? price * 5 / 4 : price,
            output: dollars(output)
        )
        let steep = PriceCard.Rates(
            input: price * 2,
            cacheRead: rates.cacheRead.map { $0 * 2 },
            cacheWrite5m: rates.cacheWrite5m.map { $0 * 2 },
            output: rates.output.map { $0 * 3 / 2 }
        )
        let steps = isSteep ? [PriceCard.Step(inputAbove: 272_000, rates: steep)] : []
        return Entry(name, PriceCard(rates, steps: steps, tiers: tiers))
    }
}
