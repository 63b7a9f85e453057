// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

/// A request to the token endpoint, read and not yet carried out.
///
/// Sources: RFC 6749, 4.4 and 5.2; RFC 8693; what PyPI `databricks-sdk` 0.162.0 sends (2026-11).
package enum TokenRequest: Sendable, Equatable {
    /// A service principal shows its application id and a secret.
    case clientCredentials(id: String, secret: String)
    /// A token of a trusted issuer is exchanged; the client id, where there is one, names the service principal that is wanted.
    case tokenExchange(subjectToken: String, clientID: String?)

    /// The largest body, in bytes.
    package static let maximumBodyLength = 64 << 10

    private static let exchangeGrant = "urn:ietf:params:oauth:grant-type:token-exchange"
    private static let tokenTypes = "urn:ietf:params:oauth:token-type:"

    /// Reads a request.
    ///
    /// - Parameters:
    ///   - authorizations: the values of the header `Authorization`.
    ///   - contentType: the value of `Content-Type`.
    ///   - body: at most ``maximumBodyLength`` bytes.
    /// - Throws: ``TokenError``, which says what is missing or wrong.
    package init(authorizations: [String], contentType: String?, body: some Collection<UInt8>) throws(TokenError) {
        let type = contentType?.prefix { $0 != ";" }.lowercased().filter { $0 != " " && $0 != "\t" }
        guard type == "application/x-www-form-urlencoded" else {
            throw TokenError(.invalidRequest, "The body must be of type application/x-www-form-urlencoded.")
        }
        guard body.count <= Self.maximumBodyLength else {
            throw TokenError(.invalidRequest, "The body is longer than \(Self.maximumBodyLength) bytes.")
        }
        let form = try FormParameters(body)
        let basic = try BasicCredentials(authorizations)
        guard let grant = form["grant_type"] else { throw TokenError(.invalidRequest, "`grant_type` is missing.") }
        guard grant == "client_credentials" || grant == Self.exchangeGrant else {
            throw TokenError(
                .unsupportedGrantType,
                "`grant_type` must be client_credentials or \(Self.exchangeGrant)."
            )
        }
        try Self.checkScope(form["scope"])
        self = try grant == Self.exchangeGrant ? Self.exchange(form, basic) : Self.credentials(form, basic)
    }

    private static func credentials(
        _ form: FormParameters,
        _ basic: BasicCredentials?
    ) throws(TokenError) -> TokenRequest {
        guard form["client_assertion"] == nil, form["client_assertion_type"] == nil else {
            throw TokenError(.invalidClient, "Clients authenticate with a secret; assertions are not supported.")
        }
        if let basic {
            guard form["client_secret"] == nil, [nil, basic.id].contains(form["client_id"]) else {
                throw TokenError(
                    .invalidRequest,
                    "Send the client's credentials in the Authorization header or in the body, not in both."
                )
            }
            return .clientCredentials(id: PrincipalName.normalized(basic.id), secret: basic.secret)
        }
        guard let id = form["client_id"], let secret = form["client_secret"] else {
            throw TokenError(
                .invalidClient,
                "The client's credentials are missing: send client_id and client_secret by HTTP Basic or in the body."
            )
        }
        return .clientCredentials(id: PrincipalName.normalized(id), secret: secret)
    }

    private static func exchange(
        _ form: FormParameters,
        _ basic: BasicCredentials?
    ) throws(TokenError) -> TokenRequest {
        guard basic == nil, form["client_secret"] == nil else {
            throw TokenError(
                .invalidRequest,
                "A token exchange takes no client secret; the subject token is the proof."
            )
        }
        guard let token = form["subject_token"] else {
            throw TokenError(.invalidRequest, "`subject_token` is missing.")
        }
        guard token.utf8.count <= TrustedIssuer.maximumTokenLength else {
            throw TokenError(
                .invalidRequest,
                "`subject_token` is longer than \(TrustedIssuer.maximumTokenLength) bytes."
            )
        }
        guard [tokenTypes + "jwt", tokenTypes + "id_token"].contains(form["subject_token_type"]) else {
            throw TokenError(.invalidRequest, "`subject_token_type` must be \(tokenTypes)jwt.")
        }
        guard [nil, tokenTypes + "access_token"].contains(form["requested_token_type"]) else {
            throw TokenError(.invalidRequest, "`requested_token_type` can be only \(tokenTypes)access_token.")
        }
        // To leave them out would give more than was asked for.
        for name in ["actor_token", "assume_group"] where form[name] != nil {
            throw TokenError(.invalidRequest, "`\(name)` is not supported.")
        }
        return .tokenExchange(subjectToken: token, clientID: form["client_id"].map(PrincipalName.normalized))
    }

    private static func checkScope(_ scope: String?) throws(TokenError) {
        guard let scope else { return }
        let scopes = scope.split(separator: " ")
        guard scopes.contains(Substring(AccessTokenIssuer.scope)),
            scopes.allSatisfy({ [AccessTokenIssuer.scope, "offline_access"].contains(String($0)) })
        else { throw TokenError(.invalidScope, "The only scope is \(AccessTokenIssuer.scope).") }
    }
}

extension TokenRequest: CustomStringConvertible {
    /// Who asks for what; never the secret or the token.
    package var description: String {
        switch self {
        case .clientCredentials(let id, _): "client credentials of \(id)"
        case .tokenExchange(_, let id): "token exchange for \(id ?? "the token's subject")"
        }
    }
}
