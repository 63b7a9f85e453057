// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

extension Configuration {
    /// This configuration with the services of a store beside its own; where both have a name, its own stay.
    package func joined(with stored: BuiltServices) -> Configuration {
        var joined = self
        // Provider services and model services share one set of names.
        let names = Set(providerServices.map(\.name) + modelServices.map(\.name))
        joined.providerServices += stored.providerServices.filter { !names.contains($0.name) }
        joined.modelServices += stored.modelServices.filter { !names.contains($0.name) }
        return joined
    }

    /// This configuration with the provider services of an earlier one wherever their settings are equal.
    ///
    /// A provider service's identity is what upstream connections and OAuth tokens hang on, so that a change elsewhere closes none and fetches none again.
    package func keeping(_ earlier: [ProviderService]) -> Configuration {
        let byName = Dictionary(earlier.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        func kept(_ service: ProviderService) -> ProviderService {
            guard let old = byName[service.name], old.hasSettings(of: service) else { return service }
            return old
        }
        var configuration = self
        configuration.providerServices = providerServices.map(kept)
        configuration.modelServices = modelServices.map { service in
            let all = service.destinations + service.fallback
            guard all.contains(where: { kept($0.service) !== $0.service }) else { return service }
            return ModelService(
                name: service.name,
                destinations: service.destinations.map { $0.served(by: kept($0.service)) },
                fallback: service.fallback.map { $0.served(by: kept($0.service)) },
                missing: service.missing,
                rateLimits: service.rateLimits,
                inferenceTable: service.inferenceTable,
                timeouts: service.timeouts,
                retries: service.retries,
                createdBy: service.createdBy
            )
        }
        return configuration
    }
}

extension Destination {
    /// This destination at another provider service of equal settings.
    fileprivate func served(by service: ProviderService) -> Destination {
        guard service !== self.service else { return self }
        return Destination(
            service: service,
            model: model,
            trafficPercentage: trafficPercentage,
            wireFormats: wireFormats,
            capabilities: capabilities,
            like: like,
            traits: traits,
            modelService: modelService,
            endpointRoute: endpointRoute,
            ownPrice: ownPrice
        )
    }
}

extension ProviderService {
    /// Whether another service could take this one's place: every setting is the same.
    ///
    /// A provider is known by its id, and what authorises requests follows from the settings.
    package func hasSettings(of other: ProviderService) -> Bool {
        name == other.name && provider.id == other.provider.id && address == other.address && apiKey == other.apiKey
            && settings == other.settings && secretReferences == other.secretReferences
            && (authorizer == nil) == (other.authorizer == nil) && traits == other.traits
            && headerPolicy == other.headerPolicy && allowedReferences == other.allowedReferences
            && wireFormats == other.wireFormats && headers.elementsEqual(other.headers, by: ==)
            && timeouts == other.timeouts && circuit == other.circuit && route == other.route
            && maximumConnections == other.maximumConnections
            && provider.credential == other.provider.credential && directUse == other.directUse
            && relaysCredentials == other.relaysCredentials && pricing == other.pricing
            && resendsUnanswered == other.resendsUnanswered && isSimulated == other.isSimulated
    }
}
