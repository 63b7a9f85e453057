// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

/// A model service with everything that can be worked out before a call comes: which wire format serves which API, header lines, paths.
///
/// An immutable object of the snapshot.
package final class PreparedService: Sendable {
    package let service: ModelService
    package let destinations: [PreparedDestination]
    package let fallback: [PreparedDestination]
    /// What its owner may not execute, with what to tell callers.
    let refused: [Securable: String]
    /// Where its grants are looked up.
    let path: [Securable]
    /// Whether everybody may call it, so that no grant has to be looked up.
    let isOpenToAll: Bool
    private let apiTypes: [APIType]
    /// nil where there are none.
    let limits: ServiceLimits?

    /// Why there are fewer destinations than the service has; nil if there are not.
    private let lack: GatewayError?

    /// Prepares a service.
    ///
    /// - Parameters:
    ///   - service: The service.
    ///   - refused: The destinations that its owner may not use, with what to tell callers.
    ///   - problems: Why services of the store cannot be used.
    ///   - isOpenToAll: Whether everybody may call it.
    ///   - limiters: What was used of services with rate limits.
    ///   - circuits: The breakers of destinations; none for a service with a single destination that callers name.
    ///   - translator: Knows which format can serve which API.
    init(
        _ service: ModelService,
        refused: [Securable: String] = [:],
        problems: [ObjectName: String] = [:],
        isOpenToAll: Bool,
        limiters: RateLimiters,
        circuits: CircuitBreakers? = nil,
        translator: some Translator
    ) {
        self.service = service
        limits = ServiceLimits(service, limiters)
        self.refused = refused
        self.isOpenToAll = isOpenToAll
        path = Securable.modelService(service.name).path
        if let message = refused.values.min() {
            lack = GatewayError(.forbidden, message)
        } else if let name = service.missing.lazy.compactMap({ ObjectName($0.service.name) }).first(where: {
            problems[$0] != nil
        }) {
            lack = .unusable(name)
        } else if let missing = service.missing.first {
            lack = GatewayError(
                .modelNotFound,
                "The destination \(missing.service.sqlName) of '\(service.name)' does not exist any longer."
            )
        } else {
            lack = nil
        }
        apiTypes = translator.apiTypes
        let isDirect = service.isDirect
        destinations = service.destinations.filter { refused[$0.reference] == nil }.map {
            PreparedDestination(
                $0,
                isDirect: isDirect,
                circuit: circuits?.breaker(of: $0),
                timeouts: service.timeouts,
                translator: translator
            )
        }
        fallback = service.fallback.filter { refused[$0.reference] == nil }.map {
            PreparedDestination(
                $0,
                circuit: circuits?.breaker(of: $0),
                timeouts: service.timeouts,
                translator: translator
            )
        }
    }

    /// Checks that there is a destination.
    ///
    /// - Throws: Why there is none.
    func checkDestinations() throws(GatewayError) {
        if destinations.isEmpty, let lack { throw lack }
    }

    /// The APIs that this service answers, without those that come with them.
    package var supportedAPITypes: [APIType] {
        apiTypes.filter { type in
            type.operation.isListed && destinations.contains { $0.format(for: type) != nil }
        }
    }
}
