// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// The proxies that the environment names, by curl's rules: `HTTPS_PROXY` and `HTTP_PROXY` by the scheme of the upstream, `ALL_PROXY` for either, `NO_PROXY` for exceptions.
///
/// Lower case counts before upper case, and an empty variable does not count. This machine's own upstreams are never reached through one.
package struct ProxyEnvironment: Sendable {
    /// A variable that names no usable proxy; the message has nothing of its value.
    package struct VariableError: Error, Sendable {
        package let variable: String

        package var message: String { "the environment variable `\(variable)` must be \(UpstreamProxy.requirement)" }
    }

    private let variables: [String: String]
    private let exceptions: ProxyExceptions

    package init(_ environment: [String: String]) {
        variables = environment.filter { !$0.value.isEmpty }
        exceptions = ProxyExceptions(variables["no_proxy"] ?? variables["NO_PROXY"] ?? "")
    }

    /// The proxy for an upstream; nil where it is reached directly.
    package func proxy(for address: UpstreamAddress) throws(VariableError) -> UpstreamProxy? {
        let specific = address.isSecure ? "https_proxy" : "http_proxy"
        let names = [specific, specific.uppercased(), "all_proxy", "ALL_PROXY"]
        guard let name = names.first(where: { variables[$0] != nil }), let value = variables[name],
            !Loopback.contains(name: address.host), !exceptions.contains(host: address.host, port: address.port)
        else { return nil }
        guard let proxy = UpstreamProxy(url: value.contains("://") ? value : "http://\(value)") else {
            throw VariableError(variable: name)
        }
        return proxy
    }
}

extension Loopback {
    /// Whether the host of a URL is this machine: `localhost`, a name below it (RFC 6761, 6.3), or a loopback address.
    fileprivate static func contains(name host: String) -> Bool {
        let name = ProxyExceptions.plainName(host)
        return name == "localhost" || name.hasSuffix(".localhost") || contains(address: name)
    }
}
