// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayJSON

/// The well-known documents by which clients find the token endpoint.
///
/// Sources: RFC 8414; what PyPI `databricks-sdk` 0.162.0 reads (2026-11).
package enum DiscoveryDocuments {
    /// `/.well-known/databricks-config`.
    ///
    /// - Parameters:
    ///   - address: the gateway as the client reaches it, `https://host:port`, without a slash at the end.
    ///   - workspaceID: what the header `X-Databricks-Org-Id` says; nil if the document is to say nothing of it.
    ///   - accountID: the account's; nil likewise.
    ///   - audiences: for whom tokens are that are to be exchanged.
    /// - Returns: the document.
    package static func databricksConfiguration(
        at address: String,
        workspaceID: String? = nil,
        accountID: String? = nil,
        audiences: [String] = []
    ) -> JSONValue {
        JSONValue { writer in
            writer.beginObject()
            writer.member("oidc_endpoint", address + "/oidc")
            if let accountID { writer.member("account_id", accountID) }
            if let workspaceID { writer.member("workspace_id", workspaceID) }
            if !audiences.isEmpty {
                writer.key("token_federation_default_oidc_audiences")
                writer.array { writer in
                    for audience in audiences { writer.string(audience) }
                }
            }
            writer.endObject()
        }
    }

    /// `/oidc/.well-known/oauth-authorization-server`.
    ///
    /// - Parameters:
    ///   - address: the gateway as the client reaches it, `https://host:port`, without a slash at the end.
    ///   - issuer: the claim `iss` of its tokens.
    /// - Returns: the document.
    package static func authorizationServer(at address: String, issuer: String) -> JSONValue {
        func list(_ name: StaticString, _ values: [StaticString], _ writer: inout JSONWriter) {
            writer.key(name)
            writer.array { writer in
                for value in values { writer.string(value) }
            }
        }
        return JSONValue { writer in
            writer.beginObject()
            writer.member("issuer", issuer)
            // The SDK wants it although no user can log in here yet.
            writer.member("authorization_endpoint", address + "/oidc/v1/authorize")
            writer.member("token_endpoint", address + "/oidc/v1/token")
            writer.member("jwks_uri", address + "/oidc/jwks.json")
            list("response_types_supported", [], &writer)
            list(
                "grant_types_supported",
                ["client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange"],
                &writer
            )
            list(
                "token_endpoint_auth_methods_supported",
                ["client_secret_basic", "client_secret_post", "none"],
                &writer
            )
            list("scopes_supported", ["all-apis"], &writer)
            writer.endObject()
        }
    }
}
