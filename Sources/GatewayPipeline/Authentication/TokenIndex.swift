// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Crypto
package import GatewayCore

/// The valid access tokens of a snapshot, found by the hash of what a client sent.
package struct TokenIndex: Sendable {
    private struct Entry: Sendable {
        let hash: [UInt8]
        let caller: Caller
        let expiresAt: Int64?
    }

    /// By the first eight bytes of the hash.
    ///
    /// Those are not secret: who can choose them needs 2^64 guesses of the token.
    private var entries: [UInt64: [Entry]] = [:]

    package init() {}

    package mutating func insert(hash: [UInt8], caller: Caller, expiresAt: Int64?) {
        guard hash.count == SHA256.byteCount else { return }
        entries[Self.key(hash), default: []].append(Entry(hash: hash, caller: caller, expiresAt: expiresAt))
    }

    /// Whose token that is; nil if it is nobody's or has expired.
    ///
    /// The time `now` is in microseconds since 1970 UTC.
    package func caller(withToken token: some Sequence<UInt8>, now: Int64) -> Caller? {
        let digest = AccessTokenSecret.digest(of: token)
        var found: Caller?
        for entry in digest.withUnsafeBytes({ entries[Self.key($0)] }) ?? [] {
            var difference: UInt8 = 0
            digest.withUnsafeBytes { bytes in
                for index in 0..<SHA256.byteCount { difference |= bytes[index] ^ entry.hash[index] }
            }
            if difference == 0, entry.expiresAt.map({ now < $0 }) ?? true { found = entry.caller }
        }
        return found
    }

    private static func key(_ hash: some Sequence<UInt8>) -> UInt64 {
        hash.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
