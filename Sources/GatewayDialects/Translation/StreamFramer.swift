// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import NIOCore

/// Cuts a stream's bytes into events, however they arrive.
package protocol StreamFramer: Sendable {
    /// Takes the next bytes and appends the data of each event that is complete now, sharing their memory where it can.
    ///
    /// - Throws: ``GatewayError/Code/upstreamUnavailable`` if an event is larger than allowed or its bytes are broken. What was complete before it may have
    ///   been appended; nothing may be fed after it.
    mutating func consume(_ bytes: ByteBuffer, into events: inout [ByteBuffer]) throws(GatewayError)

    /// Takes the end of the stream and appends what is left, if it may be an event that lacks only its end.
    mutating func finish(into events: inout [ByteBuffer])
}

extension EventFramer: StreamFramer {
    package mutating func consume(_ bytes: ByteBuffer, into events: inout [ByteBuffer]) throws(GatewayError) {
        let buffer = try consume(bytes)
        appendData(in: buffer, to: &events)
    }

    package mutating func finish(into events: inout [ByteBuffer]) {
        let buffer = finish()
        appendData(in: buffer, to: &events)
    }

    private func appendData(in buffer: ByteBuffer, to events: inout [ByteBuffer]) {
        for frame in frames where frame.hasData {
            events.append(frame.joined.map { joinedData[$0] } ?? buffer.view(of: frame.data))
        }
    }
}

extension ByteBuffer {
    /// The same memory with only these bytes readable, counted from the first readable one.
    ///
    /// A slice would copy where it starts far into the memory.
    func view(of range: Range<Int>) -> ByteBuffer {
        var view = self
        view.moveWriterIndex(to: readerIndex &+ range.upperBound)
        view.moveReaderIndex(forwardBy: range.lowerBound)
        return view
    }
}
