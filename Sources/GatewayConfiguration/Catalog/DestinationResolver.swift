// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySchema

/// Finds what a destination names, and works out what it speaks and can do.
struct DestinationResolver {
    /// The provider services that destinations may name.
    var providers: [ObjectName: ProviderService]
    /// The model services that destinations may name.
    var models: [ObjectName: ModelService]

    /// The destination; nil if what it names is not there.
    func destination(_ entry: DestinationEntry, _ reading: inout Reading) -> Destination? {
        switch entry.reference {
        case .modelService(let name):
            // Whoever names a service gets its first destination; its split and its fallbacks are for its own callers.
            return models[name]?.destinations.first?.named(by: name, trafficPercentage: entry.trafficPercentage)
        case .providerService(let name):
            return providers[name].map { destination(entry, at: $0, &reading) }
        default: return nil
        }
    }

    private func destination(
        _ entry: DestinationEntry,
        at service: ProviderService,
        _ reading: inout Reading
    ) -> Destination {
        let known = BuiltInModel.known(entry.model, at: service)
        let similar = entry.like.map { BuiltInModels.model(like: $0) } ?? known
        return Destination(
            service: service,
            model: entry.model,
            trafficPercentage: entry.trafficPercentage,
            wireFormats: wireFormats(of: entry, at: service, known: known, &reading),
            capabilities: entry.capabilities.over(similar?.knownCapabilities ?? ModelCapabilities()),
            like: entry.like,
            traits: entry.traits,
            endpointRoute: entry.endpointRoute,
            ownPrice: entry.price
        )
    }

    /// The APIs of a destination: its own, otherwise those of the model in the catalogue or at the provider, otherwise those of its service.
    private func wireFormats(
        of entry: DestinationEntry,
        at service: ProviderService,
        known: BuiltInModel?,
        _ reading: inout Reading
    ) -> [WireFormat] {
        if let formats = entry.wireFormats {
            for format in formats.value where !service.wireFormats.contains(format) {
                let place = formats.place
                reading.report(place, "\(place.name): `\(service.name)` does not speak `\(format.apiTypeName)`.")
            }
            return formats.value
        }
        let formats = known?.wireFormats ?? service.provider.modelFormats(entry.like ?? entry.model)
        let narrowed = service.wireFormats.filter { formats?.contains($0) ?? true }
        return narrowed.isEmpty ? service.wireFormats : narrowed
    }
}
