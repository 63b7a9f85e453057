// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayCore
package import GatewayGovernance
package import GatewayPipeline
import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1

/// The routes of administration, as Databricks' clients call them, and what every request of theirs passes.
///
/// In this order: the listener's bounds, the caller, the route, the right to use it, and then the body.
package struct AdministrationRoutes: Sendable {
    private let snapshots: CurrentSnapshot
    private let authenticator: Authenticator
    private let requestIDs = RequestIDs()
    let routes: [AdministrationRoute]

    package init(
        snapshots: CurrentSnapshot,
        authenticator: Authenticator,
        writer: any GovernanceWriter,
        services: ServiceTools,
        budgets: BudgetKeeper,
        problems: @escaping @Sendable () -> [String]
    ) {
        self.snapshots = snapshots
        self.authenticator = authenticator
        routes = [
            CatalogRoutes(writer: writer, definitions: services.definitions).routes,
            ServiceRoutes(tools: services).routes,
            PermissionRoutes(writer: writer).routes,
            MetastoreRoutes().routes,
            SCIMRoutes(writer: writer).routes,
            TokenRoutes(writer: writer).routes,
            ClientSecretRoutes(writer: writer).routes,
            ServingEndpointRoutes(tools: services).routes,
            BudgetRoutes(keeper: budgets).routes,
            EffectiveConfigurationRoutes(problems: problems).routes,
        ].flatMap { $0 }
    }

    /// Whether a path is one of administration, known or not: then nothing is said about it before the caller is known.
    static func owns(_ target: String) -> Bool { target.hasPrefix("/api/") }

    func add(to router: Router<WebContext>) {
        for route in routes {
            guard let method = HTTPTypes.HTTPRequest.Method(rawValue: route.method.rawValue) else { continue }
            router.on(RouterPath(route.path), method: method) { _, context in
                try await self.respond(to: context.exchange, by: route)
            }
        }
    }

    /// Who sends a request; to be known before the route is looked for.
    func checkCaller(_ request: GatewayCore.HTTPRequest) throws(GatewayError) {
        _ = try authenticator.caller(request.headers, in: snapshots.value, now: Authenticator.wallClock())
    }

    /// The methods that a path takes, for `allow`; empty for no such path.
    func methods(of path: String) -> [AdministrationRoute.Method] {
        routes.filter { $0.matches(path) }.map(\.method)
    }

    private func respond(to exchange: any HTTPExchange, by route: AdministrationRoute) async throws -> Response {
        let requestID = requestIDs.next().text
        let snapshot = snapshots.value
        do throws(GatewayError) {
            let time = Authenticator.wallClock()
            let caller = try authenticator.caller(exchange.request.headers, in: snapshot, now: time)
            exchange.identify(caller, service: nil)
            if route.access == .administrators, !caller.isAdministrator {
                throw GatewayError(.forbidden, "Only administrators may use \(route.method.rawValue) \(route.path).")
            }
            let (path, query) = Self.parts(of: exchange.request.target)
            let request = AdministrationRequest(
                head: exchange.request,
                body: try await Self.body(of: exchange, route, caller),
                snapshot: snapshot,
                caller: caller,
                requestID: requestID,
                time: time,
                parameters: try route.parameters(in: path),
                query: try Self.query(query)
            )
            // A list of many users takes a while, which calls on this event loop must not wait for.
            let answer = try await withTaskExecutorPreference(globalConcurrentExecutor) { () throws(GatewayError) in
                try await route.answer(request)
            }
            return Self.response(answer, requestID, workspace: snapshot.configuration.workspaceID)
        } catch {
            return Self.refusal(error, requestID)
        }
    }

    /// The body, of methods that have one; read on the event loop, as every body is.
    private static func body(
        of exchange: any HTTPExchange,
        _ route: AdministrationRoute,
        _ caller: Caller
    ) async throws(GatewayError) -> ByteBuffer {
        guard route.method != .get, route.method != .delete else { return ByteBuffer() }
        let body = try await exchange.body(for: caller.account)
        guard body.readableBytes <= AdministrationRequest.maximumBodyBytes else {
            throw GatewayError(
                .payloadTooLarge,
                "The body has more than \(AdministrationRequest.maximumBodyBytes) bytes."
            )
        }
        return body
    }

    private static func response(_ answer: AdministrationAnswer, _ requestID: String, workspace: String) -> Response {
        var headers: HTTPFields = [.contentType: answer.contentType, .cacheControl: "no-store"]
        add("x-request-id", requestID, to: &headers)
        add("x-databricks-org-id", workspace, to: &headers)
        return Response(
            status: HTTPResponse.Status(code: answer.status),
            headers: headers,
            body: ResponseBody(byteBuffer: answer.body)
        )
    }

    private static func refusal(_ error: GatewayError, _ requestID: String) -> Response {
        let (headers, body) = PlainErrorAnswer().write(error)
        var fields = HTTPFields()
        for (name, value) in headers { add(name, name == "x-request-id" ? requestID : value, to: &fields) }
        return Response(
            status: HTTPResponse.Status(code: error.status),
            headers: fields,
            body: ResponseBody(byteBuffer: body)
        )
    }

    private static func add(_ name: String, _ value: String, to fields: inout HTTPFields) {
        if let name = HTTPField.Name(name) { fields[name] = value }
    }

    private static func parts(of target: String) -> (path: Substring, query: Substring) {
        let end = target.firstIndex(of: "?") ?? target.endIndex
        return (target[..<end], end == target.endIndex ? "" : target[target.index(after: end)...])
    }

    /// Reads a query; `+` is a space, as forms have it.
    private static func query(_ text: Substring) throws(GatewayError) -> [String: String] {
        var query: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let decoded = parts.map { $0.replacing("+", with: " ").removingPercentEncoding }
            guard let name = decoded[0], let value = decoded.count > 1 ? decoded[1] : "" else {
                throw GatewayError(.invalidParameter, "The query is not percent-encoded as UTF-8.")
            }
            query[name] = value
        }
        return query
    }
}

extension AdministrationRoute {
    /// The parameters of a path that is one of this route's, decoded.
    fileprivate func parameters(in path: Substring) throws(GatewayError) -> [String: String] {
        var parameters: [String: String] = [:]
        for (own, given) in zip(self.path.split(separator: "/"), path.split(separator: "/")) where own.first == "{" {
            guard let value = given.removingPercentEncoding else {
                throw GatewayError(.invalidParameter, "The path is not percent-encoded as UTF-8.")
            }
            parameters[String(own.dropFirst().dropLast())] = value
        }
        return parameters
    }
}
