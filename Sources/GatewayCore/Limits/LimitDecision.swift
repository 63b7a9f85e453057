// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Whether there is room for a call, and what is left of its limits.
package enum LimitDecision: Sendable {
    case admitted(LimitReservation, LimitStatus)
    case refused(LimitRefusal, LimitStatus)
}

/// What was taken for a call, until it is settled.
package struct LimitReservation: Sendable {
    /// Where the ledger has what was taken.
    let places: [Int]
    let tokens: Int
}

/// What a rate limit counts.
package enum LimitDimension: Sendable, CaseIterable {
    case requests, tokens, parallelRequests

    func most(of limit: RateLimit) -> Int? {
        switch self {
        case .requests: limit.requests
        case .tokens: limit.tokens
        case .parallelRequests: limit.parallelRequests
        }
    }
}

/// Why there is no room for a call.
package struct LimitRefusal: Sendable {
    package let limit: RateLimit
    package let dimension: LimitDimension
    /// Microseconds until there is room, if nothing else takes it; nil for a limit of 0, which never has any.
    package let wait: Int64?

    func isLonger(than other: LimitRefusal?) -> Bool {
        guard let other else { return true }
        guard let otherWait = other.wait else { return false }
        return wait.map { $0 > otherWait } ?? true
    }
}

/// What is left of a call's limits, for the headers of its answer.
package struct LimitStatus: Sendable {
    /// What is left of one dimension.
    package struct Dimension: Sendable {
        package private(set) var limit = 0
        package private(set) var remaining = 0
        /// When nothing of it is used any longer, if nothing is added; microseconds since 1970.
        package private(set) var resetsAt: Int64 = 0
        /// Whether there is a limit at all.
        package private(set) var isLimited = false

        private var period: Int64 = 0

        /// Keeps the limit of which less is left.
        mutating func take(_ limit: RateLimit, _ most: Int, _ remaining: Int, _ resetsAt: Int64) {
            guard !isLimited || remaining < self.remaining else { return }
            (self.limit, self.remaining, self.resetsAt, isLimited) = (most, remaining, resetsAt, true)
            period = limit.renewalPeriod.microseconds
        }

        /// Takes from what is left.
        mutating func use(_ amount: Int, at now: Int64) {
            guard isLimited, amount > 0 else { return }
            remaining = max(0, remaining - amount)
            resetsAt = now + period
        }
    }

    package var requests = Dimension()
    package var tokens = Dimension()

    /// Takes what a call was admitted with from what is left.
    mutating func take(tokens count: Int, at now: Int64) {
        requests.use(1, at: now)
        tokens.use(count, at: now)
    }
}
