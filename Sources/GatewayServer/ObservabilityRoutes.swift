// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1

/// Whether the gateway can serve, and the reason if it cannot.
package struct Readiness: Sendable {
    package var isReady: Bool
    /// The reason, fit for everybody: no path, no name, no number.
    package var reason: String?
    /// The problems, for the operator; a bad configuration file is reported here while the last valid one is in use.
    package var problems: [String]

    package init(isReady: Bool, reason: String? = nil, problems: [String] = []) {
        self.isReady = isReady
        self.reason = reason
        self.problems = problems
    }
}

/// `/health`, `/ready` and `/metrics`.
///
/// Load balancers use the first two without a token. Anonymous clients learn only whether the gateway can serve; details are for administrators.
struct ObservabilityRoutes {
    let readiness: @Sendable () async -> Readiness
    let metrics: @Sendable () async -> String
    let access: ObservabilityAccess
    private let errors = PlainErrorAnswer()

    init(
        readiness: @escaping @Sendable () async -> Readiness,
        metrics: @escaping @Sendable () async -> String,
        access: ObservabilityAccess
    ) {
        self.readiness = readiness
        self.metrics = metrics
        self.access = access
    }

    func add(to router: Router<WebContext>) {
        router.get("health") { _, _ in
            Self.json(.ok) { $0.member("status", "ok") }
        }
        router.get("ready") { [readiness, access] _, context in
            let readiness = await readiness()
            let showsDetails = access.isAdministrator(context.request)
            return Self.json(readiness.isReady ? .ok : .serviceUnavailable) { writer in
                writer.member("status", readiness.isReady ? "ready" : "not ready")
                if !readiness.isReady, let reason = readiness.reason { writer.member("reason", reason) }
                if showsDetails, !readiness.problems.isEmpty {
                    writer.member(
                        "problems",
                        array: { writer in
                            for problem in readiness.problems { writer.string(problem) }
                        }
                    )
                }
            }
        }
        router.get("metrics") { [metrics, access, errors] _, context in
            do throws(GatewayError) {
                try access.checkMetrics(context.request)
            } catch {
                return Self.refusal(error, errors)
            }
            return Response(
                status: .ok,
                headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: await metrics()))
            )
        }
    }

    private static func refusal(_ error: GatewayError, _ errors: PlainErrorAnswer) -> Response {
        let (headers, body) = errors.write(error)
        var fields = HTTPFields()
        for (name, value) in headers {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        return Response(
            status: HTTPResponse.Status(code: error.status),
            headers: fields,
            body: ResponseBody(byteBuffer: body)
        )
    }

    private static func json(_ status: HTTPResponse.Status, _ members: (inout JSONWriter) -> Void) -> Response {
        var writer = JSONWriter(into: ByteBuffer())
        writer.object(members)
        return Response(
            status: status,
            headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: writer.buffer)
        )
    }
}
