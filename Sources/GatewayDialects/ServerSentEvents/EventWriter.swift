// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayJSON
package import NIOCore

/// Writes server-sent events.
package enum EventWriter {
    /// Writes an event whose data is one JSON value without line ends, as ``GatewayJSON/JSONWriter`` writes it; without a name it has no `event:` line.
    package static func write(
        name: StaticString? = nil,
        into output: inout ByteBuffer,
        data: (inout JSONWriter) -> Void
    ) {
        if let name {
            output.writeStaticString("event: ")
            output.writeStaticString(name)
            output.writeStaticString("\n")
        }
        output.writeStaticString("data: ")
        output.writeJSON(data)
        output.writeStaticString("\n\n")
    }

    /// Writes the event that ends OpenAI's chat streams.
    package static func writeDone(into output: inout ByteBuffer) {
        output.writeStaticString("data: [DONE]\n\n")
    }
}
