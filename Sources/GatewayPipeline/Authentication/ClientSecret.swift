// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Crypto
package import GatewayCore

/// The secrets of service principals, for the token endpoint.
package struct ClientSecrets: Sendable {
    private var secrets: [String: ClientSecret] = [:]
    private var ids: [String: [String]] = [:]

    mutating func insert(_ secret: ClientSecret, id: String) {
        secrets[id] = secret
        ids[secret.caller.name, default: []].append(id)
    }

    /// The secret of an id.
    func secret(_ id: String) -> ClientSecret? { secrets[id] }

    /// The id of a secret that somebody shows; nil if it is not one of a service principal of that name.
    ///
    /// All of its secrets are compared, so that the time says nothing of which one it was.
    func id(of secret: String, shownBy name: String, now: Int64) -> String? {
        var found: String?
        for id in ids[name] ?? [] where secrets[id]?.matches(secret, now: now) == true { found = id }
        return found
    }
}

/// A secret of a service principal, for which the token endpoint issues access tokens.
package struct ClientSecret: Sendable {
    /// Whose it is.
    package let caller: Caller
    /// SHA-256 of the secret.
    let hash: [UInt8]
    /// Microseconds since 1970 UTC; nil never.
    let expiresAt: Int64?

    /// Whether it is that secret, and valid at a time in microseconds since 1970 UTC; takes the same time for every secret.
    package func matches(_ secret: String, now: Int64) -> Bool {
        var difference: UInt8 = 0
        for (first, second) in zip(AccessTokenSecret(secret).hash, hash) { difference |= first ^ second }
        return difference == 0 && hash.count == SHA256.byteCount && isValid(now: now)
    }

    /// Whether it has not expired.
    package func isValid(now: Int64) -> Bool { expiresAt.map { now < $0 } ?? true }
}
