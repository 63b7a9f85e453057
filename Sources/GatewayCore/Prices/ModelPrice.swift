// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// What a model costs at a provider, and where that is from.
///
/// An immutable object that a destination and its usage rows share.
package final class ModelPrice: Sendable, Equatable {
    /// Where prices are from.
    package enum Source: Sendable, Equatable {
        /// The configuration.
        case configured
        /// The gateway's list, of the vendor that serves the model.
        case list
        /// The gateway's list, of a vendor that another provider or a deployment stands for.
        case similar
        /// What the configuration says of models without a price.
        case standard
    }

    /// What it costs from a time on.
    package struct Change: Sendable, Equatable {
        /// Microseconds since 1970 UTC.
        package var time: Int64
        package var card: PriceCard

        package init(time: Int64, card: PriceCard) {
            self.time = time
            self.card = card
        }
    }

    package let card: PriceCard
    /// Later cards, in the order of their times.
    package let changes: [Change]
    package let source: Source
    /// What is taken off each price, in basis points.
    package let discount: Int

    package init(_ card: PriceCard, changes: [Change] = [], source: Source, discount: Int = 0) {
        self.card = card
        self.changes = changes
        self.source = source
        self.discount = discount
    }

    /// `price_version` of the usage table.
    package var version: String {
        switch source {
        case .configured, .standard: "configuration"
        case .list, .similar: PriceList.version
        }
    }

    /// The cost of a call.
    ///
    /// - Parameters:
    ///   - usage: Its tokens.
    ///   - tier: The class of service.
    ///   - time: When it was received, in microseconds since 1970 UTC.
    /// - Returns: By the prices of that time.
    package func cost(of usage: TokenUsage, tier: PriceTier?, at time: Int64) -> Cost {
        var cost = card(at: time).cost(of: usage, tier: tier, discount: discount)
        if source == .similar || source == .standard { cost.basis = .estimated }
        return cost
    }

    /// The most that a call within these bounds can cost, in nano-dollars.
    package func most(input: Int, output: Int, tier: PriceTier?, at time: Int64) -> Int64 {
        card(at: time).most(input: input, output: output, tier: tier, discount: discount)
    }

    /// The same prices with something taken off.
    package func discounted(by discount: Int) -> ModelPrice {
        ModelPrice(card, changes: changes, source: source, discount: discount)
    }

    private func card(at time: Int64) -> PriceCard { changes.last { $0.time <= time }?.card ?? card }

    package static func == (one: ModelPrice, other: ModelPrice) -> Bool {
        one.card == other.card && one.changes == other.changes && one.source == other.source
            && one.discount == other.discount
    }
}
