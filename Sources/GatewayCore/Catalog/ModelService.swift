// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// A public model name and the destinations behind it.
///
/// An immutable object of the snapshot, shared by every call and usage row that concerns it.
package final class ModelService: Sendable {
    /// A destination whose service was deleted.
    package struct MissingDestination: Sendable, Equatable {
        package var service: Securable
        package var model: String
        package var trafficPercentage: Int?
        package var isFallback: Bool

        package init(service: Securable, model: String, trafficPercentage: Int?, isFallback: Bool) {
            self.service = service
            self.model = model
            self.trafficPercentage = trafficPercentage
            self.isFallback = isFallback
        }
    }

    package let name: ObjectName
    /// Where calls go; the percentages add up to 100.
    package let destinations: [Destination]
    /// Destinations to try, in this order, if the chosen one fails.
    package let fallback: [Destination]
    /// Destinations whose service is not there any more.
    package let missing: [MissingDestination]
    package let rateLimits: [RateLimit]
    package let inferenceTable: InferenceTable?
    package let timeouts: CallTimeouts
    package let retries: RetryPolicy
    /// Who made it: the configuration file's path, or `system`.
    package let createdBy: String
    /// Whether it is a provider service that a caller has named itself.
    package let isDirect: Bool

    package init(
        name: ObjectName,
        destinations: [Destination],
        fallback: [Destination] = [],
        missing: [MissingDestination] = [],
        rateLimits: [RateLimit] = [],
        inferenceTable: InferenceTable? = nil,
        timeouts: CallTimeouts = CallTimeouts(),
        retries: RetryPolicy = RetryPolicy(),
        createdBy: String,
        isDirect: Bool = false
    ) {
        self.isDirect = isDirect
        self.name = name
        self.destinations = destinations
        self.fallback = fallback
        self.missing = missing
        self.rateLimits = rateLimits
        self.inferenceTable = inferenceTable
        self.timeouts = timeouts
        self.retries = retries
        self.createdBy = createdBy
    }
}

/// One upstream model behind a model service.
package final class Destination: Sendable {
    package let service: ProviderService
    /// The vendor's name of the model; empty where a request may be about any or none.
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
    /// The model service that the definition names in place of a provider service.
    package let modelService: ObjectName?
    /// The path below the base URL that serves the model, if not the usual one of its API.
    package let endpointRoute: String?
    /// What the definition says that the model costs.
    package let ownPrice: PriceCard?
    /// What the model costs; nil where nobody says it.
    package let price: ModelPrice?

    package init(
        service: ProviderService,
        model: String,
        trafficPercentage: Int?,
        wireFormats: [WireFormat]? = nil,
        capabilities: ModelCapabilities = ModelCapabilities(),
        like: String? = nil,
        traits: UpstreamTraits = UpstreamTraits(),
        modelService: ObjectName? = nil,
        endpointRoute: String? = nil,
        ownPrice: PriceCard? = nil
    ) {
        self.endpointRoute = endpointRoute
        self.ownPrice = ownPrice
        price = service.pricing.price(of: model, like: like, own: ownPrice, at: service.provider.id)
        self.modelService = modelService
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

    /// What the definition names: the service whose `EXECUTE` the owner needs.
    package var reference: Securable { modelService.map { .modelService($0) } ?? .providerService(service.name) }

    /// This destination as that of a service that names the model service which has it.
    package func named(by service: ObjectName, trafficPercentage: Int?) -> Destination {
        Destination(
            service: self.service,
            model: model,
            trafficPercentage: trafficPercentage,
            wireFormats: wireFormats,
            capabilities: capabilities,
            like: like,
            traits: traits,
            modelService: service,
            endpointRoute: endpointRoute,
            ownPrice: ownPrice
        )
    }

    /// What the model can do behind one of the APIs that this destination speaks.
    package func capabilities(in format: WireFormat) -> ModelCapabilities {
        capabilitiesByFormat[format] ?? capabilities
    }

    /// Whether this upstream keeps the answers of the Responses API.
    package var keepsResponses: Bool { traits.keepsResponses == true && !service.isSimulated }

    /// The label that usage rows and attempts carry: provider service, slash, model; the provider service alone without a model.
    package var label: String { model.isEmpty ? service.name.description : "\(service.name)/\(model)" }

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
