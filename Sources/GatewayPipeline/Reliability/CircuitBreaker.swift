// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import NIOCore
import Synchronization

/// The circuit breaker of one destination over all event loops; the same one in every snapshot.
///
/// While the destination is well, a request costs one load when it begins and one when it ends.
package final class CircuitBreaker: Sendable {
    /// What an attempt changed.
    enum Change {
        /// Ejected, for so many nanoseconds.
        case ejected(for: Int64)
        case takenBack
    }

    /// Whose failures it counts; one with other settings has a breaker of its own.
    let service: ProviderService
    private let state: Mutex<CircuitState>
    /// How often it was ejected, above a bit that says whether the state has more to tell.
    private let summary = Atomic<Int>(0)

    init(_ service: ProviderService) {
        self.service = service
        state = Mutex(CircuitState(service.circuit))
    }

    /// Whether a request should go there now.
    var isAvailable: Bool {
        guard summary.load(ordering: .relaxed) & 1 != 0 else { return true }
        let now = NIODeadline.now()
        return state.withLock { $0.isAvailable(at: now.clock) }
    }

    /// When it is available again, on the clock of ``NIODeadline``.
    var availableAt: Int64 { state.withLock { $0.availableAt } }

    /// Notes that a request goes there, whether it is available or not.
    func begin(at now: NIODeadline) -> CircuitTicket {
        let known = summary.load(ordering: .relaxed)
        guard known & 1 != 0 else { return CircuitTicket(ejections: known >> 1) }
        return change { $0.begin(at: now.clock) }
    }

    /// Takes what became of a request.
    ///
    /// - Returns: What that changed; nil for nothing that an operator wants to know.
    @discardableResult
    func note(_ outcome: CircuitOutcome, of ticket: CircuitTicket) -> Change? {
        if outcome == .none, !ticket.isProbe { return nil }
        if outcome == .success, summary.load(ordering: .relaxed) & 1 == 0 { return nil }
        let now = NIODeadline.now().clock
        return change { state in
            let before = (phase: state.phase, ejections: state.ejections)
            state.note(outcome, of: ticket, at: now)
            if state.ejections != before.ejections { return .ejected(for: state.availableAt - now) }
            return before.phase != .closed && state.phase == .closed ? .takenBack : nil
        }
    }

    private func change<Value>(_ body: (inout CircuitState) -> sending Value) -> sending Value {
        state.withLock { state in
            let value = body(&state)
            summary.store(state.ejections << 1 | (state.isQuiet ? 0 : 1), ordering: .relaxed)
            return value
        }
    }

    /// What it is now, for metrics: half-open also while it waits for the request that finds out.
    var reading: (phase: CircuitState.Phase, ejections: Int) {
        let now = NIODeadline.now().clock
        return state.withLock { state in
            (state.phase == .open && state.isAvailable(at: now) ? .halfOpen : state.phase, state.ejections)
        }
    }
}

/// The circuit breakers of all destinations, found by name when a snapshot is made and never on the path of a request.
///
/// A breaker stays while its provider service does: what it knows outlives changes elsewhere.
package final class CircuitBreakers: Sendable {
    /// What the breaker of one destination shows.
    package struct Reading: Sendable, Equatable {
        package let destination: String
        package let phase: CircuitState.Phase
        package let ejections: Int
    }

    private struct Key: Hashable {
        let service: ObjectName
        let model: String
    }

    private let breakers = Mutex<[Key: CircuitBreaker]>([:])

    package init() {}

    /// The breaker of a destination, the same one each time; nil where it is never ejected.
    func breaker(of destination: Destination) -> CircuitBreaker? {
        let service = destination.service
        guard service.circuit.failures > 0 else { return nil }
        let key = Key(service: service.name, model: destination.model)
        return breakers.withLock { breakers in
            if let known = breakers[key], known.service === service { return known }
            let made = CircuitBreaker(service)
            breakers[key] = made
            return made
        }
    }

    /// Forgets all destinations but those of these services.
    func keep(_ services: [ModelService]) {
        let keys = Set(
            services.lazy.flatMap { $0.destinations + $0.fallback }.filter { $0.service.circuit.failures > 0 }
                .map { Key(service: $0.service.name, model: $0.model) }
        )
        breakers.withLock { breakers in
            if breakers.count > keys.count { breakers = breakers.filter { keys.contains($0.key) } }
        }
    }

    /// What all of them show, sorted by destination.
    package var readings: [Reading] {
        let known = breakers.withLock { $0 }
        let readings = known.map { key, breaker in
            let now = breaker.reading
            let label = key.model.isEmpty ? key.service.description : "\(key.service)/\(key.model)"
            return Reading(destination: label, phase: now.phase, ejections: now.ejections)
        }
        return readings.sorted { $0.destination < $1.destination }
    }
}

extension NIODeadline {
    /// Nanoseconds of a clock that only goes forward.
    fileprivate var clock: Int64 { Int64(clamping: uptimeNanoseconds) }
}

extension CircuitOutcome {
    /// What a failure says of the destination where it happened.
    ///
    /// - Parameters:
    ///   - failure: Why an attempt failed; nil if it did not.
    ///   - service: What refuses the credential or the account of callers who bring their own has failed nobody else.
    init(_ failure: GatewayError?, at service: ProviderService) {
        guard let failure else {
            self = .success
            return
        }
        if service.relaysCredentials {
            switch failure.meaning {
            case .badCredential, .permissionDenied, .quotaExhausted, .rateLimited:
                self = .none
                return
            default: break
            }
        }
        switch failure.code {
        case .upstreamUnavailable, .upstreamTimeout:
            self = .failure
        case .limitExceeded:
            self = failure.retryWait.map { .limited(for: $0.nanoseconds) } ?? .failure
        default:
            self = .none
        }
    }
}
