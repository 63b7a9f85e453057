// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore

extension ByteBuffer {
    /// Writes what belongs between the quotes of a JSON string.
    @inline(__always)
    mutating func writeJSONText(_ text: JSONString) {
        let isWritten = text.withBytes { bytes, isEscaped in
            // Text of a document stands there as it may stand here.
            if isEscaped { writeBytes(bytes) }
            return isEscaped
        }
        if !isWritten { writeJSON { $0.appendString(text) } }
    }

    /// Writes JSON at the end.
    mutating func writeJSON(_ body: (inout JSONWriter) -> Void) {
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
