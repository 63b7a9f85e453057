// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import HTTPTypes
import Hummingbird
import NIOCore

/// Whether the gateway can serve, and what keeps it from doing so.
package struct Readiness: Sendable {
    package var isReady: Bool
    /// What is wrong, in words for the operator; a bad configuration file shows here while the last good one still serves.
    package var problems: [String]

    package init(isReady: Bool, problems: [String] = []) {
        self.isReady = isReady
        self.problems = problems
    }
}

/// `/health`, `/ready` and `/metrics`.
///
/// They need no token: they tell nothing of callers or content.
struct ObservabilityRoutes {
    let readiness: @Sendable () async -> Readiness
    let metrics: @Sendable () async -> String

    func add(to router: Router<WebContext>) {
        router.get("health") { _, _ in
            Self.json(.ok) { $0.member("status", "ok") }
        }
        router.get("ready") { [readiness] _, _ in
            let readiness = await readiness()
            return Self.json(readiness.isReady ? .ok : .serviceUnavailable) { writer in
                writer.member("status", readiness.isReady ? "ready" : "not ready")
                if !readiness.problems.isEmpty {
                    writer.member(
                        "problems",
                        array: { writer in
                            for problem in readiness.problems { writer.string(problem) }
                        }
                    )
                }
            }
        }
        router.get("metrics") { [metrics] _, _ in
            Response(
                status: .ok,
                headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: await metrics()))
            )
        }
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
