// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import CryptoExtras
package import GatewayCore
import GatewayJSON
import NIOCore

/// A Google service account's key, which signs a JSON Web Token that the token endpoint takes for an access token (RFC 7523).
///
/// Claims and grant type: developers.google.com/identity/protocols/oauth2/service-account and PyPI `google-auth` 2.62.2 (2026-11).
package struct ServiceAccount: OAuthGrant {
    /// The scope of the access token.
    package static let scope = "https://www.googleapis.com/auth/cloud-platform"
    /// The longest that Google lets a signed token live, in seconds.
    package static let lifetime: Int64 = 3600

    package let endpoint: UpstreamAddress
    private let email: String
    private let keyID: String?
    private let tokenURI: String
    private let privateKey: _RSA.Signing.PrivateKey

    /// Reads the JSON key from Google's console.
    ///
    /// - Throws: an error that contains nothing of the key.
    package init(json text: String) throws(Provider.SettingError) {
        func wrong(_ message: String) -> Provider.SettingError { .init(.serviceAccountKey, message) }
        guard let json = try? JSONValue(validating: ByteBuffer(string: text)), json.object != nil else {
            throw wrong("must be the JSON text of a service account key")
        }
        guard json["type"]?.string == "service_account" else {
            throw wrong("must be a key whose `type` is `service_account`")
        }
        guard let email = json["client_email"]?.string, !email.isEmpty else { throw wrong("lacks `client_email`") }
        guard let pem = json["private_key"]?.string else { throw wrong("lacks `private_key`") }
        guard let key = try? _RSA.Signing.PrivateKey(pemRepresentation: pem) else {
            throw wrong("must have an RSA key of 2048 bits or more in PEM form as `private_key`")
        }
        let uri = json["token_uri"]?.string ?? "https://oauth2.googleapis.com/token"
        guard let address = UpstreamAddress(baseURL: uri), address.isSecure || Self.isLoopback(address.host) else {
            throw wrong("must have an https:// URL as `token_uri`")
        }
        self.email = email
        keyID = json["private_key_id"]?.string
        tokenURI = uri
        endpoint = address
        privateKey = key
    }

    package func form(now: Int64) throws(GatewayError) -> [(name: String, value: String)] {
        [
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("assertion", try assertion(now: now)),
        ]
    }

    /// The signed token.
    package func assertion(now: Int64) throws(GatewayError) -> String {
        let header = JSONValue { writer in
            writer.beginObject()
            writer.member("alg", "RS256")
            writer.member("typ", "JWT")
            if let keyID { writer.member("kid", keyID) }
            writer.endObject()
        }
        let claims = JSONValue { writer in
            writer.beginObject()
            writer.member("iss", email)
            writer.member("scope", Self.scope)
            writer.member("aud", tokenURI)
            writer.member("iat", Int(now))
            writer.member("exp", Int(now + Self.lifetime))
            writer.endObject()
        }
        let signed =
            Base64URL.encode(header.bytes.readableBytesView) + "." + Base64URL.encode(claims.bytes.readableBytesView)
        do {
            // RS256 is PKCS #1 v1.5 by definition (RFC 7518, 3.3).
            let signature = try privateKey.signature(for: Array(signed.utf8), padding: .insecurePKCS1v1_5)
            return signed + "." + Base64URL.encode(signature.rawRepresentation)
        } catch {
            throw GatewayError(.internalFailure, "The gateway cannot sign with its service account's key.")
        }
    }

    private static func isLoopback(_ host: String) -> Bool { ["127.0.0.1", "::1", "localhost"].contains(host) }
}
