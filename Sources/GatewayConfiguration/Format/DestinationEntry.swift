// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySchema

/// A destination as in the file, with its reference not resolved yet.
struct DestinationEntry: Sendable {
    var place: Place
    /// The provider service or the model service.
    var reference: Securable
    /// Where it is named.
    var referencePlace: Place
    /// Empty for a model service.
    var model: String
    var trafficPercentage: Int?
    var wireFormats: Located<[WireFormat]>?
    var traits: UpstreamTraits
    var capabilities: ModelCapabilities
    /// The model whose capabilities this one has.
    var like: String?
    var endpointRoute: String?
    var price: PriceCard?

    private static let provider = Field(
        "provider",
        ValueType.objectName,
        "The model provider service, one of `provider_services`. Required without `model_service`."
    )
    private static let modelService = Field(
        "model_service",
        ValueType.objectName,
        "A model service, in place of `provider` and `model`: its first destination."
    )
    private static let model = Field(
        "model",
        ValueType.text(),
        "The vendor's name of the model. Required with `provider`."
    )
    private static let trafficPercentage = Field(
        "traffic_percentage",
        ValueType.integer(0...100),
        .optional("`100` for a single one"),
        "The share of requests. The shares of all destinations must sum to 100."
    )
    private static func wireFormats(_ providers: [Provider]) -> Field<[WireFormat]> {
        Field(
            "native_api_types",
            ValueType.wireFormats(providers),
            .optional("the provider service's"),
            "The APIs that this model speaks, in order of preference; a subset of those of its provider service."
        )
    }

    private static let traits = Field(
        "traits",
        ValueType.section(UpstreamTraits.section("model_services.<name>.destinations[].traits")),
        .optional("the provider service's"),
        "How the upstream of this model differs from its API."
    )

    private static let endpointRoute = Field(
        "endpoint_route",
        ValueType.text("a path", limit: 1024),
        .optional("by the API"),
        "The path below `base_url` that serves this model, for servers that have one of their own."
    )

    private static let like = Field(
        "like",
        ValueType.knownModel,
        .optional("what `model` tells"),
        "A model whose capabilities this one has, by its name at the vendor or in `system.ai`: for a name that does not tell, such as an ARN of Bedrock, a deployment of Azure, or a name of one's own behind vLLM."
    )
    private static let capabilities = Field(
        "capabilities",
        ValueType.section(ModelCapabilities.section),
        .optional("those of `like`, else what the gateway knows of `model`"),
        "What the model can do, fact by fact."
    )

    private static let price = Field(
        "price",
        ValueType.section(PriceCard.section("model_services.<name>.destinations[].price")),
        .optional("the provider service's, else the list price"),
        "What the model costs."
    )

    /// `destinations[]` of a model service.
    static func primary(_ providers: [Provider]) -> Section<DestinationEntry> {
        let wireFormats = wireFormats(providers)
        return Section(
            "model_services.<name>.destinations[]",
            "One model of one provider service.",
            fields: [
                provider.documentation, model.documentation, modelService.documentation,
                trafficPercentage.documentation,
                wireFormats.documentation, endpointRoute.documentation, like.documentation, capabilities.documentation,
                traits.documentation, price.documentation,
            ]
        ) { values, reading in
            let percentage = values.read(trafficPercentage, &reading)
            guard var entry = read(values, wireFormats, &reading) else { return nil }
            if values.has(trafficPercentage), percentage == nil { return nil }
            entry.trafficPercentage = percentage
            return entry
        }
    }

    /// `fallback[]` of a model service.
    static func fallback(_ providers: [Provider]) -> Section<DestinationEntry> {
        let wireFormats = wireFormats(providers)
        return Section(
            "model_services.<name>.fallback[]",
            "One model of one provider service.",
            fields: [
                provider.documentation, model.documentation, modelService.documentation, wireFormats.documentation,
                endpointRoute.documentation, like.documentation,
                capabilities.documentation, traits.documentation, price.documentation,
            ],
            misplaced: ["traffic_percentage": "fallbacks are tried in order, and requests are not split between them"]
        ) { values, reading in
            read(values, wireFormats, &reading)
        }
    }

    private static func read(
        _ values: SectionValues,
        _ wireFormats: Field<[WireFormat]>,
        _ reading: inout Reading
    ) -> DestinationEntry? {
        let service = values.read(provider, &reading)
        let name = values.read(model, &reading)
        let formats = values.read(wireFormats, &reading)
        let ownTraits = values.read(traits, &reading)
        let ownCapabilities = values.read(capabilities, &reading)
        let similar = values.read(like, &reading)
        let route = values.read(endpointRoute, &reading)
        let ownPrice = values.read(price, &reading)
        var reference = service.map { Securable.providerService($0) }
        var referencePlace = values.place(of: provider)
        if values.has(modelService) {
            reference = values.read(modelService, &reading).map { .modelService($0) }
            referencePlace = values.place(of: modelService)
            for key in [values.has(provider) ? "provider" : nil, values.has(model) ? "model" : nil].compactMap(\.self) {
                reading.report(values.place, "\(values.place.name) must not have `\(key)` beside `model_service`.")
            }
        } else {
            for (key, isThere) in [("provider", values.has(provider)), ("model", values.has(model))] where !isThere {
                reading.report(values.place, "\(values.place.name) lacks the key `\(key)`.")
            }
        }
        guard let reference, name != nil || values.has(modelService) else { return nil }
        return DestinationEntry(
            place: values.place,
            reference: reference,
            referencePlace: referencePlace,
            model: name ?? "",
            trafficPercentage: nil,
            wireFormats: formats.map { Located(value: $0, place: values.place(of: wireFormats)) },
            traits: ownTraits ?? UpstreamTraits(),
            capabilities: ownCapabilities ?? ModelCapabilities(),
            like: similar,
            endpointRoute: route,
            price: ownPrice
        )
    }
}

extension ValueType where Value == String {
    /// The name of a model that the gateway knows.
    fileprivate static var knownModel: ValueType {
        let description = "the name of a model that the gateway knows, such as `claude-sonnet-4-5`"
        return ValueType(description) { node, place, reading in
            guard let name = ValueType.text().read(node, place, &reading) else { return nil }
            guard !ModelFamilies.knows(name) else { return name }
            let hint = reading.suggestion(for: name, in: BuiltInModels.all.map(\.shortName))
            reading.report(place, "\(place.name) must be \(description), not `\(shown: name)`.\(hint)")
            return nil
        }
    }
}
