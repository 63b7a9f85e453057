// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
package import GatewayPipeline
import Hummingbird
import NIOCore
import NIOHTTP1

/// `/.well-known/databricks-config`, which Databricks' SDKs read before anything else, and what they look for behind it.
///
/// Shape: PyPI `databricks-sdk` 0.162.0, `oauth.py`, `HostMetadata` (2026-11). Without it each `WorkspaceClient` warns. There is no OAuth yet, so the document
/// of its endpoints is refused in words that tell what to use instead.
package struct DiscoveryRoutes: Sendable {
    private let snapshots: CurrentSnapshot

    package init(snapshots: CurrentSnapshot) {
        self.snapshots = snapshots
    }

    func add(to router: Router<WebContext>) {
        router.get(".well-known/databricks-config") { _, context in
            var writer = JSONWriter()
            writer.object { writer in
                writer.member("oidc_endpoint", "\(context.request.publicAddress ?? "http://localhost")/oidc")
                writer.member("workspace_id", snapshots.value.configuration.workspaceID)
            }
            return Response(
                status: .ok,
                headers: [.contentType: "application/json", .cacheControl: "no-store"],
                body: ResponseBody(byteBuffer: writer.buffer)
            )
        }
        let document = ".well-known/oauth-authorization-server"
        for path in ["oidc/\(document)", "oidc/accounts/:account/\(document)"] {
            router.get(RouterPath(path)) { _, _ in Self.noOAuth() }
        }
        router.post("oidc/v1/token") { _, _ in Self.noOAuth() }
    }

    private static func noOAuth() -> Response {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("error_code", "FEATURE_DISABLED")
            writer.member(
                "message",
                "This gateway does not issue OAuth tokens. Use an access token: `gatehouse token create` makes one, and DATABRICKS_TOKEN takes it."
            )
        }
        return Response(
            status: .notFound,
            headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: writer.buffer)
        )
    }
}
