// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON
package import GatewayPipeline
package import NIOCore
package import NIOHTTP1

/// The response to a request that no dialect knows: Databricks' two fields, and a request id as in every response.
package struct PlainErrorAnswer: Sendable {
    private let requestIDs: RequestIDs

    package init(requestIDs: RequestIDs = RequestIDs()) {
        self.requestIDs = requestIDs
    }

    package func write(_ error: GatewayError) -> (headers: HTTPHeaders, body: ByteBuffer) {
        var (headers, body) = write(code: error.code.databricksCode, message: error.message)
        for (name, value) in error.headers { headers.add(name: name, value: value) }
        return (headers, body)
    }

    /// For a request that was not valid HTTP, with only a status.
    package func write(status: Int, message: String) -> (HTTPHeaders, ByteBuffer) {
        write(code: status < 500 ? "BAD_REQUEST" : "INTERNAL_ERROR", message: message)
    }

    private func write(code: String, message: String) -> (headers: HTTPHeaders, body: ByteBuffer) {
        var writer = JSONWriter(into: ByteBuffer())
        writer.object { writer in
            writer.member("error_code", code)
            writer.member("message", message)
        }
        return (["content-type": "application/json", "x-request-id": requestIDs.next().text], writer.buffer)
    }
}
