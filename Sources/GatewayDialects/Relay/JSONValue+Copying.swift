// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore

extension JSONValue {
    /// A value cut out of bytes that are not checked yet; nil if they are not JSON.
    init?(copying bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        let buffer = ByteBuffer(bytes: UnsafeRawBufferPointer(rebasing: bytes[range]))
        guard let value = try? JSONValue(answer: buffer) else { return nil }
        self = value
    }
}
