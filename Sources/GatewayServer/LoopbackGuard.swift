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
    private let requestIDs = RequestIDs()
    private let errors = PlainErrorAnswer()

    /// Guards a responder; the translator writes errors as clients of an API expect them.
    package init(_ responder: any HTTPResponder, translator: any Translator) {
        self.responder = responder
        self.translator = translator
    }

    package func respond(to exchange: any HTTPExchange, upstream: any UpstreamClient) async {
        do throws(GatewayError) {
            try Self.check(exchange.request)
        } catch {
            return refuse(error, exchange)
        }
        await responder.respond(to: exchange, upstream: upstream)
    }

    /// Checks a request by its head.
    ///
    /// - Throws: ``GatewayError/Code/forbidden`` or ``GatewayError/Code/unsupportedMediaType``, saying which header is wrong.
    package static func check(_ request: HTTPRequest) throws(GatewayError) {
        let headers = request.headers
        // Browsers always send it; HTTP/1.0 may leave it out.
        guard headers["host"].allSatisfy({ Loopback.contains(host: $0) }) else {
            throw refusal("the Host header is neither localhost nor a loopback address")
        }
        guard headers["origin"].allSatisfy({ Loopback.contains(origin: $0) }) else {
            throw refusal("the Origin header is another site")
        }
        guard !headers["sec-fetch-site"].contains(where: { $0.lowercased() == "cross-site" }) else {
            throw refusal("Sec-Fetch-Site reports another site")
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
