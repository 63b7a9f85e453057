// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension PreparedService {
    /// Whether two calls of one conversation may be served by different destinations.
    package var hasSeveralDestinations: Bool { destinations.count + fallback.count > 1 }

    /// The destinations to try for one call, in order: one primary, then the fallbacks.
    ///
    /// The primary is the destination whose state the call carries, a fallback or one without a share included; else one by the shares of the traffic, the same
    /// for all calls of a session. Where it fails, the fallbacks are tried as for any other call. A destination that is ejected is not chosen by the shares while there
    /// is another that has one.
    /// - Parameters:
    ///   - type: The API of the call.
    ///   - random: Evenly distributed.
    ///   - affinity: What ties the call to a destination.
    /// - Returns: At least one destination.
    /// - Throws: ``GatewayError/Code/invalidRequest`` if none can serve this API, in Databricks' words.
    package func route(
        _ type: APIType,
        random: UInt64,
        _ affinity: Affinity = Affinity()
    ) throws(GatewayError) -> [PreparedDestination] {
        if destinations.count == 1, fallback.isEmpty, destinations[0].format(for: type) != nil { return destinations }
        let able = destinations.filter { $0.format(for: type) != nil }
        guard let first = able.first else {
            try checkDestinations()
            let supported = supportedAPITypes.map(\.name).joined(separator: ", ")
            throw GatewayError(
                .invalidRequest,
                "API type '\(type.name)' is not supported by '\(service.name)'. Supported API types: [\(supported)]"
            )
        }
        let ableFallback = fallback.filter { $0.format(for: type) != nil }
        for origin in affinity.origins {
            guard let holder = (able + ableFallback).first(where: { $0.origin == origin }) else { continue }
            return [holder] + ableFallback.filter { $0 !== holder }
        }
        let number = affinity.session ?? random
        var chosen = Self.draw(able, number) ?? first
        if able.count > 1, !chosen.isAvailable {
            // Only what would go there goes elsewhere: the sessions of the others stay where they are.
            chosen = Self.draw(able.filter(\.isAvailable), number) ?? chosen
        }
        return [chosen] + ableFallback
    }

    /// The destination that a number falls to by the shares; nil if none has one.
    private static func draw(_ destinations: [PreparedDestination], _ number: UInt64) -> PreparedDestination? {
        let total = destinations.reduce(0) { $0 + ($1.destination.trafficPercentage ?? 100) }
        guard total > 0 else { return nil }
        var ticket = Int(number % UInt64(total))
        for candidate in destinations {
            ticket -= candidate.destination.trafficPercentage ?? 100
            if ticket < 0 { return candidate }
        }
        return nil
    }

    /// The destination that can refer to an answer which its provider keeps; nil if this service has none.
    ///
    /// Answers belong to an account, so another model of the same provider service will do where the very model is not there any more.
    func holder(of response: StoredResponse, for type: APIType) -> PreparedDestination? {
        let candidates = (destinations + fallback).filter {
            $0.destination.service.name.description == response.provider && $0.format(for: type) == type.wireFormat
        }
        return candidates.first { $0.destination.model == response.model } ?? candidates.first
    }
}
