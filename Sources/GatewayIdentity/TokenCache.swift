// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Crypto

/// Tokens by their hash, of which only so many are kept.
///
/// In two halves: when the younger one is full, the older one is forgotten. What is used moves to the younger half, so that each step costs the same.
struct TokenCache {
    /// A SHA-256.
    struct Key: Hashable {
        private let parts: (UInt64, UInt64, UInt64, UInt64)

        init(_ digest: SHA256Digest) {
            parts = digest.withUnsafeBytes { bytes in
                func part(_ index: Int) -> UInt64 { bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self) }
                return (part(0), part(1), part(2), part(3))
            }
        }

        static func == (left: Key, right: Key) -> Bool { left.parts == right.parts }

        func hash(into hasher: inout Hasher) { hasher.combine(parts.0) }
    }

    private let half: Int
    private var young: [Key: VerifiedToken] = [:]
    private var old: [Key: VerifiedToken] = [:]

    init(capacity: Int) {
        half = max(1, capacity / 2)
    }

    var count: Int { young.count + old.count }

    subscript(_ key: Key) -> VerifiedToken? {
        mutating get {
            if let token = young[key] { return token }
            guard let token = old.removeValue(forKey: key) else { return nil }
            self[key] = token
            return token
        }
        set {
            if young.count >= half, young[key] == nil {
                old = young
                young = [:]
            }
            old[key] = nil
            young[key] = newValue
        }
    }

    mutating func removeAll() {
        young = [:]
        old = [:]
    }
}
