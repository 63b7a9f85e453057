// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayIdentity
import GatewayJSON
import Testing

@Suite("Discovery documents")
struct DiscoveryDocumentsTests {
    @Test("The Databricks SDK finds the token endpoint from host to host")
    func chain() throws {
        let first = DiscoveryDocuments.databricksConfiguration(at: "https://gw:8443", workspaceID: "42")
        #expect(first["oidc_endpoint"]?.string == "https://gw:8443/oidc")
        #expect(first["workspace_id"]?.string == "42")
        #expect(first["account_id"] == nil)
        #expect(first["token_federation_default_oidc_audiences"] == nil)
        let second = DiscoveryDocuments.authorizationServer(at: "https://gw:8443", issuer: "https://gw/oidc")
        // Both are required by the SDK.
        #expect(second["token_endpoint"]?.string == "https://gw:8443/oidc/v1/token")
        #expect(second["authorization_endpoint"]?.string == "https://gw:8443/oidc/v1/authorize")
        #expect(second["issuer"]?.string == "https://gw/oidc")
        #expect(second["jwks_uri"]?.string == "https://gw:8443/oidc/jwks.json")
        #expect(second["grant_types_supported"]?.array?.first?.string == "client_credentials")
    }

    @Test("What federation needs is there when it is set")
    func federation() {
        let document = DiscoveryDocuments.databricksConfiguration(at: "x", accountID: "a", audiences: ["b", "c"])
        #expect(document["account_id"]?.string == "a")
        #expect(document["token_federation_default_oidc_audiences"]?.array?.compactMap(\.string) == ["b", "c"])
    }
}
