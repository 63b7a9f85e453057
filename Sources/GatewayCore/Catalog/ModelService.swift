// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// A public model name and the destinations behind it.
///
/// An immutable object of the snapshot, shared by every call and usage row that concerns it.
package final class ModelService: Sendable {
    package let name: ObjectName
    /// Where calls go; the percentages add up to 100.
    package let destinations: [Destination]
    /// Destinations to try, in this order, if the chosen one fails.
    package let fallback: [Destination]
    package let rateLimits: [RateLimit]
    package let inferenceTable: InferenceTable?
    /// Who made it: the configuration file's path, or `system`.
    package let createdBy: String

    package init(
        name: ObjectName,
        destinations: [Destination],
        fallback: [Destination] = [],
        rateLimits: [RateLimit] = [],
        inferenceTable: InferenceTable? = nil,
        createdBy: String
    ) {
        self.name = name
        self.destinations = destinations
        self.fallback = fallback
        self.rateLimits = rateLimits
        self.inferenceTable = inferenceTable
        self.createdBy = createdBy
    }
}

/// One upstream model behind a model service.
package final class Destination: Sendable {
    package let service: ProviderService
    /// The vendor's name of the model.
    package let model: String
    /// Share of the calls, 0 to 100; nil for a fallback.
    package let trafficPercentage: Int?
    /// What this destination speaks, its first choice first.
    package let wireFormats: [WireFormat]
    /// What the configuration and the catalogue say of the model, whatever API it is behind.
    package let capabilities: ModelCapabilities
    /// The model whose capabilities this one has, where its own name does not tell.
    package let like: String?
    /// Worked out once, since reading names takes time.
    private let capabilitiesByFormat: [WireFormat: ModelCapabilities]
    /// The provider service's traits, overridden by the destination's own.
    package let traits: UpstreamTraits

    package init(
        service: ProviderService,
        model: String,
        trafficPercentage: Int?,
        wireFormats: [WireFormat]? = nil,
        capabilities: ModelCapabilities = ModelCapabilities(),
        like: String? = nil,
        traits: UpstreamTraits = UpstreamTraits()
    ) {
        self.service = service
        self.model = model
        self.trafficPercentage = trafficPercentage
        self.wireFormats = wireFormats ?? service.wireFormats
        self.capabilities = capabilities
        self.like = like
        let merged = traits.over(service.traits)
        self.traits = merged
        let pairs = self.wireFormats.map { format in
            let known =
                like.map { ModelFamilies.capabilities(of: $0, in: format) }
                ?? ModelFamilies.capabilities(of: model, in: format, at: merged)
            return (format, capabilities.over(known))
        }
        capabilitiesByFormat = Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }

    package var limits: ModelLimits { capabilities.limits }

    /// What the model can do behind one of the APIs that this destination speaks.
    package func capabilities(in format: WireFormat) -> ModelCapabilities {
        capabilitiesByFormat[format] ?? capabilities
    }

    /// Whether this upstream keeps the answers of the Responses API.
    package var keepsResponses: Bool { traits.keepsResponses == true && !service.isSimulated }

    /// The label that usage rows and attempts carry: provider service, slash, model.
    package var label: String { "\(service.name)/\(model)" }

    /// `destination_type` of the usage table.
    package var destinationType: String {
        service.isSimulated ? "PAY_PER_TOKEN_FOUNDATION_MODEL" : "EXTERNAL_FOUNDATION_MODEL"
    }
}

/// What is known of a model's bounds; nil where it is not known.
package struct ModelLimits: Sendable, Hashable {
    /// Tokens of input and output together.
    package var context: Int?
    /// Tokens of output.
    package var maximumOutput: Int?

    package init(context: Int? = nil, maximumOutput: Int? = nil) {
        self.context = context
        self.maximumOutput = maximumOutput
    }

    /// These bounds, with what they do not say taken from others.
    package func over(_ others: ModelLimits) -> ModelLimits {
        ModelLimits(context: context ?? others.context, maximumOutput: maximumOutput ?? others.maximumOutput)
    }
}
