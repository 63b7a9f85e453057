// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

extension PriceList {
    /// Google's Gemini API.
    ///
    /// Source: ai.google.dev/gemini-api/docs/pricing, by who has copied it: github.com/pydantic/genai-prices (2026-08-21) up to Gemini 3.6; for Gemini 3.8 Flash
    /// LiteLLM's discussion 39357 (half price through 2026-12-31, then $1.50 and $7.50); for Gemini 4 Argon LiteLLM's discussion 46238 and release notes of
    /// TokenMeter 0.13.1 (2026-10-13: a launch price through 2026-11-30). Tokens of thinking are output. Audio, which costs more as input of the Flash models, and the
    /// hours that cached input is kept are not here: the gateway does not see them apart. Image models are not here for the same reason.
    static let gemini: [Entry] = [
        gemini("gemini-2-5-pro", "1.25", "10", cacheRead: "0.125", long: ("2.5", "15", "0.25")),
        gemini("gemini-2-5-flash", "0.3", "2.5", cacheRead: "0.03"),
        gemini("gemini-2-5-flash-lite", "0.1", "0.4", cacheRead: "0.01"),
        gemini("gemini-3-pro", "2", "12", cacheRead: "0.2", long: ("4", "18", "0.4")),
        gemini("gemini-3-flash", "0.5", "3", cacheRead: "0.05"),
        gemini("gemini-3-1-pro", "2", "12", cacheRead: "0.2", long: ("4", "18", "0.4")),
        gemini("gemini-3-1-flash-lite", "0.25", "1.5", cacheRead: "0.025"),
        gemini("gemini-3-5-flash", "1.5", "9", cacheRead: "0.15"),
        gemini("gemini-3-5-flash-lite", "0.3", "2.5", cacheRead: "0.03"),
        gemini("gemini-3-6-flash", "1.5", "7.5", cacheRead: "0.15"),
        gemini("gemini-3-8-flash", "0.75", "3.75", cacheRead: "0.075", from: newYear2027, ("1.5", "7.5", "0.15")),
        gemini("gemini-4-argon", "2", "10", cacheRead: "0.1", from: december2026, ("4", "20", "0.2")),
        Entry("gemini-embedding-001", PriceCard(PriceCard.Rates(input: dollars("0.15")))),
    ]

    /// 2026-12-01T00:00:00Z.
    private static let december2026: Int64 = 1_796_083_200_000_000
    /// 2027-01-01T00:00:00Z.
    private static let newYear2027: Int64 = 1_798_761_600_000_000

    private typealias Prices = (input: String, output: String, cacheRead: String)

    private static func rates(_ prices: Prices) -> PriceCard.Rates {
        PriceCard.Rates(
            input: dollars(prices.input),
            cacheRead: dollars(prices.cacheRead),
            // Nothing reports what was written to a cache, which costs what input does.
            cacheWrite5m: dollars(prices.input),
            output: dollars(prices.output)
        )
    }

    private static func gemini(
        _ name: String,
        _ input: String,
        _ output: String,
        cacheRead: String,
        long: Prices? = nil,
        from time: Int64? = nil,
        _ later: Prices? = nil
    ) -> Entry {
        func card(_ prices: Prices) -> PriceCard {
            let steps = long.map { [PriceCard.Step(inputAbove: 200_000, rates: rates($0))] } ?? []
            return PriceCard(rates(prices), steps: steps, tiers: [.batch: 500])
        }
        var changes: [ModelPrice.Change] = []
        if let time, let later { changes.append(ModelPrice.Change(time: time, card: card(later))) }
        return Entry(name, card((input, output, cacheRead)), changes: changes)
    }
}
