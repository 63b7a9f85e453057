// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Crypto
import CryptoExtras
import GatewayCore
import GatewayIdentity

/// A key of some issuer, for any algorithm, and the tokens that it signs.
struct ForeignKey {
    /// Its public half as JSON.
    let jwk: String
    private let signature: ([UInt8]) throws -> [UInt8]

    init(_ algorithm: TrustedIssuer.Algorithm) throws {
        switch algorithm {
        case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512:
            let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
            let numbers = try key.publicKey.getKeyPrimitives()
            jwk = Self.jwk("RSA", ["n": Array(numbers.modulus), "e": Array(numbers.publicExponent)])
            let padding: _RSA.Signing.Padding = algorithm.rawValue.hasPrefix("PS") ? .PSS : .insecurePKCS1v1_5
            signature = { bytes in
                switch algorithm.rawValue.suffix(3) {
                case "256": Array(try key.signature(for: SHA256.hash(data: bytes), padding: padding).rawRepresentation)
                case "384": Array(try key.signature(for: SHA384.hash(data: bytes), padding: padding).rawRepresentation)
                default: Array(try key.signature(for: SHA512.hash(data: bytes), padding: padding).rawRepresentation)
                }
            }
        case .es256:
            let key = P256.Signing.PrivateKey()
            jwk = Self.curve("P-256", Array(key.publicKey.rawRepresentation))
            signature = { Array(try key.signature(for: $0).rawRepresentation) }
        case .es384:
            let key = P384.Signing.PrivateKey()
            jwk = Self.curve("P-384", Array(key.publicKey.rawRepresentation))
            signature = { Array(try key.signature(for: $0).rawRepresentation) }
        case .es512:
            let key = P521.Signing.PrivateKey()
            jwk = Self.curve("P-521", Array(key.publicKey.rawRepresentation))
            signature = { Array(try key.signature(for: $0).rawRepresentation) }
        case .edDSA:
            let key = Curve25519.Signing.PrivateKey()
            jwk = Self.jwk("OKP", ["x": Array(key.publicKey.rawRepresentation)], more: #""crv":"Ed25519","#)
            signature = { Array(try key.signature(for: $0)) }
        }
    }

    func sign(_ parts: TokenParts) throws -> String {
        var parts = parts
        parts.signature = try signature(Array(parts.signed.utf8))
        return parts.token
    }

    private static func curve(_ name: String, _ point: [UInt8]) -> String {
        let half = point.count / 2
        return jwk("EC", ["x": Array(point[..<half]), "y": Array(point[half...])], more: #""crv":"\#(name)","#)
    }

    private static func jwk(_ type: String, _ numbers: [String: [UInt8]], more: String = "") -> String {
        let members = numbers.map { #""\#($0.key)":"\#(Base64URL.encode($0.value))""# }.joined(separator: ",")
        return #"{"kty":"\#(type)","kid":"k1",\#(more)\#(members)}"#
    }
}
