// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySchema

extension PriceCard {
    /// Prices of a model.
    static func section(_ title: String) -> Section<PriceCard> {
        let rates = RateFields()
        let steps = Field(
            "long_input",
            .list(of: .section(Self.step(title)), count: 0...8),
            "Other prices for all tokens of a request whose input is longer."
        )
        let tiers = PriceTier.allCases.map { tier in
            (
                tier,
                Field(
                    "\(tier.rawValue)_multiplier",
                    ValueType<Int>.multiplier,
                    .optional("`1`"),
                    "What the service tier `\(tier.rawValue)` multiplies all prices with."
                )
            )
        }
        return Section(
            title,
            "What the model costs, in dollars for a million tokens. A kind of token without a price costs what `input` does, and the row says so.",
            fields: rates.documentation + [steps.documentation] + tiers.map(\.1.documentation)
        ) { values, reading in
            let base = rates.read(values, &reading)
            let longer = values.read(steps, &reading)?.map(\.value) ?? []
            var multipliers: [PriceTier: Int] = [:]
            for (tier, field) in tiers { multipliers[tier] = values.read(field, &reading) }
            return base.map {
                PriceCard($0, steps: longer.sorted { $0.inputAbove < $1.inputAbove }, tiers: multipliers)
            }
        }
    }

    private static func step(_ title: String) -> Section<Step> {
        let rates = RateFields()
        let above = Field("above", .integer(1...1_000_000_000), .required, "Tokens of input, cached ones included.")
        return Section(
            "\(title).long_input[]",
            "Prices of a request whose input has more tokens.",
            fields: [above.documentation] + rates.documentation
        ) { values, reading in
            let base = rates.read(values, &reading)
            let most = values.read(above, &reading)
            guard let base, let most else { return nil }
            return Step(inputAbove: most, rates: base)
        }
    }
}

/// The prices of each kind of token.
private struct RateFields: Sendable {
    private let input = Field("input", ValueType<Int>.dollars, .required, "Input that no cache served or stored.")
    private let output = Field("output", ValueType<Int>.dollars, "Output.")
    private let reasoning = Field(
        "reasoning",
        ValueType<Int>.dollars,
        .optional("`output`"),
        "Reasoning, where it has a price of its own."
    )
    private let cacheRead = Field("cache_read", ValueType<Int>.dollars, "Input that a prompt cache served.")
    private let write5m = Field(
        "cache_write_5m",
        ValueType<Int>.dollars,
        "Input that was written to a prompt cache for five minutes, or for a time that is not known."
    )
    private let write1h = Field(
        "cache_write_1h",
        ValueType<Int>.dollars,
        .optional("`cache_write_5m`"),
        "Input that was written to a prompt cache for an hour."
    )

    var documentation: [FieldDocumentation] {
        [
            input.documentation, output.documentation, cacheRead.documentation, write5m.documentation,
            write1h.documentation, reasoning.documentation,
        ]
    }

    func read(_ values: SectionValues, _ reading: inout Reading) -> PriceCard.Rates? {
        let rest = PriceCard.Rates(
            input: 0,
            cacheRead: values.read(cacheRead, &reading),
            cacheWrite5m: values.read(write5m, &reading),
            cacheWrite1h: values.read(write1h, &reading),
            output: values.read(output, &reading),
            reasoning: values.read(reasoning, &reading)
        )
        return values.read(input, &reading).map { price in
            var rates = rest
            rates.input = price
            return rates
        }
    }
}

extension ValueType where Value == Int {
    /// Dollars, as millionths of one.
    static var dollars: ValueType {
        .scalar(
            "an amount of dollars from 0 to 1000000 with at most six digits after the point, such as `2.50`",
            allowsQuotes: false
        ) { text in
            DollarAmount.millionths(text).flatMap { (0...1_000_000_000_000).contains($0) ? $0 : nil }
        }
    }

    /// A factor, as thousandths.
    fileprivate static var multiplier: ValueType {
        .scalar("a number from 0 to 100 with at most three digits after the point, such as `0.5`", allowsQuotes: false)
        { text in
            guard let millionths = DollarAmount.millionths(text), millionths % 1000 == 0 else { return nil }
            return millionths <= 100_000_000 ? millionths / 1000 : nil
        }
    }
}

extension ProviderPricing {
    /// `pricing` of a provider service.
    static let section: Section<ProviderPricing> = {
        let discount = Field(
            "default_discount_basis_points",
            .integer(0...PriceCard.basisPoints),
            .optional("`0`"),
            "What is taken off list prices, in hundredths of a per cent."
        )
        let models = Field(
            "models",
            .mapping(
                from: KeyType(description: "text of 1 to 255 characters on one line") { text in
                    ValueType<String>.isPlain(text, limit: 255) ? text : nil
                },
                to: .section(PriceCard.section("provider_services.<name>.pricing.models.<model>"))
            ),
            "Prices by the provider's name of the model, in place of list prices. The discount is not taken off them."
        )
        return Section(
            "provider_services.<name>.pricing",
            "What the models of the provider cost, for `cost_nano_usd` of the usage table and for budgets.",
            fields: [discount.documentation, models.documentation]
        ) { values, reading in
            let share = values.read(discount, &reading) ?? 0
            let cards = values.read(models, &reading) ?? []
            return ProviderPricing(
                discount: share,
                models: Dictionary(
                    cards.compactMap { entry in entry.value.map { (entry.key.value, $0) } },
                    uniquingKeysWith: { first, _ in first }
                )
            )
        }
    }()
}
