// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySchema

/// Makes services of definitions, beside those of the configuration file.
struct DefinitionBuilder {
    private(set) var built = BuiltServices()
    /// The provider services that destinations may name.
    private var providers: [ObjectName: ProviderService]
    /// The model services that destinations may name: those of the file.
    private var models: [ObjectName: ModelService]
    private var waiting: [(name: ObjectName, entry: ModelServiceEntry, createdBy: String)] = []

    /// How many services may stand behind one another.
    static let maximumDepth = 5

    init(_ file: Configuration) {
        providers = Dictionary(file.providerServices.map { ($0.name, $0) }) { first, _ in first }
        models = Dictionary(file.modelServices.map { ($0.name, $0) }) { first, _ in first }
    }

    mutating func add(_ name: ObjectName, _ entry: ProviderServiceEntry) {
        let service = entry.service(named: name)
        built.providerServices.append(service)
        if providers[name] == nil { providers[name] = service }
    }

    mutating func add(_ name: ObjectName, _ entry: ModelServiceEntry, createdBy: String) {
        waiting.append((name, entry, createdBy))
    }

    /// Notes that a service cannot be made.
    mutating func add(_ name: ObjectName, problem: String?) {
        built.problems[name] = problem
    }

    /// Makes the model services, once all provider services are there; those that others stand behind come first.
    mutating func finish(reading: Reading) {
        var names = Set(waiting.map(\.name))
        for _ in 0..<Self.maximumDepth where !waiting.isEmpty {
            let ready = waiting.filter { service in
                service.entry.referencedServices.allSatisfy { models[$0] != nil || !names.contains($0) }
            }
            waiting.removeAll { service in ready.contains { $0.name == service.name } }
            for (name, entry, createdBy) in ready {
                var reading = reading
                let service = make(name, entry, createdBy: createdBy, &reading)
                names.remove(name)
                if let problem = reading.problems.first {
                    built.problems[name] = problem.message
                    continue
                }
                built.modelServices.append(service)
                if models[name] == nil { models[name] = service }
            }
        }
        for (name, _, _) in waiting {
            built.problems[name] = "Its destinations lead back to itself, or over too many services."
        }
    }

    private func make(
        _ name: ObjectName,
        _ entry: ModelServiceEntry,
        createdBy: String,
        _ reading: inout Reading
    ) -> ModelService {
        var missing: [ModelService.MissingDestination] = []
        let resolver = DestinationResolver(providers: providers, models: models)
        func resolve(_ entries: [DestinationEntry], isFallback: Bool) -> [Destination] {
            entries.compactMap { entry in
                if let destination = resolver.destination(entry, &reading) { return destination }
                missing.append(
                    ModelService.MissingDestination(
                        service: entry.reference,
                        model: entry.model,
                        trafficPercentage: entry.trafficPercentage,
                        isFallback: isFallback
                    )
                )
                return nil
            }
        }
        let destinations = resolve(entry.destinations, isFallback: false)
        let fallback = resolve(entry.fallback, isFallback: true)
        return ModelService(
            name: name,
            destinations: destinations,
            fallback: fallback,
            missing: missing,
            rateLimits: entry.rateLimits,
            inferenceTable: entry.inferenceTable,
            timeouts: entry.timeouts,
            retries: entry.retries,
            createdBy: createdBy
        )
    }
}
