// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Crypto
import GatewayCore
package import GatewayJSON
package import NIOCore

extension SigningKeys {
    /// Why stored keys cannot be read; it contains nothing of them.
    package struct DecodingError: Error, Sendable, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// The keys with their secret halves, as JSON; whoever stores it encrypts it.
    package var json: JSONValue {
        JSONValue { writer in
            writer.beginObject()
            writer.member("version", 1)
            writer.key("keys")
            writer.array { writer in
                for key in keys {
                    writer.beginObject()
                    writer.member("private_key", Base64URL.encode(key.privateKey.rawRepresentation))
                    writer.member("created_at", Int(key.createdAt))
                    if let retiredAt = key.retiredAt { writer.member("retired_at", Int(retiredAt)) }
                    writer.endObject()
                }
            }
            writer.endObject()
        }
    }

    /// Reads what ``json`` wrote.
    package init(json bytes: ByteBuffer) throws(DecodingError) {
        guard let json = try? JSONValue(validating: bytes, maximumDepth: 8), json.object != nil else {
            throw DecodingError(description: "The signing keys are not JSON.")
        }
        guard json["version"]?.int == 1 else {
            throw DecodingError(description: "The signing keys have an unknown version; a newer Gatehouse wrote them.")
        }
        var keys: [Key] = []
        for value in json["keys"]?.array.map(Array.init) ?? [] {
            guard let text = value["private_key"]?.string, let raw = Base64URL.bytes(Array(text.utf8)),
                let privateKey = try? P256.Signing.PrivateKey(rawRepresentation: raw),
                let createdAt = value["created_at"]?.int
            else { throw DecodingError(description: "A signing key is damaged.") }
            let retiredAt = value["retired_at"]?.int.map { Int64($0) }
            keys.append(Key(privateKey, createdAt: Int64(createdAt), retiredAt: retiredAt))
        }
        guard let read = SigningKeys(keys) else {
            throw DecodingError(description: "There is not exactly one current signing key.")
        }
        self = read
    }

    /// The public halves, current and retired: the document behind `jwks_uri` (RFC 7517).
    package var publicKeys: JSONValue {
        JSONValue { writer in
            writer.beginObject()
            writer.key("keys")
            writer.array { writer in
                for key in keys {
                    let (x, y) = key.coordinates
                    writer.beginObject()
                    writer.member("kty", "EC")
                    writer.member("crv", "P-256")
                    writer.member("x", Base64URL.encode(x))
                    writer.member("y", Base64URL.encode(y))
                    writer.member("kid", key.id)
                    writer.member("use", "sig")
                    writer.member("alg", "ES256")
                    writer.endObject()
                }
            }
            writer.endObject()
        }
    }
}
