// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import JWTKit
package import NIOCore

/// The public keys of a trusted issuer, from its document of keys (RFC 7517).
///
/// Keys that cannot verify a token are left out: those for encryption, of kinds that nobody knows here, or too weak.
package struct IssuerKeys: Sendable {
    /// The largest document, in bytes.
    package static let maximumLength = 1 << 20
    /// The most keys in it.
    package static let maximumCount = 100

    /// Why a document of keys cannot be used.
    package struct DecodingError: Error, Sendable, Equatable, CustomStringConvertible {
        package let description: String
    }

    private struct Entry: Sendable {
        let id: String?
        let type: String
        /// The only algorithm that it is for; nil if it says nothing.
        let algorithm: String?
        let key: JWK
    }

    private let entries: [Entry]

    /// Reads a document.
    package init(jwks document: ByteBuffer) throws(DecodingError) {
        guard document.readableBytes <= Self.maximumLength else {
            throw DecodingError(description: "The document of keys is longer than \(Self.maximumLength) bytes.")
        }
        guard let json = try? JSONValue(validating: document, maximumDepth: 16), let keys = json["keys"]?.array else {
            throw DecodingError(description: "The document of keys is not a JSON object with a list `keys`.")
        }
        var entries: [Entry] = []
        var count = 0
        for value in keys {
            count += 1
            guard count <= Self.maximumCount else {
                throw DecodingError(description: "There are more than \(Self.maximumCount) keys.")
            }
            if let entry = Self.entry(value) { entries.append(entry) }
        }
        self.entries = entries
    }

    /// How many keys can verify tokens.
    package var count: Int { entries.count }

    /// Whether there is a key of an id: if not, the issuer may have a new one.
    package func hasKey(_ id: String) -> Bool { entries.contains { $0.id == id } }

    /// Whether one of the keys has signed a token: the one that it names, or any if it names none.
    func hasSigned(_ token: JSONWebToken, with algorithm: TrustedIssuer.Algorithm) async -> Bool {
        let id = token.header["kid"]
        guard id == nil || id?.string != nil else { return false }
        for entry in entries where id == nil || entry.id == id?.string {
            guard entry.type == algorithm.keyType, [nil, algorithm.rawValue].contains(entry.algorithm) else { continue }
            let keys = JWTKeyCollection()
            guard (try? await keys.add(jwk: entry.key)) != nil,
                let verifier = try? await keys.getKey(alg: algorithm.rawValue), verifier.name == algorithm.rawValue
            else { continue }
            if (try? verifier.verify(token.signature, signs: token.signed)) == true { return true }
        }
        return false
    }

    private static func entry(_ value: JSONValue) -> Entry? {
        guard let type = value["kty"]?.string, [nil, "sig"].contains(value["use"]?.string), isStrong(value, type) else {
            return nil
        }
        guard var key = try? JWK(json: String(buffer: value.bytes)) else { return nil }
        // A document with secrets is a mistake of the issuer's; they are not kept.
        key.privateExponent = nil
        key.prime1 = nil
        key.prime2 = nil
        let id = value["kid"]?.string
        key.keyIdentifier = JWKIdentifier(string: id ?? "")
        return Entry(id: id, type: type, algorithm: value["alg"]?.string, key: key)
    }

    /// Whether a key of RSA is long enough to be safe and short enough to be fast.
    private static func isStrong(_ value: JSONValue, _ type: String) -> Bool {
        guard type == "RSA" else { return type == "EC" || type == "OKP" }
        guard let modulus = value["n"]?.string.flatMap({ Base64URL.bytes(Array($0.utf8)) }),
            let exponent = value["e"]?.string.flatMap({ Base64URL.bytes(Array($0.utf8)) })
        else { return false }
        let length = modulus.drop { $0 == 0 }.count
        return (256...1024).contains(length) && exponent.count <= 4
    }
}
