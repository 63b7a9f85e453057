// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayPipeline
import NIOCore
import NIOHTTP1

/// Keeps web pages out of a gateway without authentication, before anything else handles a request.
///
/// Any web page in a browser on this machine can send requests to a loopback port, and a host name that resolves to 127.0.0.1 makes them same-origin. So the host
/// and the origin must be this machine's, and a body must have a type that no page can send to another origin without a preflight request.
package struct LoopbackGuard: HTTPResponder {
    private let responder: any HTTPResponder
    private let translator: any Translator
    private let crossOrigin: Configuration.Server.CrossOrigin?
    private let requestIDs = RequestIDs()
    private let errors = PlainErrorAnswer()

    /// Guards a responder.
    ///
    /// - Parameters:
    ///   - responder: What is guarded.
    ///   - translator: Writes errors as clients of an API expect them.
    ///   - crossOrigin: The origins that it lists by name are let in, too.
    package init(
        _ responder: any HTTPResponder,
        translator: any Translator,
        crossOrigin: Configuration.Server.CrossOrigin? = nil
    ) {
        self.responder = responder
        self.translator = translator
        self.crossOrigin = crossOrigin
    }

    package func respond(to exchange: any HTTPExchange, upstream: any UpstreamClient) async {
        do throws(GatewayError) {
            try check(exchange.request)
        } catch {
            return refuse(error, exchange)
        }
        await responder.respond(to: exchange, upstream: upstream)
    }

    /// Checks a request by its head.
    ///
    /// - Throws: ``GatewayError/Code/forbidden`` or ``GatewayError/Code/unsupportedMediaType``, saying which header is wrong.
    private func check(_ request: HTTPRequest) throws(GatewayError) {
        let headers = request.headers
        // Only a proxy on this machine can report another address.
        guard Loopback.contains(address: request.remoteAddress) else {
            throw Self.refusal("the proxy reports a client elsewhere")
        }
        // Browsers always send it; HTTP/1.0 may leave it out.
        let hosts = headers["host"] + [request.forwardedHost].compactMap(\.self)
        guard hosts.allSatisfy({ Loopback.contains(host: $0) }) else {
            throw Self.refusal("the Host header is neither localhost nor a loopback address")
        }
        let origins = headers["origin"]
        let isListed = origins.count == 1 && origins.allSatisfy { crossOrigin?.lists($0) == true }
        guard isListed || origins.allSatisfy({ Loopback.contains(origin: $0) }) else {
            throw Self.refusal("the Origin header is another site, which `server.cors` does not list by name")
        }
        guard isListed || !headers["sec-fetch-site"].contains(where: { $0.lowercased() == "cross-site" }) else {
            throw Self.refusal("Sec-Fetch-Site reports another site")
        }
        switch request.method {
        // A page needs a preflight request for DELETE, PUT or PATCH; the first three have no effect.
        case .GET, .HEAD, .OPTIONS, .DELETE: return
        default: break
        }
        let types = headers["content-type"]
        let type = types.first?.prefix { $0 != ";" }.lowercased()
        guard types.count == 1, type?.filter({ $0 != " " && $0 != "\t" }) == "application/json" else {
            throw GatewayError(
                .unsupportedMediaType,
                "With --insecure, the gateway accepts only bodies of the content type application/json."
            )
        }
    }

    private static func refusal(_ reason: String) -> GatewayError {
        GatewayError(
            .forbidden,
            "With --insecure, the gateway serves this machine only, and \(reason). Run it with tokens to serve other clients."
        )
    }

    private func refuse(_ error: GatewayError, _ exchange: any HTTPExchange) {
        let target = exchange.request.target
        guard let apiType = translator.route(target)?.apiType ?? translator.unknownRoute(target).apiType else {
            let (headers, body) = errors.write(error)
            return exchange.send(status: error.status, headers: headers, body: body)
        }
        let (headers, body) = translator.errorAnswer(error, for: apiType, requestID: requestIDs.next().text)
        exchange.send(status: error.status, headers: headers, body: body)
    }
}
