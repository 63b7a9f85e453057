// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

/// Serves everything below a path; elsewhere is nothing.
package struct BasePathResponder: HTTPResponder {
    private let basePath: BasePath
    private let responder: any HTTPResponder
    private let elsewhere: WebResponder

    /// `elsewhere` says that there is no such route.
    package init(_ responder: any HTTPResponder, below basePath: BasePath, elsewhere: WebResponder) {
        self.responder = responder
        self.basePath = basePath
        self.elsewhere = elsewhere
    }

    package func respond(to exchange: any HTTPExchange, upstream: any UpstreamClient) async {
        guard let target = basePath.rest(of: exchange.request.target) else {
            return elsewhere.refuseElsewhere(exchange, basePath)
        }
        var altered = AlteredExchange(exchange)
        altered.request.target = target
        altered.request.basePath += basePath.text
        await responder.respond(to: altered, upstream: upstream)
    }
}
