// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
package import GatewayJSON
package import NIOCore

extension JSONString {
    /// Runs `body` on what belongs between the quotes of a JSON string.
    @inline(__always)
    func withEscapedBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
        // Text of a document stands there as it may stand here.
        let isDone = withBytes { bytes, isEscaped in
            if isEscaped { body(bytes) }
            return isEscaped
        }
        guard !isDone else { return }
        var escaped = ByteBuffer()
        escaped.writeJSON { $0.appendString(self) }
        escaped.withUnsafeReadableBytes(body)
    }
}

extension ByteBuffer {
    /// Writes what belongs between the quotes of a JSON string.
    @inline(__always)
    mutating func writeJSONText(_ text: JSONString) { text.withEscapedBytes { writeBytes($0) } }

    /// Writes JSON at the end.
    package mutating func writeJSON(_ body: (inout JSONWriter) -> Void) {
        var writer = JSONWriter(into: self)
        // Given up meanwhile, so that the writer appends in place.
        self = ByteBuffer()
        body(&writer)
        self = writer.buffer
    }

    /// Writes a number in decimal digits.
    mutating func writeDecimal(_ number: Int) {
        writeWithUnsafeMutableBytes(minimumWritableBytes: 20) { memory in
            var output = RawOutput(memory)
            output.writeDecimal(number)
            return output.count
        }
    }
}
