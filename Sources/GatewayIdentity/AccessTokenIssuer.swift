// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Crypto
import GatewayCore
package import GatewayJSON

/// Issues the gateway's access tokens: JSON Web Tokens that it verifies later without asking anybody.
package struct AccessTokenIssuer: Sendable {
    /// How long a token lives, in seconds.
    package static let lifetime: Int64 = 3600
    /// The one scope that there is.
    package static let scope = "all-apis"

    /// The claim `iss`; it stays as it is for the life of a gateway, whatever name its clients call it by.
    package let issuer: String
    /// The claim `aud`.
    package let audience: String

    package init(issuer: String, audience: String) {
        self.issuer = issuer
        self.audience = audience
    }

    /// Issues a token.
    ///
    /// - Parameters:
    ///   - subject: whom it speaks for.
    ///   - origin: what was shown for it.
    ///   - keys: one of them signs.
    ///   - now: microseconds since 1970 UTC.
    /// - Returns: the token, for the body of the answer.
    /// - Throws: ``TokenError`` where the token would be too long to be verified: that of somebody in too many groups.
    package func issue(
        to subject: TokenSubject,
        for origin: TokenOrigin,
        with keys: SigningKeys,
        now: Int64
    ) throws(TokenError) -> TokenResponse {
        let seconds = now / 1_000_000
        let key = keys.signer(now: now)
        let header = JSONValue { writer in
            writer.beginObject()
            writer.member("alg", "ES256")
            writer.member("typ", "at+jwt")
            writer.member("kid", key.id)
            writer.endObject()
        }
        let claims = JSONValue { writer in
            writer.beginObject()
            writer.member("iss", issuer)
            writer.member("sub", subject.name)
            writer.member("client_id", subject.name)
            writer.member("aud", audience)
            writer.member("iat", Int(seconds))
            writer.member("exp", Int(seconds + Self.lifetime))
            writer.member("jti", Self.randomID())
            writer.member("scope", Self.scope)
            writer.member("principal_type", subject.kind.rawValue)
            if !subject.groups.isEmpty {
                writer.key("groups")
                writer.array { writer in
                    for group in subject.groups { writer.string(group) }
                }
            }
            switch origin {
            case .secret(let id): writer.member("secret_id", id)
            case .federation(let issuer): writer.member("federation", issuer)
            }
            writer.endObject()
        }
        let token: String
        do {
            token = try JSONWebToken.make(header: header, claims: claims) { signed in
                try key.privateKey.signature(for: signed).rawRepresentation
            }
        } catch {
            throw TokenError(.serverError, "The gateway cannot sign a token.")
        }
        guard token.utf8.count <= AccessTokenVerifier.maximumLength else {
            throw TokenError(
                .invalidGrant,
                "The subject is in so many groups that the token would be longer than \(AccessTokenVerifier.maximumLength) bytes."
            )
        }
        return TokenResponse(accessToken: token, expiresIn: Self.lifetime, isExchange: origin.isFederation)
    }

    private static func randomID() -> String {
        var generator = SystemRandomNumberGenerator()
        return Base64URL.encode((0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }
}

extension TokenOrigin {
    fileprivate var isFederation: Bool {
        switch self {
        case .secret: false
        case .federation: true
        }
    }
}

/// What the token endpoint answers with.
package struct TokenResponse: Sendable, Equatable {
    package let accessToken: String
    /// Seconds.
    package let expiresIn: Int64
    /// Whether it was exchanged for a token of somebody else's.
    package let isExchange: Bool

    /// The body (RFC 6749, 5.1; RFC 8693, 2.2.1).
    package var json: JSONValue {
        JSONValue { writer in
            writer.beginObject()
            writer.member("access_token", accessToken)
            if isExchange { writer.member("issued_token_type", "urn:ietf:params:oauth:token-type:access_token") }
            writer.member("token_type", "Bearer")
            writer.member("expires_in", Int(expiresIn))
            writer.member("scope", AccessTokenIssuer.scope)
            writer.endObject()
        }
    }

    /// The headers that every answer of the token endpoint has, refusals included (RFC 6749, 5.1).
    package static let headers: [(name: String, value: String)] = [
        ("content-type", "application/json"), ("cache-control", "no-store"), ("pragma", "no-cache"),
    ]
}
