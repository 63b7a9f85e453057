// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import Synchronization

/// What was used of one service, over all event loops; the same one in every snapshot.
final class RateLimiter: Sendable {
    private let ledger = Mutex(LimitLedger())

    /// Asks for room for a call, as ``LimitLedger/admit(_:inputTokens:maximumOutput:at:)`` does.
    func admit(
        _ limits: AppliedLimits,
        inputTokens: Int,
        maximumOutput: Int?,
        at now: Int64
    ) -> LimitDecision {
        ledger.withLock { $0.admit(limits, inputTokens: inputTokens, maximumOutput: maximumOutput, at: now) }
    }

    /// Takes what a call used in place of what was reserved for it.
    func settle(_ reservation: LimitReservation, _ usage: TokenUsage, at now: Int64) {
        ledger.withLock { $0.settle(reservation, usage, at: now) }
    }
}

/// The limiters of all services, found by name when a snapshot is made and never on the path of a request.
///
/// A limiter stays while its service has limits: what was used counts on when the limits change.
package final class RateLimiters: Sendable {
    private let limiters = Mutex<[ObjectName: RateLimiter]>([:])

    package init() {}

    /// The limiter of a service, the same one each time.
    func limiter(of service: ObjectName) -> RateLimiter {
        limiters.withLock { limiters in
            if let known = limiters[service] { return known }
            let made = RateLimiter()
            limiters[service] = made
            return made
        }
    }

    /// Forgets what was used of all other services.
    func keep(_ services: Set<ObjectName>) {
        limiters.withLock { limiters in
            if limiters.count > services.count { limiters = limiters.filter { services.contains($0.key) } }
        }
    }
}

/// The rate limits of a service, with what was used.
struct ServiceLimits: Sendable {
    let plan: LimitPlan
    let limiter: RateLimiter

    /// nil for a service without limits.
    init?(_ service: ModelService, _ limiters: RateLimiters) {
        guard let plan = LimitPlan(service.rateLimits) else { return nil }
        self.plan = plan
        limiter = limiters.limiter(of: service.name)
    }
}
