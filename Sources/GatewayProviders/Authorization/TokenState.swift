// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Which of the requests that need a token fetches it, as a state machine without I/O.
///
/// One request fetches at a time. While the current token is valid, the others use it; otherwise they wait.
package struct TokenState<Waiter> {
    package enum Step: Equatable {
        case use(String)
        /// The caller fetches: ``finish(_:)`` or ``fail()`` must follow.
        case fetch
        /// Another request fetches: the caller waits, and asks again when it is woken.
        case wait
    }

    /// How long before it expires a token is renewed, in seconds.
    package static var renewal: Int64 { 300 }
    /// How long before it expires a token is no longer used, in seconds: the request must still arrive.
    package static var margin: Int64 { 30 }
    /// How old a token must be for a refusal to mean that it has been revoked, in seconds; a younger one is refused because it lacks rights.
    package static var settling: Int64 { 10 }

    private var token: OAuthToken?
    private var isFetching = false
    private var waiters: [Int: Waiter] = [:]
    private var lastTicket = 0

    package init() {}

    /// What a request must do; `now` is in seconds since 1970 UTC.
    package mutating func step(now: Int64) -> Step {
        if let token, now < token.end - Self.margin {
            // A short-lived token is renewed in the last fifth of its lifetime.
            let renewal = min(Self.renewal, (token.end - token.start) / 5)
            if now < token.end - renewal || isFetching { return .use(token.value) }
        } else if isFetching {
            return .wait
        }
        isFetching = true
        return .fetch
    }

    /// The token that was fetched last, whether or not it was refused.
    package private(set) var latest: String?

    /// The current token, if it can still be used.
    package func usable(now: Int64) -> String? {
        token.flatMap { now < $0.end - Self.margin ? $0.value : nil }
    }

    /// The place of a waiting request, unique for each.
    package mutating func makeTicket() -> Int {
        lastTicket += 1
        return lastTicket
    }

    /// Keeps a waiter until the fetch has ended; returns it at once if no fetch is running.
    package mutating func add(_ waiter: Waiter, ticket: Int) -> Waiter? {
        guard isFetching else { return waiter }
        waiters[ticket] = waiter
        return nil
    }

    /// Removes a waiter from the queue; nil if it is not in it.
    package mutating func remove(ticket: Int) -> Waiter? {
        waiters.removeValue(forKey: ticket)
    }

    /// Stores the fetched token; returns the waiters.
    package mutating func finish(_ token: OAuthToken) -> [Waiter] {
        self.token = token
        latest = token.value
        return end()
    }

    /// Notes that the fetch failed; returns the waiters.
    package mutating func fail() -> [Waiter] { end() }

    /// Forgets the token that an upstream refused.
    package mutating func noteRefusal(now: Int64) {
        if let token, now >= token.start + Self.settling { self.token = nil }
    }

    private mutating func end() -> [Waiter] {
        isFetching = false
        defer { waiters = [:] }
        return waiters.sorted { $0.key < $1.key }.map(\.value)
    }
}
