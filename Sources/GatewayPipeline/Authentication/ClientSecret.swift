// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Crypto
package import GatewayCore

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
