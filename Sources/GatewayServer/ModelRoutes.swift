// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
package import GatewayCore
import GatewayJSON
package import GatewayPipeline
import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1

/// The model lists, for the clients of every API, with and without `/ai-gateway`.
///
/// They show what the caller may execute and leave no usage row.
package struct ModelRoutes: Sendable {
    private let directory: ModelDirectory
    private let formats: [any ModelListFormat]
    private let translator: any Translator
    private let requestIDs = RequestIDs()

    /// - Parameters:
    ///   - directory: What may be listed.
    ///   - translator: Has the lists, and writes errors as clients of an API expect them.
    package init(_ directory: ModelDirectory, translator: some Translator) {
        self.directory = directory
        formats = translator.modelLists
        self.translator = translator
    }

    func add(to router: Router<WebContext>) {
        var paths: Set<String> = []
        for path in formats.flatMap(\.paths) where paths.insert(path).inserted {
            let sharing = formats.filter { $0.paths.contains(path) }
            for path in [path, "ai-gateway/\(path)"] {
                router.get(RouterPath(path)) { request, _ in
                    Self.format(of: request, among: sharing).map { list($0, request) } ?? Response(status: .notFound)
                }
                router.get(RouterPath("\(path)/:model")) { request, context in
                    Self.format(of: request, among: sharing)
                        .map { one($0, request, context.parameters.get("model") ?? "") } ?? Response(status: .notFound)
                }
            }
        }
    }

    /// The list for the client of a request: the one whose header it sends, otherwise the one that needs none.
    private static func format(
        of request: Request,
        among formats: [any ModelListFormat]
    ) -> (any ModelListFormat)? {
        guard formats.count > 1 else { return formats.first }
        let known = formats.first { format in
            format.clientHeader.flatMap { HTTPField.Name($0) }.map { request.headers.contains($0) } == true
        }
        return known ?? formats.first { $0.clientHeader == nil } ?? formats.first
    }

    private func list(_ format: any ModelListFormat, _ request: Request) -> Response {
        respond(format) { writer throws(GatewayError) in
            let models = try directory.models(for: Self.headers(request), reachableBy: format.apiTypes)
            let parameters = request.uri.queryParameters.map { (name: String($0.key), value: String($0.value)) }
            try format.write(models, ModelListQuery(parameters), into: &writer)
        }
    }

    private func one(_ format: any ModelListFormat, _ request: Request, _ name: String) -> Response {
        respond(format) { writer throws(GatewayError) in
            let model = try directory.model(
                named: name.removingPercentEncoding ?? name,
                for: Self.headers(request),
                reachableBy: format.apiTypes
            )
            format.write(model, into: &writer)
        }
    }

    private func respond(
        _ format: any ModelListFormat,
        _ write: (inout JSONWriter) throws(GatewayError) -> Void
    ) -> Response {
        let id = requestIDs.next().text
        var writer = JSONWriter()
        do throws(GatewayError) {
            try write(&writer)
            return Self.response(status: 200, ["content-type": "application/json", "x-request-id": id], writer.buffer)
        } catch {
            let (headers, body) = translator.errorAnswer(error, for: format.apiTypes[0], requestID: id)
            return Self.response(status: error.status, headers, body)
        }
    }

    private static func response(status: Int, _ headers: HTTPHeaders, _ body: ByteBuffer) -> Response {
        var fields = HTTPFields()
        for (name, value) in headers {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        return Response(
            status: HTTPResponse.Status(code: status),
            headers: fields,
            body: ResponseBody(byteBuffer: body)
        )
    }

    private static func headers(_ request: Request) -> HTTPHeaders {
        HTTPHeaders(request.headers.map { ($0.name.canonicalName, $0.value) })
    }
}
