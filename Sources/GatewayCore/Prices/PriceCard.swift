// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// What the tokens of a model cost.
///
/// All amounts are whole numbers: prices are pico-dollars for a token, which are millionths of a dollar for a million tokens, and sums have 128 bits. So nothing
/// is lost before the one rounding to nano-dollars.
package struct PriceCard: Sendable, Hashable {
    /// Prices of each kind of token, in pico-dollars; nil where the kind has none.
    package struct Rates: Sendable, Hashable {
        package var input: Int
        package var cacheRead: Int?
        package var cacheWrite5m: Int?
        package var cacheWrite1h: Int?
        package var output: Int?
        /// nil where reasoning costs what other output does.
        package var reasoning: Int?

        package init(
            input: Int,
            cacheRead: Int? = nil,
            cacheWrite5m: Int? = nil,
            cacheWrite1h: Int? = nil,
            output: Int? = nil,
            reasoning: Int? = nil
        ) {
            self.input = input
            self.cacheRead = cacheRead
            self.cacheWrite5m = cacheWrite5m
            self.cacheWrite1h = cacheWrite1h
            self.output = output
            self.reasoning = reasoning
        }
    }

    /// What all tokens of a call cost once its input is long.
    package struct Step: Sendable, Hashable {
        /// Tokens of input, cached ones included, above which it holds.
        package var inputAbove: Int
        package var rates: Rates

        package init(inputAbove: Int, rates: Rates) {
            self.inputAbove = inputAbove
            self.rates = rates
        }
    }

    package var rates: Rates
    /// In the order of their lengths.
    package var steps: [Step]
    /// What tiers multiply all prices with, in thousandths; a tier that is missing costs what the standard one does.
    package var tiers: [PriceTier: Int]

    package init(_ rates: Rates, steps: [Step] = [], tiers: [PriceTier: Int] = [:]) {
        self.rates = rates
        self.steps = steps
        self.tiers = tiers
    }

    /// Basis points that are the whole price.
    package static let basisPoints = 10_000

    /// The cost of a call.
    ///
    /// - Parameters:
    ///   - usage: Its tokens. Cache writes whose lifetime is not known are among those for five minutes.
    ///   - tier: The class of service; nil for the standard one.
    ///   - discount: What is taken off, in basis points.
    /// - Returns: ``Cost/Basis/partlyPriced`` where a kind of token has no price.
    package func cost(of usage: TokenUsage, tier: PriceTier? = nil, discount: Int = 0) -> Cost {
        let rates = steps.last { usage.totalInput > $0.inputAbove }?.rates ?? rates
        var sum: Int128 = 0
        var isComplete = true
        func add(_ tokens: Int?, at price: Int?) {
            guard let tokens, tokens > 0 else { return }
            if price == nil { isComplete = false }
            sum += Int128(tokens) * Int128(price ?? rates.input)
        }
        add(usage.uncachedInput, at: rates.input)
        add(usage.cacheRead, at: rates.cacheRead)
        add(usage.cacheWrite5m, at: rates.cacheWrite5m)
        // A model with one price for cache writes has it for all lifetimes.
        add(usage.cacheWrite1h, at: rates.cacheWrite1h ?? rates.cacheWrite5m)
        let output = usage.output ?? 0
        let reasoning = rates.reasoning == nil ? 0 : min(usage.reasoning ?? 0, output)
        add(reasoning, at: rates.reasoning)
        add(output - reasoning, at: rates.output)
        return Cost(
            nanodollars: nanodollars(sum, tier, discount, roundsUp: false),
            basis: isComplete ? .priced : .partlyPriced
        )
    }

    /// The most that a call can cost, in nano-dollars: ``cost(of:tier:discount:)`` of no usage within these bounds is more.
    ///
    /// - Parameters:
    ///   - input: The most tokens of input.
    ///   - output: The most tokens of output.
    ///   - tier: The class of service that it asks for.
    ///   - discount: What is taken off, in basis points.
    /// - Returns: Rounded up.
    package func most(input: Int, output: Int, tier: PriceTier? = nil, discount: Int = 0) -> Int64 {
        let possible = [rates] + steps.lazy.filter { input > $0.inputAbove }.map(\.rates)
        let sum = possible.map { rates in
            let dearest = [rates.cacheRead, rates.cacheWrite5m, rates.cacheWrite1h].compactMap(\.self).max()
            let words = [rates.output ?? rates.input, rates.reasoning ?? 0].max() ?? 0
            return Int128(input) * Int128(max(rates.input, dearest ?? 0)) + Int128(output) * Int128(words)
        }.max()
        return nanodollars(sum ?? 0, tier, discount, roundsUp: true)
    }

    private func nanodollars(_ sum: Int128, _ tier: PriceTier?, _ discount: Int, roundsUp: Bool) -> Int64 {
        let factor = Int128(tier.flatMap { tiers[$0] } ?? 1000) * Int128(Self.basisPoints - discount)
        // Pico-dollars, thousandths and basis points.
        let divisor: Int128 = 1000 * 1000 * Int128(Self.basisPoints)
        let (product, overflow) = sum.multipliedReportingOverflow(by: factor)
        guard !overflow else { return .max }
        return Int64(clamping: (product + (roundsUp ? divisor - 1 : divisor / 2)) / divisor)
    }
}
