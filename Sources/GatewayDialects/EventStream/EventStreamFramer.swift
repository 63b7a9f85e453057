// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import NIOCore

/// Cuts an event stream of Amazon's into its messages, however its bytes arrive.
///
/// The data of an event is the whole message, so that a decoder can read its headers; checksums are verified when it does. A prelude is verified here, before
/// its length is believed.
package struct EventStreamFramer: StreamFramer {
    /// The bytes of an incomplete message.
    private var pending = ByteBuffer()

    package init() {}

    package mutating func consume(_ bytes: ByteBuffer, into events: inout [ByteBuffer]) throws(GatewayError) {
        var buffer: ByteBuffer
        if pending.readableBytes == 0 {
            buffer = bytes
        } else {
            pending.writeImmutableBuffer(bytes)
            buffer = pending
            pending = ByteBuffer()
        }
        let waiting = buffer.readableBytes
        do throws(EventStreamMessage.Failure) {
            while let length = try EventStreamMessage.length(at: buffer), length <= buffer.readableBytes {
                events.append(buffer.view(of: 0..<length))
                buffer.moveReaderIndex(forwardBy: length)
            }
        } catch {
            throw .unreadableAnswer("an event stream's prelude is wrong: \(error)")
        }
        // A copy, so that the memory of what was handed out is not held by a few bytes.
        pending = buffer.readableBytes == waiting ? buffer : ByteBuffer(bytes: buffer.readableBytesView)
    }

    /// Appends nothing: a message without its end is of no use.
    package mutating func finish(into events: inout [ByteBuffer]) {
        pending = ByteBuffer()
    }
}
