// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import Synchronization

/// The bytes that all requests in flight may hold together, over all event loops, and the share of each caller.
final class InFlightBudget: Sendable {
    private let limit: Int
    private let limitPerCaller: Int
    private let requestsPerCaller: Int
    private let used = Atomic<Int>(0)

    /// Whoever has not said who it is yet: unfinished heads, and responses that anonymous clients do not read.
    let strangers = CallerAccount()

    init(limit: Int, limitPerCaller: Int, requestsPerCaller: Int) {
        self.limit = limit
        self.limitPerCaller = limitPerCaller
        self.requestsPerCaller = requestsPerCaller
    }

    /// Takes bytes of the budget and of the caller's share; throws, and nothing taken, if there are not enough.
    ///
    /// - Throws: ``GatewayError/Code/limitExceeded`` or ``GatewayError/Code/overloaded``.
    func take(_ bytes: Int, for account: CallerAccount) throws(GatewayError) {
        let (_, new) = used.add(bytes, ordering: .relaxed)
        guard new <= limit else {
            used.subtract(bytes, ordering: .relaxed)
            throw Self.allHoldTooMuch
        }
        guard account.take(bytes, limit: limitPerCaller) else {
            used.subtract(bytes, ordering: .relaxed)
            throw callerHoldsTooMuch
        }
    }

    /// Refuses early what would find no room now; takes nothing.
    func check(_ bytes: Int, for account: CallerAccount) throws(GatewayError) {
        guard inUse + bytes <= limit else { throw Self.allHoldTooMuch }
        guard account.heldBytes + bytes <= limitPerCaller else { throw callerHoldsTooMuch }
    }

    func giveBack(_ bytes: Int, of account: CallerAccount) {
        account.giveBack(bytes)
        used.subtract(bytes, ordering: .relaxed)
    }

    func beginRequest(of account: CallerAccount) throws(GatewayError) {
        guard account.beginRequest(limit: requestsPerCaller) else {
            throw GatewayError(
                .limitExceeded,
                "You have \(requestsPerCaller) in-flight requests, which is the limit. Try again when some have finished, or raise `server.max_requests_in_flight_per_caller`.",
                retryAfter: "1"
            )
        }
    }

    var inUse: Int { used.load(ordering: .relaxed) }

    private var callerHoldsTooMuch: GatewayError {
        GatewayError(
            .limitExceeded,
            "Your in-flight requests would use more than \(limitPerCaller) bytes in total. Try again when some have finished, or raise `server.max_body_bytes_in_flight_per_caller`.",
            retryAfter: "1"
        )
    }

    private static let allHoldTooMuch = GatewayError(
        .overloaded,
        "Too many request bodies are in flight. Try again in a moment.",
        retryAfter: "1"
    )
}

/// What one request holds of the budget.
struct Holding {
    private let budget: InFlightBudget
    /// Whose request it is, once that is known.
    private(set) var account: CallerAccount?
    private var bytes = 0

    init(_ budget: InFlightBudget) {
        self.budget = budget
    }

    /// Says whose request it is, and counts it; no effect a second time.
    mutating func open(for account: CallerAccount) throws(GatewayError) {
        guard self.account == nil else { return }
        try budget.beginRequest(of: account)
        release()
        self.account = account
    }

    mutating func take(_ more: Int) throws(GatewayError) {
        guard more > 0 else { return }
        try budget.take(more, for: account ?? budget.strangers)
        bytes += more
    }

    /// Makes sure that at least so many bytes are counted.
    mutating func raise(to total: Int) throws(GatewayError) {
        try take(total - bytes)
    }

    /// Refuses early what would find no room now.
    func check(_ more: Int) throws(GatewayError) {
        guard more > 0 else { return }
        try budget.check(more, for: account ?? budget.strangers)
    }

    /// Gives everything back, once the request is over.
    mutating func release() {
        if bytes > 0 { budget.giveBack(bytes, of: account ?? budget.strangers) }
        bytes = 0
        account?.endRequest()
        account = nil
    }
}
