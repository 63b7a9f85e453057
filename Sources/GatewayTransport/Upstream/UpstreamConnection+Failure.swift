// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

/// How a connection says why it failed; the cause is for the log, the message for the client too.
extension UpstreamConnection {
    /// The proxy did not open the tunnel in time.
    func failTunnel(_ answer: UpstreamAnswer) {
        let proxy = pool.service.route.proxy.map { "\($0)" } ?? ""
        answer.fail(
            GatewayError(
                .upstreamTimeout,
                "The provider '\(pool.name)' did not accept a connection in time.",
                cause: "The proxy \(proxy) did not open a tunnel to the upstream in time."
            )
        )
        closeNow()
    }

    /// The upstream was too slow; `isUnsent` if nothing of the request can have reached it.
    func fail(_ answer: UpstreamAnswer, didNot what: String, isUnsent: Bool = false) {
        var error = GatewayError(.upstreamTimeout, "The provider '\(pool.name)' did not \(what) in time.")
        error.isUnsent = isUnsent
        answer.fail(error)
        closeNow()
    }

    /// Why an error ended the connection; of the proxy where it is not the upstream's.
    func cause(of error: any Error) -> String {
        if let proxy = pool.service.route.proxy, awaitsTunnel || pool.forwarding != nil, !(error is ProxyError) {
            return "The proxy \(proxy): \(ConnectionFailure.cause(ofProxy: error, verifying: proxy.address.host))"
        }
        return ConnectionFailure.cause(of: error, verifying: pool.verifiedName)
    }
}
