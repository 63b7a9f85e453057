// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayPipeline
import NIOCore
import NIOHTTP1

/// Lets web pages of other origins use the gateway, as far as `server.cors` says (CORS, https://fetch.spec.whatwg.org, 2026-11).
///
/// A preflight request of an allowed origin is answered here, since browsers send it without a token. All other requests pass, and every response says whether
/// the page may read it.
package struct CrossOriginResponder: HTTPResponder {
    private let settings: Configuration.Server.CrossOrigin
    private let responder: any HTTPResponder
    private let requestIDs = RequestIDs()

    package init(_ responder: any HTTPResponder, settings: Configuration.Server.CrossOrigin) {
        self.responder = responder
        self.settings = settings
    }

    package func respond(to exchange: any HTTPExchange, upstream: any UpstreamClient) async {
        let request = exchange.request
        let permission = permission(for: request)
        if permission != nil, request.method == .OPTIONS,
            request.headers.contains(name: "access-control-request-method")
        {
            return answerPreflight(exchange, permission)
        }
        var altered = AlteredExchange(exchange)
        altered.alterResponse = { headers in self.add(permission, to: &headers) }
        await responder.respond(to: altered, upstream: upstream)
    }

    /// The value of `access-control-allow-origin`; nil for a request of an origin that is not allowed, or of none.
    private func permission(for request: HTTPRequest) -> String? {
        let origins = request.headers["origin"]
        guard origins.count == 1, let origin = origins.first else { return nil }
        if settings.lists(origin) { return origin }
        let any = Configuration.Server.CrossOrigin.anyOrigin
        return settings.allowedOrigins.contains(any) ? any : nil
    }

    private func answerPreflight(_ exchange: any HTTPExchange, _ permission: String?) {
        var headers: HTTPHeaders = [
            "x-request-id": requestIDs.next().text,
            "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
            "access-control-max-age": "\(settings.maximumAge.components.seconds)",
        ]
        // No header is a secret from the gateway, and `*` would not include `authorization`.
        let wanted = exchange.request.headers["access-control-request-headers"].joined(separator: ", ")
        if !wanted.isEmpty { headers.add(name: "access-control-allow-headers", value: wanted) }
        addPermission(permission, to: &headers)
        headers.add(name: "vary", value: "access-control-request-headers")
        exchange.send(status: 200, headers: headers, body: ByteBuffer())
    }

    /// Adds what a page needs to read a response and its headers.
    private func add(_ permission: String?, to headers: inout HTTPHeaders) {
        var names: [String] = []
        for (name, _) in headers where !names.contains(name) {
            // An upstream's own permission is not the gateway's, and a browser takes only one.
            if name.lowercased().hasPrefix("access-control-") { headers.remove(name: name) } else { names.append(name) }
        }
        if permission != nil {
            headers.add(name: "access-control-expose-headers", value: names.joined(separator: ", "))
        }
        addPermission(permission, to: &headers)
    }

    private func addPermission(_ permission: String?, to headers: inout HTTPHeaders) {
        let isAny = permission == Configuration.Server.CrossOrigin.anyOrigin
        if let permission {
            headers.add(name: "access-control-allow-origin", value: permission)
            if !isAny { headers.add(name: "access-control-allow-credentials", value: "true") }
        }
        // A cache must not give one origin the response to another, or to a request without one.
        headers.add(name: "vary", value: "origin")
    }
}
