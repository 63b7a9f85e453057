// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayIdentity
import GatewayJSON
package import GatewayPipeline
import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1

/// The documents by which clients find the token endpoint, the token endpoint, and the public keys of the gateway's access tokens.
///
/// Nobody is authenticated before: the token endpoint is where that happens.
package struct OAuthRoutes: Sendable {
    private let snapshots: CurrentSnapshot
    private let tokens: TokenService
    /// What all requests to the token endpoint hold together.
    private let account = CallerAccount()

    package init(snapshots: CurrentSnapshot, tokens: TokenService) {
        self.snapshots = snapshots
        self.tokens = tokens
    }

    func add(to router: Router<WebContext>) {
        router.get(".well-known/databricks-config") { _, context in
            Self.json(
                DiscoveryDocuments.databricksConfiguration(
                    at: context.request.publicAddress ?? "http://localhost",
                    workspaceID: snapshots.value.configuration.workspaceID,
                    audiences: snapshots.value.configuration.trustedIssuers.flatMap(\.audiences)
                )
            )
        }
        let document = ".well-known/oauth-authorization-server"
        let configuration = ".well-known/openid-configuration"
        for path in ["oidc/\(document)", "oidc/\(configuration)", "oidc/accounts/:account/\(document)"] {
            router.get(RouterPath(path)) { _, context in
                Self.json(
                    DiscoveryDocuments.authorizationServer(
                        at: context.request.publicAddress ?? "http://localhost",
                        issuer: tokens.issuer
                    )
                )
            }
        }
        router.get("oidc/jwks.json") { _, _ in Self.json(tokens.publicKeys) }
        router.get("oidc/v1/authorize") { _, _ in
            Self.refusal(
                TokenError(
                    .unsupportedGrantType,
                    "Users cannot log in here. Use an access token, or the id and secret of a service principal."
                )
            )
        }
        for path in ["oidc/v1/token", "oidc/accounts/:account/v1/token"] {
            router.post(RouterPath(path)) { _, context in await answer(context.exchange) }
        }
    }

    private func answer(_ exchange: any HTTPExchange) async -> Response {
        do throws(TokenError) {
            let request = try await read(exchange)
            let response = try await tokens.respond(
                to: request,
                in: snapshots.value,
                now: Authenticator.wallClock()
            )
            return Self.json(response.json)
        } catch {
            return Self.refusal(error)
        }
    }

    /// Reads the body, whose size must be known: nobody has been authenticated.
    private func read(_ exchange: any HTTPExchange) async throws(TokenError) -> TokenRequest {
        let headers = exchange.request.headers
        guard let length = headers.first(name: "content-length").flatMap({ Int($0) }),
            length <= TokenRequest.maximumBodyLength
        else {
            throw TokenError(
                .invalidRequest,
                "The body needs a Content-Length of at most \(TokenRequest.maximumBodyLength) bytes."
            )
        }
        let body: ByteBuffer
        do throws(GatewayError) {
            body = try await exchange.body(for: account)
        } catch {
            throw TokenError(.invalidRequest, error.message)
        }
        return try TokenRequest(
            authorizations: headers["authorization"],
            contentType: headers.first(name: "content-type"),
            body: body.readableBytesView
        )
    }

    private static func refusal(_ error: TokenError) -> Response {
        json(error.json, status: error.status, error.headers)
    }

    private static func json(
        _ value: JSONValue,
        status: Int = 200,
        _ headers: [(name: String, value: String)] = []
    ) -> Response {
        var fields: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]
        for (name, value) in headers {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        return Response(
            status: HTTPResponse.Status(code: status),
            headers: fields,
            body: ResponseBody(byteBuffer: value.bytes)
        )
    }
}
