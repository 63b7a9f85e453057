// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import NIOCore
import NIOHTTP1

/// Serves `/metrics` on a port of its own (`server.metrics_port`), to whoever reaches that port, and nothing else.
package struct MetricsResponder: HTTPResponder {
    private let metrics: @Sendable () async -> String
    private let errors = PlainErrorAnswer()

    /// Takes what gives the text of the metrics.
    package init(metrics: @escaping @Sendable () async -> String) {
        self.metrics = metrics
    }

    package func respond(to exchange: any HTTPExchange, upstream: any UpstreamClient) async {
        let request = exchange.request
        guard request.target.prefix(while: { $0 != "?" }) == "/metrics" else {
            return refuse(GatewayError(.routeNotFound, "This port serves only /metrics.", status: 404), exchange)
        }
        guard request.method == .GET || request.method == .HEAD else {
            return refuse(GatewayError(.methodNotAllowed, "This route takes GET."), exchange)
        }
        let headers: HTTPHeaders = ["content-type": "text/plain; version=0.0.4; charset=utf-8"]
        exchange.send(status: 200, headers: headers, body: ByteBuffer(string: await metrics()))
    }

    private func refuse(_ error: GatewayError, _ exchange: any HTTPExchange) {
        var (headers, body) = errors.write(error)
        if error.code == .methodNotAllowed { headers.add(name: "allow", value: "GET") }
        exchange.send(status: error.status, headers: headers, body: body)
    }
}
