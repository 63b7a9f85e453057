// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayCore
import GatewayGovernance
import GatewayJSON
import GatewayPipeline
import GatewaySchema

/// `/api/2.0/token` and `/api/2.0/token-management`: personal access tokens.
///
/// Shapes: PyPI `databricks-sdk` 0.162.0, `service/settings.py`, `TokensAPI` and `TokenManagementAPI` (2026-11).
struct TokenRoutes {
    let writer: any GovernanceWriter

    /// How long a token is valid that says nothing else: two years, as at Databricks.
    private static let defaultLifetime = 2 * 365 * 86_400
    /// Most tokens of one principal.
    private static let maximumTokens = 600

    var routes: [AdministrationRoute] { ownRoutes + managementRoutes }

    private var ownRoutes: [AdministrationRoute] {
        [
            AdministrationRoute(.post, "/api/2.0/token/create") { [writer] request throws(GatewayError) in
                let body = try request.body(TokenBody.section)
                guard !request.caller.isBuiltIn else {
                    throw GatewayError(
                        .invalidParameter,
                        "The built-in administrator has no tokens of its own. Create a user, make it a member of `admins`, and use its token."
                    )
                }
                return try await Self.create(
                    for: request.caller.name,
                    request.caller.kind,
                    body,
                    writer,
                    request
                )
            },
            AdministrationRoute(.get, "/api/2.0/token/list") { request throws(GatewayError) in
                let tokens = request.snapshot.accessTokens.filter { Self.isOwn($0, request.caller) }
                return Self.list(tokens, request)
            },
            AdministrationRoute(.post, "/api/2.0/token/delete") { [writer] request throws(GatewayError) in
                let id = try request.body(TokenBody.idSection)
                let token = request.snapshot.accessTokens.first { $0.id == id && Self.isOwn($0, request.caller) }
                guard let token, try await writer.revoke(token, by: request.actor) else { throw Self.missing(id) }
                return .empty
            },
        ]
    }

    private var managementRoutes: [AdministrationRoute] {
        let base = "/api/2.0/token-management"
        return [
            AdministrationRoute(.get, "\(base)/tokens", .administrators) { request throws(GatewayError) in
                var tokens = request.snapshot.accessTokens.filter { $0.purpose == .token }
                if let name = request.query["created_by_username"], !name.isEmpty {
                    tokens = tokens.filter { $0.principal == name }
                }
                if let id = request.query["created_by_id"], !id.isEmpty {
                    let name = Int64(id).flatMap { request.metastore.principal(id: $0) }?.name
                    tokens = tokens.filter { $0.principal == name }
                }
                return Self.list(tokens, request)
            },
            AdministrationRoute(.get, "\(base)/tokens/{token_id}", .administrators) { request throws(GatewayError) in
                let id = request["token_id"]
                guard let token = request.snapshot.accessTokens.first(where: { $0.id == id && $0.purpose == .token })
                else {
                    throw Self.missing(id)
                }
                return .object { writer in
                    writer.member("token_info", object: { Self.write(token, to: &$0, request) })
                }
            },
            AdministrationRoute(.delete, "\(base)/tokens/{token_id}", .administrators) {
                [writer] request throws(GatewayError) in
                let id = request["token_id"]
                guard let token = request.snapshot.accessTokens.first(where: { $0.id == id }),
                    try await writer.revoke(token, by: request.actor)
                else { throw Self.missing(id) }
                return .empty
            },
            AdministrationRoute(.post, "\(base)/on-behalf-of/tokens", .administrators) {
                [writer] request throws(GatewayError) in
                let body = try request.body(TokenBody.onBehalfOf)
                let name = body.applicationID ?? ""
                guard let principal = request.metastore.principal(named: name), principal.kind == .servicePrincipal
                else {
                    throw GatewayError(
                        .notFound,
                        "There is no service principal with the application id '\(name.prefixOfUTF8(255))'."
                    )
                }
                return try await Self.create(for: principal.name, .servicePrincipal, body, writer, request)
            },
        ]
    }

