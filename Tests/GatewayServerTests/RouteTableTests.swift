// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayCore
import GatewayDialects
import GatewayGovernance
import GatewayIdentity
import GatewayJSON
import GatewayPipeline
import GatewayServer
import Logging
import NIOCore
import NIOHTTP1
import Testing

/// `GATEHOUSE_WRITE_DOCS=1 swift test --filter DocumentationTests` writes the table anew; `Python/tests/test_default_deny.py` walks it.
@Suite("DocumentationTests: the table of routes")
struct RouteTableTests {
    private static let marker = "The rest of this page is generated from the routers.\n\n"

    /// What answers without a caller; everything else wants one.
    private static let open: Set<String> = [
        "GET /", "GET /health", "GET /ready", "GET /metrics",
        "GET /.well-known/databricks-config", "GET /oidc/.well-known/oauth-authorization-server",
        "GET /oidc/.well-known/openid-configuration",
        "GET /oidc/accounts/{account}/.well-known/oauth-authorization-server",
        "GET /oidc/jwks.json", "GET /oidc/v1/authorize", "POST /oidc/v1/token",
        "POST /oidc/accounts/{account}/v1/token",
    ]

    @Test("docs/routes.md lists every route, and who may use it")
    func documented() throws {
        let routes = try web().routes
        let administrators = Set(
            routes.filter(\.isForAdministrators).map { "\($0.method) \($0.path)" }
        )
        let web = routes.map { (method: $0.method, path: $0.path) }
        let inference = Dialects().routes.table.flatMap { route in
            route.methods.map { (method: $0, path: route.path) }
        }
        #expect(Self.open.isSubset(of: web.map { "\($0.method) \($0.path)" }))
        var known: Set<String> = []
        let rows = (web + inference).sorted { ($0.path, $0.method) < ($1.path, $1.method) }.map { route in
            let name = "\(route.method) \(route.path)"
            let who =
                Self.open.contains(name) ? "anyone" : administrators.contains(name) ? "administrators" : "callers"
            return "| `\(route.method)` | `\(route.path)` | \(who) |"
        }
        // Each path has its twin below `/ai-gateway`, as the page says.
        let unique = rows.filter { !$0.contains("`/ai-gateway/") && known.insert($0).inserted }
        let page = try String(contentsOf: Self.url, encoding: .utf8)
        let intro = try #require(page.range(of: Self.marker), "The page has lost the sentence that the table follows.")
        let text =
            page[..<intro.upperBound] + "| Method | Path | For |\n|---|---|---|\n" + unique.joined(separator: "\n")
            + "\n"
        if ProcessInfo.processInfo.environment["GATEHOUSE_WRITE_DOCS"] == "1" {
            try String(text).write(to: Self.url, atomically: true, encoding: .utf8)
        }
        let isCurrent = try String(contentsOf: Self.url, encoding: .utf8) == text
        #expect(
            isCurrent,
            "docs/routes.md is stale. Run: GATEHOUSE_WRITE_DOCS=1 swift test --filter DocumentationTests"
        )
    }

    private static let url = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../docs/routes.md").standardized

    // MARK: A web server that nobody asks anything

    private let snapshots = CurrentSnapshot(
        Snapshot(configuration: Tracked(Configuration()), administratorToken: nil, translator: Dialects())
    )
    private let authenticator = Authenticator(metrics: Metrics())

    private func administration() throws -> AdministrationRoutes {
        let writer = NoWriter()
        let vault = try #require(SecretVault(keys: [SecretVault.newKey()]))
        return AdministrationRoutes(
            snapshots: snapshots,
            authenticator: authenticator,
            writer: writer,
            services: ServiceTools(
                writer: writer,
                definitions: NoDefinitions(),
                vault: try SecretVaultSource(stamp: { "" }, read: { vault }),
                snapshots: snapshots
            ),
            budgets: BudgetKeeper(),
            problems: { [] }
        )
    }

    private func web() throws -> WebResponder {
        let tokens = TokenService(
            workspaceID: "1",
            keys: SigningKeys(now: 0),
            fetchKeys: { _, _ throws(TokenError) in throw TokenError(.invalidGrant, "There are no keys.") }
        )
        return WebResponder(
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            readiness: { Readiness(isReady: true) },
            metrics: { "" },
            access: ObservabilityAccess(snapshots: snapshots, authenticator: authenticator, metrics: .administrators),
            models: ModelRoutes(
                ModelDirectory(snapshots: snapshots, authenticator: authenticator),
                translator: Dialects()
            ),
            oauth: OAuthRoutes(snapshots: snapshots, tokens: tokens),
            administration: try administration(),
            translator: Dialects()
        )
    }
}

private struct NoWriter: GovernanceWriter {
    private static let refusal = GatewayError(.internalFailure, "Nothing is written here.")

    func write<Value: Sendable>(
        by actor: Actor,
        _ body: @escaping @Sendable (inout CatalogTransaction) throws(GatewayError) -> Value
    ) async throws(GatewayError) -> Value { throw Self.refusal }
    func create(_ token: AccessToken, by actor: Actor) async throws(GatewayError) { throw Self.refusal }
    func revoke(_ token: AccessToken, by actor: Actor) async throws(GatewayError) -> Bool { throw Self.refusal }
}

private struct NoDefinitions: ServiceDefinitions {
    func define(
        _ kind: Securable.Kind,
        config: JSONValue,
        beside file: Configuration,
        over earlier: ServiceDefinition?,
        mask: Set<String>?
    ) throws(GatewayError) -> ServiceDefinition { throw GatewayError(.internalFailure, "Nothing is defined here.") }
    func references(of definition: ServiceDefinition) -> [Securable] { [] }
    func renaming(_ definition: String, _ rename: (String) -> String) -> String { definition }
    func build(
        _ services: [DefinedService],
        beside file: Configuration
    ) -> BuiltServices { BuiltServices() }
}
