// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// What the error bodies of all dialects have in common: `error_code` and `message` at the top level, as Databricks' clients expect.
///
/// Shape: what Databricks' gateway answers (observed 2026-11).
enum ErrorWriter {
    /// An error body: the vendor's members, then the common ones.
    static func body(_ error: GatewayError, _ members: (inout JSONWriter) -> Void) -> ByteBuffer {
        var writer = JSONWriter(into: ByteBufferAllocator().buffer(capacity: 256 + 2 * error.message.utf8.count))
        write(error, into: &writer, members)
        return writer.buffer
    }

    /// The same as an object in a document.
    static func write(_ error: GatewayError, into writer: inout JSONWriter, _ members: (inout JSONWriter) -> Void) {
        writer.beginObject()
        members(&writer)
        writer.member("error_code", error.code.databricksCode)
        writer.member("message", error.message)
        writer.endObject()
    }
}

extension GatewayError {
    /// Puts a text in front of the message by which clients know the error, unless the message has it.
    mutating func begin(with text: String) {
        guard !message.lowercased().contains(text.lowercased()) else { return }
        message = "\(text): \(message)"
    }
}
