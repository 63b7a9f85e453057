// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

/// The services of a snapshot, prepared for calls and found by every name that clients may use.
///
/// What grants and owners decide about a service is worked out for each snapshot; a service where that is as before, and that nobody changed, stays the same object.
struct ServiceDirectory: Sendable {
    /// What the file says, joined with the stored services.
    let configuration: Configuration
    /// Provider services that callers name themselves.
    let direct: DirectServices
    /// The model services in the order of the configuration.
    private let prepared: [PreparedService]
    private let byName: [String: PreparedService]
    /// Why owners of provider services may not use their secrets, by the service.
    private let refusedSecrets: [ObjectName: String]
    private let editions: [Edition]

    init(
        _ file: Tracked<Configuration>,
        stored: Tracked<BuiltServices>,
        metastore: Metastore,
        limiters: RateLimiters,
        circuits: CircuitBreakers,
        translator: some Translator,
        after earlier: ServiceDirectory?
    ) {
        editions = [file.edition, stored.edition]
        let same = earlier.flatMap { [editions] in $0.editions == editions ? $0 : nil }
        let configuration =
            same?.configuration
            ?? file.value.joined(with: stored.value).keeping(earlier?.configuration.providerServices ?? [])
        self.configuration = configuration
        var owners = DefinersRights(metastore)
        let refusedSecrets = owners.refusedSecrets(of: configuration.providerServices)
        self.refusedSecrets = refusedSecrets
        let problems = stored.value.problems
        if let same, same.refusedSecrets == refusedSecrets {
            direct = same.direct
        } else {
            direct = DirectServices(
                configuration.providerServices,
                refused: refusedSecrets,
                problems: problems,
                limiters: limiters
            )
        }
        var isChanged = same == nil
        prepared = configuration.modelServices.enumerated().map { index, service in
            let known = same?.prepared[index]
            var refused = owners.refused(by: service)
            for destination in service.destinations + service.fallback {
                guard let message = refusedSecrets[destination.service.name] else { continue }
                refused[destination.reference] = message
            }
            let isOpenToAll = metastore.isExecutableByAll(
                along: known?.path ?? Securable.modelService(service.name).path
            )
            if let known, known.refused == refused, known.isOpenToAll == isOpenToAll { return known }
            isChanged = true
            return PreparedService(
                service,
                refused: refused,
                problems: problems,
                isOpenToAll: isOpenToAll,
                limiters: limiters,
                circuits: circuits,
                translator: translator
            )
        }
        if same == nil {
            circuits.keep(configuration.modelServices)
            let limited = configuration.modelServices.filter { !$0.rateLimits.isEmpty }.map(\.name)
            let direct = configuration.providerServices.filter { !$0.directUse.rateLimits.isEmpty }.map(\.name)
            limiters.keep(Set(limited + direct))
        }
        byName = isChanged ? Self.index(prepared) : same?.byName ?? [:]
    }

    private static func index(_ prepared: [PreparedService]) -> [String: PreparedService] {
        var services: [String: PreparedService] = [:]
        for service in prepared { services[service.service.name.description] = service }
        // An exact name wins over an alias, so aliases come second.
        for service in prepared where service.service.name.catalog == "system" && service.service.name.schema == "ai" {
            for alias in Snapshot.aliases(of: service.service.name.name) where services[alias] == nil {
                services[alias] = service
            }
        }
        // No endpoint takes the name of a model of the system.
        for service in prepared {
            guard let flat = service.service.name.flatEndpointName, services[flat] == nil else { continue }
            services[flat] = service
        }
        return services
    }

    /// The service of exactly that name or alias.
    subscript(name: String) -> PreparedService? { byName[name] }

    /// All services by their full names, sorted.
    var sorted: [PreparedService] {
        prepared.sorted { $0.service.name.description < $1.service.name.description }
    }
}
