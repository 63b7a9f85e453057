// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayPipeline
import HTTPTypes
import Hummingbird
package import Logging
import NIOCore
import NIOHTTP1

/// Serves everything except inference routes: health, metrics, the model lists, and what comes later (administration, SQL, web pages).
///
/// It passes a request from the listener to the responder that Hummingbird's router builds, and returns its response.
package struct WebResponder: GatewayCore.HTTPResponder {
    private let router: any Hummingbird.HTTPResponder<WebContext>
    private let logger: Logger
    private let requestIDs = RequestIDs()
    private let errors = PlainErrorAnswer()
    private let translator: any Translator
    private let administration: AdministrationRoutes
    /// Every route.
    package let routes: [WebRoute]

    /// Builds the router.
    ///
    /// - Parameters:
    ///   - logger: The logger of the web server.
    ///   - readiness: Whether the gateway can serve, asked at each `/ready`.
    ///   - metrics: The text of `/metrics`.
    ///   - access: Who may see which parts of both.
    ///   - models: The model lists.
    ///   - oauth: What Databricks' SDKs ask first, and the token endpoint.
    ///   - administration: The routes of administration.
    ///   - translator: Knows whose clients call at a path, and writes errors as they expect them.
    package init(
        logger: Logger,
        readiness: @escaping @Sendable () async -> Readiness,
        metrics: @escaping @Sendable () async -> String,
        access: ObservabilityAccess,
        models: ModelRoutes,
        oauth: OAuthRoutes,
        administration: AdministrationRoutes,
        translator: any Translator
    ) {
        self.translator = translator
        self.administration = administration
        let router = Router(context: WebContext.self)
        ObservabilityRoutes(readiness: readiness, metrics: metrics, access: access).add(to: router)
        models.add(to: router)
        RootRoutes().add(to: router)
        oauth.add(to: router)
        administration.add(to: router)
        routes = router.routes.map { route in
            let (method, path) = (route.method.rawValue, route.path.description)
            let own = administration.routes.first { $0.method.rawValue == method && $0.path == path }
            return WebRoute(method: method, path: path, isForAdministrators: own?.access == .administrators)
        }
        self.router = router.buildResponder()
        self.logger = logger
    }

    package func respond(to exchange: any HTTPExchange, upstream: any UpstreamClient) async {
        let head = exchange.request
        guard let method = HTTPRequest.Method(rawValue: head.method.rawValue) else {
            return refuse(
                GatewayError(.methodNotAllowed, "The method \(head.method.rawValue.prefix(32)) is not supported."),
                exchange
            )
        }
        if AdministrationRoutes.owns(head.target) {
            do throws(GatewayError) {
                try administration.checkCaller(head)
            } catch {
                return refuse(error, exchange)
            }
        }
        var fields = HTTPFields()
        for (name, value) in head.headers {
            if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
        }
        let request = Request(
            head: HTTPTypes.HTTPRequest(
                // The response to HEAD is that to GET; the listener leaves out the body.
                method: method == .head ? .get : method,
                scheme: nil,
                authority: head.headers.first(name: "host"),
                path: head.target,
                headerFields: fields
            ),
            // The caller is not known here, so no body is read. A route that takes one reads it from the exchange, for its caller.
            body: RequestBody(buffer: ByteBuffer())
        )
        let response: Response
        do {
            response = try await router.respond(
                to: request,
                context: WebContext(source: .init(logger: logger, request: head, exchange: exchange))
            )
        } catch {
            logger.error("A web route failed", metadata: ["error": "\(error)"])
            return refuse(GatewayError(.internalFailure, "The gateway could not process this request."), exchange)
        }
        // For an unknown route Hummingbird returns a bare status.
        if response.status.code >= 400, response.body.contentLength == 0 {
            let unknown = translator.unknownRoute(head.target)
            let allowed = administration.methods(of: String(head.target.prefix { $0 != "?" }))
            let status = allowed.isEmpty ? response.status.code : 405
            let error = Self.error(status: status, target: head.target, unknown)
            return refuse(error, exchange, unknown.apiType, allow: allowed.map(\.rawValue))
        }
        await send(response, to: exchange)
    }

    /// Says that there is no such route, since everything is served below a path.
    func refuseElsewhere(_ exchange: any HTTPExchange, _ basePath: BasePath) {
        let message = "There is no such route: everything is served below \(basePath.text) (`server.base_path`)."
        refuse(
            GatewayError(.routeNotFound, message, status: 404),
            exchange,
            translator.unknownRoute(exchange.request.target).apiType
        )
    }

    private func send(_ response: Response, to exchange: any HTTPExchange) async {
        var headers = HTTPHeaders()
        for field in response.headers { headers.add(name: field.name.canonicalName, value: field.value) }
        if !headers.contains(name: "x-request-id") {
            headers.add(name: "x-request-id", value: requestIDs.next().text)
        }
        exchange.start(status: response.status.code, headers: headers)
        do {
            try await response.body.write(ExchangeWriter(exchange: exchange))
        } catch {
            exchange.abort()
        }
    }

    /// Answers with an error, as the clients of an API expect it where one is known.
    private func refuse(
        _ error: GatewayError,
        _ exchange: any HTTPExchange,
        _ apiType: APIType? = nil,
        allow methods: [String] = []
    ) {
        guard let apiType else {
            var (headers, body) = errors.write(error)
            if !methods.isEmpty { headers.add(name: "allow", value: methods.joined(separator: ", ")) }
            return exchange.send(status: error.status, headers: headers, body: body)
        }
        let (headers, body) = translator.errorAnswer(error, for: apiType, requestID: requestIDs.next().text)
        exchange.send(status: error.status, headers: headers, body: body)
    }

    /// The routes that are no inference, for those who miss one of them by a letter.
    private static let webPaths = ["/health", "/ready", "/metrics"]

    /// A path that looks like an inference route gets Databricks' message for an unknown one (observed 2026-11).
    private static func error(status: Int, target: String, _ unknown: UnknownRoute) -> GatewayError {
        let whole = String(target.prefix { $0 != "?" })
        let path = whole.prefixOfUTF8(200)
        switch status {
        case 404:
            let nearest = unknown.nearest ?? Suggestion.closest(to: whole, in: webPaths).map { "GET \($0)" }
            let hint = nearest.map { " Did you mean \($0)?" } ?? ""
            if unknown.isInference {
                return GatewayError(.routeNotFound, "The path '\(path)' doesn't match any known API type.\(hint)")
            }
            let message = "There is no route '\(path)'.\(hint)"
            guard unknown.apiType != nil else { return GatewayError(.modelNotFound, message) }
            return GatewayError(.routeNotFound, message, status: 404)
        case 405: return GatewayError(.methodNotAllowed, "The path '\(path)' does not accept this method.")
        case 400..<500: return GatewayError(.invalidRequest, "The request cannot be processed.", status: status)
        default: return GatewayError(.internalFailure, "The gateway could not process this request.")
        }
    }
}

/// A route of the web server, for the documentation and for tests that walk over all of them.
package struct WebRoute: Sendable {
    package let method: String
    /// With names of parameters: `/api/2.0/token-management/tokens/{token_id}`.
    package let path: String
    package let isForAdministrators: Bool
}

/// Passes what Hummingbird writes to the exchange.
private struct ExchangeWriter: ResponseBodyWriter {
    let exchange: any HTTPExchange

    mutating func write(_ buffer: ByteBuffer) async throws {
        try await exchange.write(buffer)
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {
        exchange.finish(ByteBuffer())
    }
}