    private static func create(
        for name: String,
        _ kind: Caller.Kind,
        _ body: TokenBody,
        _ writer: any GovernanceWriter,
        _ request: AdministrationRequest
    ) async throws(GatewayError) -> AdministrationAnswer {
        let count = request.snapshot.accessTokens.count {
            $0.principal == name && $0.kind == kind && $0.purpose == .token
        }
        guard count < maximumTokens else {
            throw GatewayError(.invalidParameter, "'\(name)' has \(count) tokens already. Delete some of them.")
        }
        let secret = AccessTokenSecret.random()
        let token = AccessToken(
            id: UUID().uuidString.lowercased(),
            hash: secret.hash,
            principal: name,
            kind: kind,
            isAdministrator: false,
            comment: body.comment,
            createdAt: request.time,
            expiresAt: request.time + Int64(body.lifetime ?? defaultLifetime) * 1_000_000,
            createdBy: request.caller.name
        )
        try await writer.create(token, by: request.actor)
        return .object { writer in
            writer.member("token_value", secret.text)
            writer.member("token_info", object: { write(token, to: &$0, request) })
        }
    }

    private static func isOwn(_ token: AccessToken, _ caller: Caller) -> Bool {
        token.purpose == .token && PrincipalName.normalized(token.principal) == caller.name
            && token.kind == caller.kind
    }

    private static func missing(_ id: String) -> GatewayError {
        GatewayError(.notFound, "Token with id \(id.prefixOfUTF8(64)) does not exist.")
    }

    private static func list(_ tokens: [AccessToken], _ request: AdministrationRequest) -> AdministrationAnswer {
        .object { writer in
            writer.member(
                "token_infos",
                array: { writer in
                    for token in tokens { writer.object { write(token, to: &$0, request) } }
                }
            )
        }
    }

    private static func write(_ token: AccessToken, to writer: inout JSONWriter, _ request: AdministrationRequest) {
        writer.member("token_id", token.id)
        writer.member("comment", token.comment ?? "")
        writer.member("creation_time", Int(token.createdAt / 1000))
        writer.member("expiry_time", token.expiresAt.map { Int($0 / 1000) } ?? -1)
        let owner = request.metastore.principal(named: token.principal)
        writer.member("created_by_username", token.createdBy ?? token.principal)
        if let owner {
            writer.member("owner_id", Int(owner.id))
            writer.member(
                "created_by_id",
                Int(request.metastore.principal(named: token.createdBy ?? "")?.id ?? owner.id)
            )
        }
    }
}

/// The body of a request for a token.
private struct TokenBody: Sendable {
    var applicationID: String?
    var comment: String?
    /// In seconds.
    var lifetime: Int?

    private static let comment = Field("comment", ValueType<String>.anyText(limit: 1024), "A note about the token.")
    private static let lifetime = Field(
        "lifetime_seconds",
        ValueType<Int>.integer(1...3_153_600_000),
        "How long the token is valid."
    )
    private static let application = Field("application_id", ValueType<String>.text(), .required, "Whose token it is.")
    private static let scopes = Field("scopes", ValueType<FileNode>.any, "All tokens may do what their owner may.")
    private static let autoscope = Field("autoscope_enabled", ValueType<FileNode>.any, "Passed over.")

    static let section = Section<TokenBody>(
        "token",
        "A token of the caller's own.",
        fields: [
            comment.documentation, lifetime.documentation, scopes.documentation, autoscope.documentation,
        ]
    ) { values, reading in
        TokenBody(comment: values.read(comment, &reading), lifetime: values.read(lifetime, &reading))
    }

    static let onBehalfOf = Section<TokenBody>(
        "token",
        "A token of a service principal.",
        fields: [
            application.documentation, comment.documentation, lifetime.documentation, scopes.documentation,
            autoscope.documentation,
        ]
    ) { values, reading in
        TokenBody(
            applicationID: values.read(application, &reading),
            comment: values.read(comment, &reading),
            lifetime: values.read(lifetime, &reading)
        )
    }

    static let idSection: Section<String> = {
        let id = Field("token_id", ValueType<String>.text(), .required, "The token's id.")
        return Section("token", "Which token.", fields: [id.documentation]) { values, reading in
            values.read(id, &reading)
        }
    }()
}
