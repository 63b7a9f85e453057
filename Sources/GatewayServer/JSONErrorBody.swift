// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
package import NIOCore

/// The body of an error that no dialect renders: Databricks' two members.
package enum JSONErrorBody {
    /// For a request that was not even HTTP, where the status is all there is.
    package static func write(status: Int, message: String) -> ByteBuffer {
        write(code: status < 500 ? "BAD_REQUEST" : "INTERNAL_ERROR", message: message)
    }

    package static func write(code: String, message: String) -> ByteBuffer {
        var writer = JSONWriter(into: ByteBuffer())
        writer.object { writer in
            writer.member("error_code", code)
            writer.member("message", message)
        }
        return writer.buffer
    }
}
