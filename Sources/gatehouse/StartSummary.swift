// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

/// What a gateway says when it starts: what it serves, from where, and what to do next.
struct StartSummary {
    let lines: [String]

    init(_ settings: ServerProcess.Settings, _ configuration: Configuration, address: String) {
        let file = settings.configurationFile
        var lines = ["Configuration: \(file ?? "built in (--config FILE replaces it)")"]
        lines.append("Models: \(Self.models(of: configuration))")
        lines.append("Data directory: \(settings.storage.place)")
        let proxies = Set(configuration.providerServices.compactMap(\.route.proxy).map(\.description))
        if !proxies.isEmpty { lines.append("Proxies: \(proxies.sorted().joined(separator: ", "))") }
        if let service = configuration.modelServices.first(where: Self.answersChats) {
            let token = settings.isInsecure ? "" : #" -H "Authorization: Bearer $TOKEN""#
            lines.append(
                #"Try it: curl \#(address)/v1/chat/completions\#(token) -H "Content-Type: application/json" -d '{"model": "\#(service.name)", "messages": [{"role": "user", "content": "Hello!"}]}'"#
            )
        } else {
            lines.append("Next: add a model service to the configuration; `gatehouse models` lists what there is.")
        }
        self.lines = lines
    }

    private static func answersChats(_ service: ModelService) -> Bool {
        service.destinations.contains { $0.wireFormats.contains { !$0.isEmbeddings } }
    }

    /// Counts the services that the simulator answers and those of each provider.
    private static func models(of configuration: Configuration) -> String {
        var simulated = 0
        var real: [(provider: String, count: Int)] = []
        for service in configuration.modelServices {
            let destinations = service.destinations + service.fallback
            guard let first = destinations.first(where: { !$0.service.isSimulated }) else {
                simulated += 1
                continue
            }
            let provider = first.service.provider.id
            if let index = real.firstIndex(where: { $0.provider == provider }) {
                real[index].count += 1
            } else {
                real.append((provider, 1))
            }
        }
        guard simulated > 0 || !real.isEmpty else { return "none" }
        var parts = real.map { "\($0.count) answered by \($0.provider)" }
        if simulated > 0 { parts.append("\(simulated) answered by the built-in simulator") }
        return parts.joined(separator: ", ")
    }
}
