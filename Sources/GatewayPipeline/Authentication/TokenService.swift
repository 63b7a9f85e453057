// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayIdentity
package import GatewayJSON
import Synchronization

/// Issues the gateway's own access tokens, and knows whom they belong to.
package final class TokenService: Sendable {
    /// Fetches the keys of an issuer; the key that is looked for may be new.
    package typealias FetchKeys = @Sendable (TrustedIssuer, _ keyID: String?) async throws(TokenError) -> IssuerKeys

    /// The claim `iss` of the tokens.
    package let issuer: String
    private let maker: AccessTokenIssuer
    private let verifier: AccessTokenVerifier
    private let keys: Mutex<SigningKeys>
    private let fetchKeys: FetchKeys

    /// Makes it.
    ///
    /// - Parameters:
    ///   - workspaceID: What keeps the tokens of one gateway apart from those of another that has the same keys.
    ///   - keys: The keys that sign.
    ///   - fetchKeys: Fetches the keys of trusted issuers.
    package init(workspaceID: String, keys: SigningKeys, fetchKeys: @escaping FetchKeys) {
        issuer = "urn:gatehouse:workspace:\(workspaceID)"
        maker = AccessTokenIssuer(issuer: issuer, audience: issuer)
        verifier = AccessTokenVerifier(issuer: issuer, audience: issuer)
        verifier.use(keys)
        self.keys = Mutex(keys)
        self.fetchKeys = fetchKeys
    }

    /// Signs with other keys from now on.
    package func use(_ keys: SigningKeys) {
        self.keys.withLock { $0 = keys }
        verifier.use(keys)
    }

    /// The document of the public keys.
    package var publicKeys: JSONValue { keys.withLock { $0.publicKeys } }

    /// Answers a request to the token endpoint.
    ///
    /// - Throws: ``GatewayIdentity/TokenError``, which does not tell a wrong secret from a wrong id.
    package func respond(
        to request: TokenRequest,
        in snapshot: Snapshot,
        now: Int64
    ) async throws(TokenError) -> TokenResponse {
        switch request {
        case .clientCredentials(let id, let secret):
            guard let found = snapshot.clientSecrets.id(of: secret, shownBy: id, now: now) else { throw .wrongClient }
            return try issue(to: TokenSubject(name: id, kind: .servicePrincipal), for: .secret(found), now: now)
        case .tokenExchange(let token, let clientID):
            let claimed = TrustedIssuer.claimedIssuer(of: token)
            guard let issuer = snapshot.configuration.trustedIssuers.first(where: { $0.url == claimed }) else {
                throw TokenError(.invalidGrant, "The subject token is of an issuer that is not trusted.")
            }
            let trusted = TrustedIssuer(issuer)
            let keys = try await fetchKeys(trusted, TrustedIssuer.claimedKeyID(of: token))
            let subject = try await trusted.subject(of: token, keys: keys, now: now)
            guard clientID == nil || clientID == subject.name else {
                throw TokenError(.invalidGrant, "The subject token is of somebody else than `client_id` names.")
            }
            guard snapshot.caller(of: subject) != nil else {
                throw TokenError(.invalidGrant, "'\(subject.name)' is not a principal of this gateway.")
            }
            return try issue(to: subject, for: .federation(issuer.url), now: now)
        }
    }

    private func issue(
        to subject: TokenSubject,
        for origin: TokenOrigin,
        now: Int64
    ) throws(TokenError) -> TokenResponse {
        do {
            return try maker.issue(to: subject, for: origin, with: keys.withLock { $0 }, now: now)
        } catch {
            throw TokenError(.invalidGrant, "The token cannot be signed.")
        }
    }

    /// Whether a credential looks like an access token that this service issues: three parts of Base64URL.
    static func mayBeToken(_ text: String) -> Bool { text.utf8.starts(with: "eyJ".utf8) }

    /// Whom an access token belongs to; nil if it is not valid, or what it was issued for is not any longer.
    func caller(withToken token: String, in snapshot: Snapshot, now: Int64) -> Caller? {
        guard let verified = verifier.verified(token.utf8, now: now) else { return nil }
        switch verified.origin {
        case .secret(let id):
            guard let secret = snapshot.clientSecrets.secret(id), secret.isValid(now: now),
                secret.caller.name == verified.subject.name
            else { return nil }
            return secret.caller
        case .federation(let issuer):
            guard snapshot.configuration.trustedIssuers.contains(where: { $0.url == issuer }) else { return nil }
            return snapshot.caller(of: verified.subject)
        }
    }
}

extension TrustedIssuer {
    /// The issuer of the configuration.
    package init(_ issuer: Configuration.TrustedIssuer) {
        self.init(
            url: issuer.url,
            audiences: issuer.audiences,
            subjectClaim: issuer.subjectClaim,
            kind: issuer.kind,
            groupsClaim: issuer.groupsClaim
        )
    }
}

extension Snapshot {
    /// The caller that a token of a trusted issuer speaks for; nil if there is no such principal, or it was deactivated.
    ///
    /// Groups that the issuer names count if the gateway has them.
    func caller(of subject: TokenSubject) -> Caller? {
        guard let principal = metastore.principal(named: subject.name), principal.callerKind == subject.kind,
            principal.isActive, principal.source != .token
        else { return nil }
        var groups = metastore.groupNames(of: principal.id)
        for name in subject.groups {
            guard let group = metastore.principal(named: name), group.kind == .group else { continue }
            groups.formUnion(metastore.groupNames(of: group.id).union([group.name]))
        }
        groups.remove(groups.contains(PrincipalName.everybody) ? PrincipalName.everybody : "")
        return Caller(
            name: principal.name,
            kind: subject.kind,
            groups: groups,
            isAdministrator: principal.isAdministrator || groups.contains(Self.administrators),
            account: accounts.account(of: "\(subject.kind):\(principal.name)")
        )
    }
}
