// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// How connections to an upstream are made: through which proxy, and with what TLS.
package struct UpstreamRoute: Sendable, Hashable {
    /// nil where it is reached directly.
    package var proxy: UpstreamProxy?
    package var tls: UpstreamTLSSettings

    package init(proxy: UpstreamProxy? = nil, tls: UpstreamTLSSettings = UpstreamTLSSettings()) {
        self.proxy = proxy
        self.tls = tls
    }
}

/// What a configuration says about the ways to an upstream, and to the token endpoint that it needs.
package struct UpstreamRouting: Sendable {
    /// `proxy` of a provider service.
    package enum ProxyChoice: Sendable {
        case direct
        case proxy(UpstreamProxy)
    }

    /// nil where the environment decides.
    package var proxyChoice: ProxyChoice?
    package var environment: ProxyEnvironment
    package var tls: UpstreamTLSSettings

    package init(
        proxyChoice: ProxyChoice? = nil,
        environment: ProxyEnvironment = ProxyEnvironment([:]),
        tls: UpstreamTLSSettings = UpstreamTLSSettings()
    ) {
        self.proxyChoice = proxyChoice
        self.environment = environment
        self.tls = tls
    }

    /// The way to the upstream itself.
    package func route(to upstream: UpstreamAddress) throws(ProxyEnvironment.VariableError) -> UpstreamRoute {
        UpstreamRoute(proxy: try proxy(for: upstream), tls: tls)
    }

    /// The way to an endpoint that issues tokens for the upstream.
    package func route(toTokens endpoint: UpstreamAddress) throws(ProxyEnvironment.VariableError) -> UpstreamRoute {
        UpstreamRoute(proxy: try proxy(for: endpoint), tls: tls.ofOtherServers)
    }

    private func proxy(for address: UpstreamAddress) throws(ProxyEnvironment.VariableError) -> UpstreamProxy? {
        switch proxyChoice {
        case .direct: nil
        case .proxy(let proxy): proxy
        case nil: try environment.proxy(for: address)
        }
    }
}
