// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// What the configuration says of a provider service's prices.
package struct ProviderPricing: Sendable, Equatable {
    /// What is taken off list prices, in basis points.
    package var discount: Int
    /// Prices by the provider's name of the model.
    package var models: [String: PriceCard]

    package init(discount: Int = 0, models: [String: PriceCard] = [:]) {
        self.discount = discount
        self.models = models
    }

    /// What a model costs; nil where nobody says it.
    ///
    /// - Parameters:
    ///   - model: The provider's name of it.
    ///   - like: The model that it is like, where its name does not tell.
    ///   - own: What its destination says.
    ///   - provider: The `provider_type`.
    /// - Returns: The configuration's prices, otherwise list prices.
    package func price(of model: String, like: String?, own: PriceCard?, at provider: String) -> ModelPrice? {
        if let card = own ?? models[model] { return ModelPrice(card, source: .configured) }
        guard !model.isEmpty else { return nil }
        let listed = PriceList.price(of: like ?? model, at: provider, isOwnName: like == nil)
        return discount == 0 ? listed : listed?.discounted(by: discount)
    }
}
