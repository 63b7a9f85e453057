// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySchema

/// Joins the sections of a file into a configuration: resolves references between them, and checks what none of them can check alone.
struct ConfigurationBuilder {
    /// The name of the file, recorded as the creator of its objects.
    private let fileName: String
    private let simulated: SimulatedCatalog?
    private var reading: Reading
    private var configuration = Configuration()
    /// The provider services that destinations may name.
    private var services: [ObjectName: ProviderService] = [:]
    /// Every name of the file, valid or not, with its line.
    private var lines: [ObjectName: Int] = [:]
    private var principals: Set<String> = []

    private init(fileName: String, simulated: SimulatedCatalog?, reading: Reading) {
        self.fileName = fileName
        self.simulated = simulated
        self.reading = reading
    }

    /// Builds the configuration of a file.
    ///
    /// Problems are added to those of the reading; the configuration holds only if there are none.
    static func build(
        _ file: ConfigurationFile,
        named fileName: String,
        simulated: SimulatedCatalog?,
        reading: inout Reading
    ) -> Configuration {
        var builder = ConfigurationBuilder(
            fileName: fileName,
            simulated: file.usesSimulator ? simulated : nil,
            reading: reading
        )
        builder.add(file)
        reading = builder.reading
        return builder.configuration
    }

    private mutating func add(_ file: ConfigurationFile) {
        configuration.file = fileName
        configuration.workspaceID = file.workspaceID ?? configuration.workspaceID
        configuration.server = file.server
        configuration.usage = file.usage
        configuration.defaultMaximumOutput = file.defaultMaximumOutput ?? configuration.defaultMaximumOutput
        configuration.grants = file.grants
        for service in simulated?.providerServices ?? [] {
            services[service.name] = service
            configuration.providerServices.append(service)
        }
        for entry in file.providerServices { addProviderService(entry) }
        for entry in file.modelServices { addModelService(entry) }
        addSimulatedModels()
        addPrincipals(file.users, kind: .user)
        addPrincipals(file.servicePrincipals, kind: .servicePrincipal)
    }

    private mutating func addProviderService(_ entry: MappingEntry<ObjectName, ProviderServiceEntry>) {
        let name = entry.key.value
        lines[name] = entry.key.place.line
        if services[name]?.isSimulated == true {
            reading.report(
                entry.key.place,
                "\(entry.key.place.name): with `simulator: true` this name belongs to the simulator."
            )
        }
        guard let value = entry.value else { return }
        let service = ProviderService(
            name: name,
            provider: value.provider,
            address: value.address,
            apiKey: value.apiKey,
            settings: value.settings,
            authorizer: value.authorizer,
            traits: value.traits,
            headerPolicy: value.headerPolicy,
            allowedReferences: value.allowedReferences,
            wireFormats: value.wireFormats,
            headers: value.headers,
            timeouts: value.timeouts,
            route: value.route,
            maximumConnections: value.maximumConnections,
            resendsUnanswered: value.resendsUnanswered
        )
        services[name] = service
        configuration.providerServices.append(service)
    }

    private mutating func addModelService(_ entry: MappingEntry<ObjectName, ModelServiceEntry>) {
        let place = entry.key.place
        if let line = lines[entry.key.value] {
            reading.report(place, "\(place.name): the provider service on line \(line) has the same name.")
        }
        guard let value = entry.value else { return }
        configuration.modelServices.append(
            ModelService(
                name: entry.key.value,
                destinations: value.destinations.compactMap { destination($0) },
                fallback: value.fallback.compactMap { destination($0) },
                rateLimits: value.rateLimits,
                inferenceTable: value.inferenceTable,
                createdBy: fileName
            )
        )
    }

    /// Looks up the provider service; reports a missing one, but not one that is there and invalid.
    private mutating func destination(_ entry: DestinationEntry) -> Destination? {
        let name = entry.provider.value
        guard let service = services[name] else {
            if lines[name] == nil {
                let services = configuration.providerServices
                let hint = reading.suggestion(for: name.description, in: services.map(\.name.description))
                let place = entry.provider.place
                reading.report(
                    place,
                    "\(place.name): there is no provider service `\(shown: name.description)`.\(hint)"
                )
            }
            return nil
        }
        let known = BuiltInModel.known(entry.model, at: service)
        let similar = entry.like.map { BuiltInModels.model(like: $0) } ?? known
        return Destination(
            service: service,
            model: entry.model,
            trafficPercentage: entry.trafficPercentage,
            wireFormats: wireFormats(of: entry, at: service, known: known),
            capabilities: entry.capabilities.over(similar?.knownCapabilities ?? ModelCapabilities()),
            like: entry.like,
            traits: entry.traits
        )
    }

    /// The APIs of a destination: those in the file, otherwise those of the model in the catalogue or at the provider, otherwise those of its service.
    private mutating func wireFormats(
        of entry: DestinationEntry,
        at service: ProviderService,
        known: BuiltInModel?
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

    private mutating func addSimulatedModels() {
        guard let simulated else { return }
        let taken = Set(configuration.modelServices.map(\.name)).union(lines.keys)
        for model in BuiltInModels.all {
            guard let destination = simulated.destination(of: model),
                let service = model.service(at: destination),
                !taken.contains(service.name)
            else { continue }
            configuration.modelServices.append(service)
        }
    }

    private mutating func addPrincipals(_ entries: [MappingEntry<String, PrincipalEntry>], kind: Caller.Kind) {
        for entry in entries {
            let name = entry.key.value
            if !principals.insert(name).inserted {
                let place = entry.key.place
                reading.report(place, "\(place.name): a user has the same name.")
            }
            guard let value = entry.value else { continue }
            configuration.principals.append(
                Configuration.Principal(
                    name: name,
                    kind: kind,
                    groups: value.groups,
                    isAdministrator: value.isAdministrator
                )
            )
        }
    }
}
