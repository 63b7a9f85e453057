// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Crypto
import GatewayCore

/// The keys that sign the gateway's own access tokens: the current one, and earlier ones by which tokens are still verified.
///
/// A value: whoever keeps it stores it after each change. A key of ES256 signs for 90 days, after which a new one takes its place; that one is published for a minute
/// before it signs, so that no other process meets a token whose key it has not read yet.
package struct SigningKeys: Sendable {
    /// How long a key signs, in microseconds.
    package static let rotationInterval: Int64 = 90 * 86_400 * 1_000_000
    /// How long a new key is only published, in microseconds.
    package static let propagation: Int64 = 60 * 1_000_000
    /// How long a key that has been retired still verifies, in microseconds: longer than any token lives, and than any other process signs with what it has read.
    package static let retention: Int64 = 86_400 * 1_000_000
    /// The most keys that are kept, however often somebody rotates.
    package static let maximumCount = 16

    /// One key.
    package struct Key: Sendable {
        /// The thumbprint of the public key (RFC 7638), so that two keys never have one id.
        package let id: String
        /// Microseconds since 1970 UTC.
        package let createdAt: Int64
        /// When another one took its place; nil for the current one.
        package fileprivate(set) var retiredAt: Int64?
        let privateKey: P256.Signing.PrivateKey

        init(_ privateKey: P256.Signing.PrivateKey, createdAt: Int64, retiredAt: Int64? = nil) {
            self.privateKey = privateKey
            self.createdAt = createdAt
            self.retiredAt = retiredAt
            id = Self.thumbprint(privateKey.publicKey)
        }

        /// The coordinates of the public key, 32 bytes each.
        var coordinates: (x: ArraySlice<UInt8>, y: ArraySlice<UInt8>) {
            let bytes = Array(privateKey.publicKey.rawRepresentation)
            return (bytes[..<32], bytes[32...])
        }

        private static func thumbprint(_ key: P256.Signing.PublicKey) -> String {
            let bytes = Array(key.rawRepresentation)
            let (x, y) = (Base64URL.encode(bytes[..<32]), Base64URL.encode(bytes[32...]))
            let members = #"{"crv":"P-256","kty":"EC","x":"\#(x)","y":"\#(y)"}"#
            return Base64URL.encode(SHA256.hash(data: Array(members.utf8)))
        }
    }

    /// The current key first, then the others, the latest first.
    package private(set) var keys: [Key]

    /// A first key.
    ///
    /// - Parameter now: microseconds since 1970 UTC, as every time here.
    package init(now: Int64) {
        keys = [Key(P256.Signing.PrivateKey(), createdAt: now)]
    }

    /// Keys that were stored; nil unless there is exactly one that is not retired.
    init?(_ keys: [Key]) {
        let current = keys.filter { $0.retiredAt == nil }
        guard current.count == 1, Set(keys.map(\.id)).count == keys.count else { return nil }
        let others = keys.filter { $0.retiredAt != nil }
        self.keys = current + others.sorted { ($0.retiredAt ?? 0, $0.id) > ($1.retiredAt ?? 0, $1.id) }
    }

    /// The newest key.
    package var current: Key { keys[0] }

    /// The key that signs: the newest one, or the one before it as long as it is too new.
    package func signer(now: Int64) -> Key {
        keys.count > 1 && now - current.createdAt < Self.propagation ? keys[1] : current
    }

    /// The key of an id, current or retired.
    package func key(_ id: String) -> Key? { keys.first { $0.id == id } }

    /// Whether a key is due to be replaced or forgotten.
    package func needsRotation(now: Int64) -> Bool {
        isDue(now) || keys.dropFirst().contains { isForgotten($0, now) }
    }

    /// Replaces the current key if it has signed for long enough, and forgets keys that verify nothing any more.
    ///
    /// - Parameters:
    ///   - now: microseconds since 1970 UTC.
    ///   - isForced: whether the current key is replaced whatever its age, as after a leak.
    /// - Returns: whether anything has changed, and is to be stored.
    package mutating func rotate(now: Int64, isForced: Bool = false) -> Bool {
        guard isForced || needsRotation(now: now) else { return false }
        keys = keys.filter { !isForgotten($0, now) }
        if isForced || isDue(now) {
            keys[0].retiredAt = now
            keys.insert(Key(P256.Signing.PrivateKey(), createdAt: now), at: 0)
            if keys.count > Self.maximumCount { keys.removeLast(keys.count - Self.maximumCount) }
        }
        return true
    }

    /// Forgets every retired key at once, so that what they signed is worth nothing: for a key that has leaked.
    package mutating func forgetRetired() { keys.removeLast(keys.count - 1) }

    private func isDue(_ now: Int64) -> Bool { now - current.createdAt >= Self.rotationInterval }

    private func isForgotten(_ key: Key, _ now: Int64) -> Bool {
        key.retiredAt.map { now - $0 >= Self.retention } ?? false
    }
}

extension SigningKeys: CustomStringConvertible, CustomReflectable {
    /// The ids alone, since the rest is secret.
    package var description: String { "keys \(keys.map(\.id))" }
    package var customMirror: Mirror { Mirror(self, children: ["ids": keys.map(\.id)]) }
}

extension SigningKeys.Key: CustomStringConvertible, CustomReflectable {
    package var description: String { "key \(id)" }
    package var customMirror: Mirror { Mirror(self, children: ["id": id]) }
}
