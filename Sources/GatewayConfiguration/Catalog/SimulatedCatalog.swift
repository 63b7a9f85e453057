// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

/// The provider services of the simulator: one for each provider whose APIs it imitates.
struct SimulatedCatalog: Sendable {
    /// By the provider's id.
    private let services: [String: ProviderService]

    init(providers: [Provider], simulator: SimulatorAddress) {
        var services: [String: ProviderService] = [:]
        for id in ["openai", "anthropic", "gemini", "amazon_bedrock"] {
            guard let provider = providers.first(where: { $0.id == id }),
                let name = ObjectName("system.providers.simulator-\(id)"),
                let address = UpstreamAddress(baseURL: simulator.baseURL(for: provider))
            else { continue }
            services[id] = ProviderService(
                name: name,
                provider: provider,
                address: address,
                apiKey: simulator.apiKey,
                wireFormats: provider.wireFormats,
                // Sending a request twice does no harm there.
                resendsUnanswered: true,
                isSimulated: true
            )
        }
        self.services = services
    }

    /// In the order of their names.
    var providerServices: [ProviderService] {
        services.values.sorted { $0.name.description < $1.name.description }
    }

    /// The destination of a simulated model, which speaks its family's own APIs and nothing else, so that translation is real.
    func destination(of model: BuiltInModel) -> Destination? {
        let id: String? =
            switch model.wireFormats.first {
            case .openAIChat, .openAICompletions, .openAIResponses, .openAIEmbeddings: "openai"
            case .anthropicMessages: "anthropic"
            case .geminiGenerateContent, .geminiEmbedContent, .geminiBatchEmbedContents: "gemini"
            case .bedrockConverse, .bedrockTitanEmbeddings, .bedrockCohereEmbeddings: "amazon_bedrock"
            default: nil
            }
        guard let id, let service = services[id] else { return nil }
        return Destination(
            service: service,
            model: model.shortName,
            trafficPercentage: 100,
            wireFormats: model.wireFormats,
            capabilities: model.knownCapabilities
        )
    }
}
