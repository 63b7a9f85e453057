// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore

/// The upstream connections of one event loop.
///
/// Only its event loop touches it.
final class UpstreamPool {
    let eventLoop: any EventLoop
    private let tls: UpstreamTLS
    private let resolver: NameResolver
    private(set) var tick = 0
    /// Keyed by the identity of the provider service, which the value keeps alive.
    private var destinations: [ObjectIdentifier: DestinationPool] = [:]

    init(eventLoop: any EventLoop, tls: UpstreamTLS, resolver: NameResolver) {
        self.eventLoop = eventLoop
        self.tls = tls
        self.resolver = resolver
    }

    func destination(_ service: ProviderService) -> DestinationPool {
        if let pool = destinations[ObjectIdentifier(service)] { return pool }
        let pool = DestinationPool(service: service, owner: self, tls: tls, resolver: resolver)
        destinations[ObjectIdentifier(service)] = pool
        return pool
    }

    func sweep(_ tick: Int) {
        self.tick = tick
        for (key, pool) in destinations {
            pool.sweep(tick)
            // A changed provider service is a new object; what the old one left goes once it has been idle.
            if pool.isForgotten(at: tick) { destinations[key] = nil }
        }
    }

    func close() {
        for pool in destinations.values { pool.close() }
    }

    var connectionCount: Int { destinations.values.reduce(0) { $0 + $1.connectionCount } }
}

/// The task's handle on the pool of its event loop.
struct LoopUpstreamClient: UpstreamClient {
    private let pool: NIOLoopBound<UpstreamPool>

    init(_ pool: UpstreamPool) {
        self.pool = NIOLoopBound(pool, eventLoop: pool.eventLoop)
    }

    func send(_ request: UpstreamRequest) async throws(GatewayError) -> any UpstreamExchange {
        let destination = pool.value.destination(request.service)
        var mustBeNew = false
        while true {
            let time = try request.timeToConnect()
            let connection = try await destination.connection(mustBeNew: mustBeNew, within: time)
            let answer = connection.begin(request)
            do throws(GatewayError) {
                try await answer.awaitHead()
                return UpstreamAnswerHandle(answer, eventLoop: connection.eventLoop)
            } catch {
                guard answer.mayBeSentAgain, !mustBeNew else { throw error }
                mustBeNew = true
            }
        }
    }
}

extension UpstreamRequest {
    /// How long to wait for a connection.
    fileprivate func timeToConnect() throws(GatewayError) -> Duration {
        guard let deadline else { return timeouts.connect }
        let left = deadline - .now()
        guard left > .zero else {
            var error = GatewayError(.upstreamTimeout, "No time was left to ask the provider '\(service.name)'.")
            error.isUnsent = true
            throw error
        }
        return min(timeouts.connect, .nanoseconds(left.nanoseconds))
    }
}
