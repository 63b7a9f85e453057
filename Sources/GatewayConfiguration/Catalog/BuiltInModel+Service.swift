// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

extension BuiltInModel {
    /// The service of the catalogue that serves the model from one destination.
    func service(at destination: Destination) -> ModelService? {
        ObjectName(fullName).map { ModelService(name: $0, destinations: [destination], createdBy: "system") }
    }

    /// The destination of the model at its vendor; nil if the vendor does not serve it through an API that the service speaks.
    func destination(at service: ProviderService) -> Destination? {
        guard family.vendor == service.provider.id, let vendorName else { return nil }
        let spoken = wireFormats.filter(service.wireFormats.contains)
        guard !spoken.isEmpty else { return nil }
        return Destination(
            service: service,
            model: vendorName,
            trafficPercentage: 100,
            wireFormats: spoken,
            capabilities: knownCapabilities
        )
    }

    /// The catalogue's entry for a model that a provider service serves under that name.
    static func known(_ name: String, at service: ProviderService) -> BuiltInModel? {
        service.isSimulated
            ? BuiltInModels.model(named: name)
            : BuiltInModels.model(ofVendor: service.provider.id, named: name)
    }
}
