// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Which of the requests that need a token fetches it, as a state machine without I/O.
///
/// One fetches at a time. While the token at hand is good, the others use it; else they wait for that one.
package struct TokenState<Waiter> {
    package enum Step: Equatable {
        case use(String)
        /// The caller is the one who fetches: ``finish(_:)`` or ``fail()`` must follow.
        case fetch
        /// Another one does: the caller is to wait, and to ask again when it is woken.
        case wait
    }

    /// How long before its end a token is renewed, in seconds.
    package static var renewal: Int64 { 300 }
    /// How long before its end a token is used no more, in seconds: the request must still arrive.
    package static var margin: Int64 { 30 }
    /// How old a token must be for a refusal to mean that it has been revoked, in seconds; a younger one is refused for want of rights.
    package static var settling: Int64 { 10 }

    private var token: OAuthToken?
    private var isFetching = false
    private var waiters: [Int: Waiter] = [:]
    private var lastTicket = 0

    package init() {}

    /// What a request is to do; `now` in seconds since 1970 UTC.
    package mutating func step(now: Int64) -> Step {
        if let token, now < token.end - Self.margin {
            // A token that lives shortly is renewed in the last fifth of its life.
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

    /// The token at hand, if it can still be used.
    package func usable(now: Int64) -> String? {
        token.flatMap { now < $0.end - Self.margin ? $0.value : nil }
    }

    /// A waiter's place in line, each another one.
    package mutating func makeTicket() -> Int {
        lastTicket += 1
        return lastTicket
    }

    /// Keeps a waiter until the fetch has ended; gives it back at once if none is under way.
    package mutating func add(_ waiter: Waiter, ticket: Int) -> Waiter? {
        guard isFetching else { return waiter }
        waiters[ticket] = waiter
        return nil
    }

    /// Takes a waiter out of the line, which goes on without it; nil if it does not stand there.
    package mutating func remove(ticket: Int) -> Waiter? {
        waiters.removeValue(forKey: ticket)
    }

    /// Takes the token that was fetched; returns who waited.
    package mutating func finish(_ token: OAuthToken) -> [Waiter] {
        self.token = token
        latest = token.value
        return end()
    }

    /// Notes that the fetch failed; returns who waited.
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
