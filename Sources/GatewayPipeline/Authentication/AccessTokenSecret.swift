// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Crypto
import NIOCore

/// The secret half of an access token: what the user holds.
///
/// Only its hash is ever stored.
package struct AccessTokenSecret: Sendable {
    package let text: String

    /// A given secret, such as the administrator's from the environment.
    package init(_ text: String) {
        self.text = text
    }

    /// A new secret with 238 bits of randomness: a prefix, `gth_`, and 40 letters and digits.
    package static func random(prefix: String = "gth_") -> AccessTokenSecret {
        let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
        var generator = SystemRandomNumberGenerator()
        let letters = (0..<40).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] }
        return AccessTokenSecret(prefix + String(letters))
    }

    /// SHA-256 of the secret: enough for a random one, which no dictionary holds.
    package var hash: [UInt8] { Array(Self.digest(of: text.utf8)) }

    static func digest(of bytes: some Sequence<UInt8>) -> SHA256Digest {
        let hashed = bytes.withContiguousStorageIfAvailable { buffer in
            var hasher = SHA256()
            hasher.update(bufferPointer: UnsafeRawBufferPointer(buffer))
            return hasher.finalize()
        }
        return hashed ?? SHA256.hash(data: Array(bytes))
    }
}
