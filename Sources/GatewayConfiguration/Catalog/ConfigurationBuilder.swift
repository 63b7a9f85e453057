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
    /// The model services that destinations may name.
    private var models: [ObjectName: ModelService] = [:]
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
        configuration.defaultPrice = file.defaultPrice.map { ModelPrice($0, source: .standard) }
        configuration.budgets = file.budgets
        configuration.grants = file.grants
        configuration.trustedIssuers = file.trustedIssuers
        for entry in file.secrets {
            guard let secret = entry.value else { continue }
            configuration.secrets[entry.key.value] = secret.value
            note(secret.ownership, of: .secret(entry.key.value))
        }
        for service in simulated?.providerServices ?? [] {
            services[service.name] = service
            configuration.providerServices.append(service)
        }
        for entry in file.providerServices { addProviderService(entry) }
        addSimulatedModels(except: file.modelServices.map(\.key.value))
        addModelServices(file.modelServices)
        for entry in file.catalogs { note(entry.value ?? .init(), of: .catalog(entry.key.value), always: true) }
        for entry in file.schemas { note(entry.value ?? .init(), of: .schema(entry.key.value), always: true) }
        for entry in file.groups { configuration.groups[entry.key.value] = entry.value?.groups ?? [] }
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
        let service = value.service(named: name)
        note(value.ownership, of: .providerService(name))
        services[name] = service
        configuration.providerServices.append(service)
    }

    /// Adds those first that others send calls to; what leads back to itself, or over too many services, finds nothing there.
    private mutating func addModelServices(_ entries: [MappingEntry<ObjectName, ModelServiceEntry>]) {
        var waiting = entries
        for _ in 0..<DefinitionBuilder.maximumDepth where !waiting.isEmpty {
            let names = Set(waiting.map(\.key.value))
            let isReady = waiting.map { entry in
                entry.value?.referencedServices.allSatisfy { !names.contains($0) } ?? true
            }
            for (entry, isReady) in zip(waiting, isReady) where isReady { addModelService(entry) }
            waiting = zip(waiting, isReady).filter { !$0.1 }.map(\.0)
        }
        for entry in waiting { addModelService(entry) }
    }

    private mutating func addModelService(_ entry: MappingEntry<ObjectName, ModelServiceEntry>) {
        let place = entry.key.place
        if let line = lines[entry.key.value] {
            reading.report(place, "\(place.name): the provider service on line \(line) has the same name.")
        }
        guard let value = entry.value else { return }
        note(value.ownership, of: .modelService(entry.key.value))
        add(
            ModelService(
                name: entry.key.value,
                destinations: value.destinations.compactMap { destination($0) },
                fallback: value.fallback.compactMap { destination($0) },
                rateLimits: value.rateLimits,
                inferenceTable: value.inferenceTable,
                timeouts: value.timeouts,
                retries: value.retries,
                createdBy: fileName
            )
        )
    }

    private mutating func note(
        _ ownership: Configuration.Ownership,
        of securable: Securable,
        always: Bool = false
    ) {
        guard always || ownership != Configuration.Ownership() else { return }
        configuration.ownership[securable] = ownership
    }

    /// Looks up what a destination names; reports what is missing, but not what is there and invalid.
    private mutating func destination(_ entry: DestinationEntry) -> Destination? {
        let resolver = DestinationResolver(providers: services, models: models)
        if let destination = resolver.destination(entry, &reading) { return destination }
        let place = entry.referencePlace
        let name = entry.reference.name
        guard ObjectName(name).map({ lines[$0] == nil }) ?? true else { return nil }
        let isProvider = entry.reference.kind == .providerService
        let known =
            isProvider
            ? configuration.providerServices.map(\.name.description)
            : configuration.modelServices.map(\.name.description)
        let hint = reading.suggestion(for: name, in: known)
        reading.report(
            place,
            "\(place.name): there is no \(isProvider ? "provider" : "model") service `\(shown: name)`.\(hint)"
        )
        return nil
    }

    private mutating func addSimulatedModels(except names: [ObjectName]) {
        guard let simulated else { return }
        let taken = Set(names).union(lines.keys)
        for model in BuiltInModels.all {
            guard let destination = simulated.destination(of: model),
                let service = model.service(at: destination),
                !taken.contains(service.name)
            else { continue }
            add(service)
        }
    }

    private mutating func add(_ service: ModelService) {
        configuration.modelServices.append(service)
        models[service.name] = service
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
