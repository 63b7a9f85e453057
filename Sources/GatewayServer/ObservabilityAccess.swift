// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayPipeline
import NIOHTTP1

/// Who may see the details of `/ready`, and who `/metrics`.
package struct ObservabilityAccess: Sendable {
    private let snapshots: CurrentSnapshot
    private let authenticator: Authenticator
    private let metrics: Configuration.Server.MetricsAccess

    package init(
        snapshots: CurrentSnapshot,
        authenticator: Authenticator,
        metrics: Configuration.Server.MetricsAccess
    ) {
        self.snapshots = snapshots
        self.authenticator = authenticator
        self.metrics = metrics
    }

    /// Whether the caller is an administrator; a request without a credential is anonymous, which is not an error.
    func isAdministrator(_ request: HTTPRequest) -> Bool {
        guard authenticator.isInsecure || Credential(request.headers) != nil else { return false }
        return (try? caller(request))?.isAdministrator == true
    }

    /// Checks that the metrics may be shown.
    ///
    /// - Throws: ``GatewayError/Code/unauthenticated`` without a valid token, ``GatewayError/Code/forbidden`` with a token of a caller who is not an administrator.
    func checkMetrics(_ request: HTTPRequest) throws(GatewayError) {
        switch metrics {
        case .open: return
        case .loopback where Self.isLocal(request): return
        case .loopback, .administrators: break
        }
        guard try caller(request).isAdministrator else {
            throw GatewayError(.forbidden, "Only administrators may read the metrics (`server.metrics_access`).")
        }
    }

    private func caller(_ request: HTTPRequest) throws(GatewayError) -> Caller {
        try authenticator.caller(request.headers, in: snapshots.value, now: Authenticator.wallClock())
    }

    /// Whether a request comes from this machine: the peer is a loopback address, no proxy header is present, and the `Host` is this machine's.
    private static func isLocal(_ request: HTTPRequest) -> Bool {
        guard Loopback.contains(address: request.remoteAddress) else { return false }
        let forwarding = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"]
        guard !forwarding.contains(where: { request.headers.contains(name: $0) }) else { return false }
        return request.headers["host"].allSatisfy { Loopback.contains(host: $0) }
    }
}
