// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

/// What a request has beside its own when a proxy forwards it: the absolute form of its target (RFC 9112, 3.2.2), and the proxy's credentials.
struct ProxyForwarding {
    let proxy: UpstreamProxy
    /// What stands before the path.
    let origin: String
    let headers: [(name: String, value: String)]

    init(_ proxy: UpstreamProxy, _ upstream: UpstreamAddress) {
        self.proxy = proxy
        origin = "http://" + upstream.authority
        headers = proxy.authorization.map { [(name: "proxy-authorization", value: $0)] } ?? []
    }
}
