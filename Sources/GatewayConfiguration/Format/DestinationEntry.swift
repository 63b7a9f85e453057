// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

/// A destination as in the file, with its reference not resolved yet.
struct DestinationEntry: Sendable {
    var place: Place
    var provider: Located<ObjectName>
    var model: String
    var trafficPercentage: Int?
    var wireFormats: Located<[WireFormat]>?
    var traits: UpstreamTraits

    private static let provider = Field(
        "provider",
        ValueType.objectName,
        .required,
        "The model provider service, one of `provider_services`."
    )
    private static let model = Field(
        "model",
        ValueType.text(),
        .required,
        "The vendor's name of the model."
    )
    private static let trafficPercentage = Field(
        "traffic_percentage",
        ValueType.integer(0...100),
        .optional("`100` for a single one"),
        "The share of requests. The shares of all destinations must sum to 100."
    )
    private static let wireFormats = Field(
        "native_api_types",
        ValueType.wireFormats,
        .optional("the provider service's"),
        "The APIs that this model speaks, in order of preference; a subset of those of its provider service."
    )

    private static let traits = Field(
        "traits",
        ValueType.section(UpstreamTraits.section("model_services.<name>.destinations[].traits")),
        .optional("the provider service's"),
        "How the upstream of this model differs from its API."
    )

    /// `destinations[]` of a model service.
    static let primary = Section<DestinationEntry>(
        "model_services.<name>.destinations[]",
        "One model of one provider service.",
        fields: [
            provider.documentation, model.documentation, trafficPercentage.documentation, wireFormats.documentation,
            traits.documentation,
        ]
    ) { values, reading in
        let percentage = values.read(trafficPercentage, &reading)
        guard var entry = read(values, &reading) else { return nil }
        if values.has(trafficPercentage), percentage == nil { return nil }
        entry.trafficPercentage = percentage
        return entry
    }

    /// `fallback[]` of a model service.
    static let fallback = Section<DestinationEntry>(
        "model_services.<name>.fallback[]",
        "One model of one provider service.",
        fields: [provider.documentation, model.documentation, wireFormats.documentation, traits.documentation],
        misplaced: ["traffic_percentage": "fallbacks are tried in order, and requests are not split between them"],
        build: read
    )

    @Sendable
    private static func read(_ values: SectionValues, _ reading: inout Reading) -> DestinationEntry? {
        let service = values.read(provider, &reading)
        let name = values.read(model, &reading)
        let formats = values.read(wireFormats, &reading)
        let ownTraits = values.read(traits, &reading)
        guard let service, let name else { return nil }
        return DestinationEntry(
            place: values.place,
            provider: Located(value: service, place: values.place(of: provider)),
            model: name,
            trafficPercentage: nil,
            wireFormats: formats.map { Located(value: $0, place: values.place(of: wireFormats)) },
            traits: ownTraits ?? UpstreamTraits()
        )
    }
}
