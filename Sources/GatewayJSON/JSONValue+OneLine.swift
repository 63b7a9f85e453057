// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import NIOCore

extension JSONValue {
    /// The same value without line ends, for the data of an event.
    ///
    /// In valid JSON they stand between tokens only, where a space does as well.
    package var onOneLine: JSONValue {
        let bytes = bytes
        let isEnd: (UInt8) -> Bool = { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
        guard bytes.readableBytesView.contains(where: isEnd) else { return self }
        var line = ByteBufferAllocator().buffer(capacity: bytes.readableBytes)
        line.writeBytes(bytes.readableBytesView.lazy.map { isEnd($0) ? UInt8(ascii: " ") : $0 })
        return JSONValue { $0.raw(line) }
    }
}
