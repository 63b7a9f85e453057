// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayCore
import GatewayGovernance
import GatewayJSON
import GatewayPipeline
import GatewaySchema

/// The OAuth secrets of service principals, for `client_credentials` at the token endpoint.
///
/// Shapes: PyPI `databricks-sdk` 0.162.0, `service/oauth2.py`, `ServicePrincipalSecretsProxyAPI` (2026-11).
struct ClientSecretRoutes {
    let writer: any GovernanceWriter

    /// Most secrets of one service principal, as at Databricks.
    private static let maximumSecrets = 5
    private static let defaultLifetime = 2 * 365 * 86_400

    var routes: [AdministrationRoute] {
        ["/api/2.0/accounts", "/api/2.0/accounts/{account_id}"].flatMap { routes(below: $0) }
    }

    private func routes(below base: String) -> [AdministrationRoute] {
        let path = "\(base)/servicePrincipals/{id}/credentials/secrets"
        return [
            AdministrationRoute(.post, path, .administrators) { [writer] request throws(GatewayError) in
                let lifetime = try request.body(Self.section)
                return try await Self.create(for: try Self.principal(request), lifetime, writer, request)
            },
            AdministrationRoute(.get, path, .administrators) { request throws(GatewayError) in
                let secrets = try Self.secrets(request)
                return .object { writer in
                    writer.member(
                        "secrets",
                        array: { writer in
                            for secret in secrets { writer.object { Self.write(secret, to: &$0) } }
                        }
                    )
                }
            },
            AdministrationRoute(.delete, "\(path)/{secret_id}", .administrators) {
                [writer] request throws(GatewayError) in
                let id = request["secret_id"]
                let secrets = try Self.secrets(request)
                guard let secret = secrets.first(where: { $0.id == id }),
                    try await writer.revoke(secret, by: request.actor)
                else { throw GatewayError(.notFound, "There is no secret with id \(id.prefixOfUTF8(64)).") }
                return .empty
            },
        ]
    }

    private static func principal(_ request: AdministrationRequest) throws(GatewayError) -> Principal {
        guard let id = Int64(request["id"]), let principal = request.metastore.principal(id: id),
            principal.kind == .servicePrincipal
        else { throw GatewayError(.notFound, "Service principal with id \(request["id"].prefixOfUTF8(64)) not found.") }
        return principal
    }

    private static func secrets(_ request: AdministrationRequest) throws(GatewayError) -> [AccessToken] {
        let principal = try principal(request)
        return request.snapshot.accessTokens.filter {
            $0.purpose == .oauthSecret && PrincipalName.normalized($0.principal) == principal.name
        }
    }

    private static func create(
        for principal: Principal,
        _ lifetime: Int?,
        _ writer: any GovernanceWriter,
        _ request: AdministrationRequest
    ) async throws(GatewayError) -> AdministrationAnswer {
        guard try secrets(request).count < maximumSecrets else {
            throw GatewayError(
                .invalidParameter,
                "A service principal has at most \(maximumSecrets) secrets. Delete one of them."
            )
        }
        let secret = AccessTokenSecret.random(prefix: "dose")
        let token = AccessToken(
            id: UUID().uuidString.lowercased(),
            hash: secret.hash,
            principal: principal.name,
            kind: .servicePrincipal,
            isAdministrator: false,
            createdAt: request.time,
            expiresAt: request.time + Int64(lifetime ?? defaultLifetime) * 1_000_000,
            createdBy: request.caller.name,
            purpose: .oauthSecret
        )
        try await writer.create(token, by: request.actor)
        return .object { writer in
            write(token, to: &writer)
            writer.member("secret", secret.text)
        }
    }

    private static func write(_ secret: AccessToken, to writer: inout JSONWriter) {
        func time(_ microseconds: Int64) -> String {
            Date(timeIntervalSince1970: Double(microseconds) / 1_000_000).formatted(.iso8601)
        }
        writer.member("id", secret.id)
        writer.member(
            "secret_hash",
            secret.hash.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        )
        writer.member("status", "ACTIVE")
        writer.member("create_time", time(secret.createdAt))
        writer.member("update_time", time(secret.createdAt))
        writer.optional("expire_time", secret.expiresAt.map(time))
    }

    /// `{"lifetime": "3600s"}`: a duration as JSON of protocol buffers spells it.
    private static let section: Section<Int?> = {
        let lifetime = Field(
            "lifetime",
            ValueType<Int>.scalar("a number of seconds such as `3600s`, up to two years") { text in
                guard text.hasSuffix("s"), let seconds = Int(text.dropLast()), (1...defaultLifetime).contains(seconds)
                else { return nil }
                return seconds
            },
            "How long the secret is valid."
        )
        return Section("secret", "A secret.", fields: [lifetime.documentation]) { values, reading in
            .some(values.read(lifetime, &reading))
        }
    }()
}
