// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore

extension EventFramer {
    /// Whether the event that ``finish()`` found has whole data, JSON or `[DONE]`, although its blank line is missing.
    func isLastReadable(in buffer: ByteBuffer) -> Bool {
        guard let frame = frames.first, frames.count == 1, frame.hasData else { return false }
        if let joined = frame.joined { return (try? JSONValue(answer: joinedData[joined])) != nil }
        return buffer.withUnsafeReadableBytes { bytes in
            UnsafeRawBufferPointer(rebasing: bytes[frame.data]).equals("[DONE]")
                || JSONValue(copying: bytes, frame.data) != nil
        }
    }
}
