// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import NIOHTTP1

/// Tells who sends a request, by its headers alone.
package struct Authenticator: Sendable {
    /// Whom requests belong to on a gateway that runs without authentication; nil on any other.
    let insecureCaller: Caller?
    private let metrics: Metrics
    /// Knows the gateway's own access tokens; nil where it issues none.
    private let tokens: TokenService?

    package init(insecureCaller: Caller? = nil, tokens: TokenService? = nil, metrics: Metrics) {
        self.tokens = tokens
        self.insecureCaller = insecureCaller
        self.metrics = metrics
    }

    /// Whether everybody is an administrator.
    package var isInsecure: Bool { insecureCaller != nil }

    /// Microseconds since 1970 UTC, as ``caller(_:in:now:)`` takes them.
    package static func wallClock() -> Int64 { Call.wallClock() }

    /// The caller whose token the headers hold.
    ///
    /// - Parameters:
    ///   - headers: Of the request.
    ///   - snapshot: Whose tokens count.
    ///   - now: Microseconds since 1970 UTC.
    /// - Returns: Whoever the credential belongs to.
    /// - Throws: ``GatewayError/Code/unauthenticated``; it is counted.
    package func caller(
        _ headers: HTTPHeaders,
        in snapshot: Snapshot,
        now: Int64
    ) throws(GatewayError) -> Caller {
        if let insecureCaller { return insecureCaller }
        guard let credential = Credential(headers) else {
            metrics.countUnauthenticated()
            throw GatewayError(.unauthenticated, "Credential was not sent or was of an unsupported type.")
        }
        if let tokens, TokenService.mayBeToken(credential.token) {
            if let caller = tokens.caller(withToken: credential.token, in: snapshot, now: now) { return caller }
        }
        guard let caller = snapshot.tokens.caller(withToken: credential.token.utf8, now: now) else {
            metrics.countUnauthenticated()
            throw GatewayError(.unauthenticated, "Invalid access token.")
        }
        return caller
    }
}
