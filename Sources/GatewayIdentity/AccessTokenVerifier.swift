// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Crypto
import GatewayCore
import GatewayJSON
import Synchronization

/// Verifies the gateway's own access tokens, without a database and without waiting.
///
/// A token that was good is remembered by its hash, so that its next request costs a look-up. The memory is bounded; what is not used is forgotten first. Whether the
/// secret of a token still exists, and its principal is active, is for the caller to see: that changes within the life of a token.
package final class AccessTokenVerifier: Sendable {
    /// The longest token, in bytes.
    package static let maximumLength = 8 << 10
    /// By how much the clocks of two machines may differ, in microseconds.
    package static let leeway: Int64 = 5_000_000

    private let issuer: String
    private let audience: String
    private let state: Mutex<State>

    private struct State {
        var keys: SigningKeys?
        /// Which keys what is remembered was verified with.
        var revision = 0
        var cache: TokenCache
    }

    /// A verifier that knows no key yet.
    ///
    /// - Parameters:
    ///   - issuer: the claim `iss`.
    ///   - audience: the claim `aud`.
    ///   - capacity: the most tokens that are remembered.
    package init(issuer: String, audience: String, capacity: Int = 8192) {
        self.issuer = issuer
        self.audience = audience
        state = Mutex(State(cache: TokenCache(capacity: capacity)))
    }

    /// Replaces the keys; tokens of a key that is gone end at once.
    package func use(_ keys: SigningKeys) {
        state.withLock { state in
            guard state.keys?.keys.map(\.id) != keys.keys.map(\.id) else { return }
            state.keys = keys
            state.revision += 1
            state.cache.removeAll()
        }
    }

    /// What a token says; nil unless the gateway has issued it and it is valid now, in microseconds since 1970 UTC.
    package func verified(_ token: some Sequence<UInt8>, now: Int64) -> VerifiedToken? {
        let bytes = Array(token)
        // The beginning of every header, which other kinds of tokens lack: they cost no hash.
        guard bytes.starts(with: "eyJ".utf8), bytes.count <= Self.maximumLength else { return nil }
        let hash = TokenCache.Key(SHA256.hash(data: bytes))
        let (found, keys, revision) = state.withLock { ($0.cache[hash], $0.keys, $0.revision) }
        if let found { return Self.isValid(found, now) ? found : nil }
        guard let keys, let verified = verify(bytes, with: keys), Self.isValid(verified, now) else { return nil }
        state.withLock { state in
            guard state.revision == revision else { return }
            state.cache[hash] = verified
        }
        return verified
    }

    /// How many tokens are remembered.
    package var rememberedCount: Int { state.withLock { $0.cache.count } }

    private static func isValid(_ token: VerifiedToken, _ now: Int64) -> Bool {
        now < token.expiresAt + leeway && now >= token.issuedAt - leeway
    }

    private func verify(_ bytes: [UInt8], with keys: SigningKeys) -> VerifiedToken? {
        guard let token = JSONWebToken(bytes, maximumLength: Self.maximumLength) else { return nil }
        // The key says what a signature is made with, never the token.
        guard token.header["alg"]?.string == "ES256", token.header["typ"]?.string == "at+jwt",
            token.header.allSatisfy({ ["alg", "typ", "kid"].contains($0.key.string) }),
            let key = token.header["kid"]?.string.flatMap(keys.key),
            let signature = try? P256.Signing.ECDSASignature(rawRepresentation: token.signature),
            key.privateKey.publicKey.isValidSignature(signature, for: token.signed)
        else { return nil }
        let claims = token.claims
        guard claims["iss"]?.string == issuer, claims["aud"]?.string == audience,
            claims["scope"]?.string == AccessTokenIssuer.scope,
            let name = claims["sub"]?.string, let kind = claims["principal_type"]?.string.flatMap(Caller.Kind.init),
            let issuedAt = claims.seconds("iat"), let expiresAt = claims.seconds("exp"),
            let origin = Self.origin(claims)
        else { return nil }
        return VerifiedToken(
            subject: TokenSubject(
                name: name,
                kind: kind,
                groups: claims.strings("groups", maximumCount: TrustedIssuer.maximumGroups) ?? []
            ),
            origin: origin,
            issuedAt: max(issuedAt, claims.seconds("nbf") ?? issuedAt) * 1_000_000,
            expiresAt: expiresAt * 1_000_000
        )
    }

    private static func origin(_ claims: JSONObject) -> TokenOrigin? {
        switch (claims["secret_id"]?.string, claims["federation"]?.string) {
        case (let id?, nil): .secret(id)
        case (nil, let issuer?): .federation(issuer)
        default: nil
        }
    }
}
