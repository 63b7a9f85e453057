// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import NIOCore

/// Cuts a stream of server-sent events into events, however its bytes arrive.
///
/// It follows the WHATWG specification for LF, CRLF, CR, comments, several `data:` lines and a byte order mark. It looks at every byte once and copies only
/// events that arrive in several pieces. A CR at the end of what has arrived waits for the next byte, since a LF may belong to it.
package struct EventFramer: Sendable {
    /// An event by indices into the readable bytes of the buffer that ``consume(_:)`` returned.
    package struct Frame: Sendable, Equatable {
        /// All of its bytes, the blank line that ends it included.
        package let raw: Range<Int>
        /// The value of its `event:` line; empty without one.
        package let name: Range<Int>
        /// Whether it has a `data:` line; a frame without one is a comment or a lone blank line.
        package let hasData: Bool
        /// The value of its `data:` line, where there is one; else see ``joined``.
        package let data: Range<Int>
        /// The index into ``EventFramer/joinedData`` of an event with several `data:` lines.
        package let joined: Int?
    }

    /// The largest event by default, in bytes.
    package static let defaultMaximumEventBytes = 32 << 20

    /// The complete events found by the latest call.
    package private(set) var frames: [Frame] = []
    /// The data of events with several `data:` lines: the lines joined by line feeds.
    package private(set) var joinedData: [ByteBuffer] = []

    private let maximumEventBytes: Int
    /// The bytes of an incomplete event.
    private var pending = ByteBuffer()
    private var scan = Scan()

    package init(maximumEventBytes: Int = EventFramer.defaultMaximumEventBytes) {
        self.maximumEventBytes = maximumEventBytes
    }

    /// Takes the next bytes and sets ``frames``.
    ///
    /// - Returns: The buffer that the frames refer to; its readable bytes are exactly those of the complete events.
    /// - Throws: ``GatewayError/Code/upstreamUnavailable`` if an event is larger than allowed; what was complete before stands in no frame then.
    package mutating func consume(_ bytes: ByteBuffer) throws(GatewayError) -> ByteBuffer {
        frames.removeAll(keepingCapacity: true)
        if !joinedData.isEmpty { joinedData.removeAll(keepingCapacity: true) }
        var buffer: ByteBuffer
        if pending.readableBytes == 0 {
            buffer = bytes
        } else {
            pending.writeImmutableBuffer(bytes)
            // Given up here, so that later appends find the memory unshared unless frames were handed out.
            buffer = pending
            pending = ByteBuffer()
        }
        scan.run(over: buffer, isAtEnd: false, frames: &frames, joined: &joinedData)
        let complete = frames.last?.raw.upperBound ?? 0
        guard buffer.readableBytes &- complete <= maximumEventBytes else { throw tooLarge }
        if complete == 0 {
            pending = buffer
            buffer = ByteBuffer()
        } else if complete < buffer.readableBytes {
            pending = ByteBuffer()
            buffer.withUnsafeReadableBytes { readable in
                _ = pending.writeBytes(UnsafeRawBufferPointer(rebasing: readable[complete...]))
            }
            buffer.moveWriterIndex(to: buffer.readerIndex &+ complete)
        }
        return buffer
    }

    /// Takes the end of the stream: what is left counts as an event, although the blank line behind it is missing.
    package mutating func finish() -> ByteBuffer {
        frames.removeAll(keepingCapacity: true)
        joinedData.removeAll(keepingCapacity: true)
        let buffer = pending
        pending = ByteBuffer()
        scan.run(over: buffer, isAtEnd: true, frames: &frames, joined: &joinedData)
        return buffer
    }

    private var tooLarge: GatewayError {
        GatewayError(
            .upstreamUnavailable,
            "The model provider sent an event of more than \(maximumEventBytes) bytes.",
            cause: "server-sent event too large"
        )
    }
}

extension EventFramer {
    /// Where the search for events stands, by indices into the bytes that are not part of a complete event.
    fileprivate struct Scan: Sendable {
        /// The start of the line that is being read.
        private var line = 0
        /// The bytes before this are known to hold no end of the line that is being read.
        private var position = 0
        private var name = 0..<0
        private var data = 0..<0
        private var dataLines = 0
        /// The values of further data lines.
        private var furtherData: [Range<Int>] = []
        private var isAtStart = true

        mutating func run(
            over buffer: ByteBuffer,
            isAtEnd: Bool,
            frames: inout [Frame],
            joined: inout [ByteBuffer]
        ) {
            buffer.withUnsafeReadableBytes { bytes in
                var start = 0
                while true {
                    let end = LineEnd.first(in: bytes, from: position)
                    var next = end &+ 1
                    if end >= bytes.count || bytes[end] == LineEnd.carriageReturn && next >= bytes.count {
                        guard isAtEnd else {
                            position = end
                            break
                        }
                        next = bytes.count
                    } else if bytes[end] == LineEnd.carriageReturn, bytes[next] == LineEnd.lineFeed {
                        next &+= 1
                    }
                    let isBlank = end == line
                    if !isBlank { readLine(bytes, line..<end) }
                    line = next
                    position = next
                    if isBlank && end < bytes.count || isAtEnd && next >= bytes.count {
                        if next > start { frames.append(frame(start..<next, of: bytes, joined: &joined)) }
                        start = next
                        if next >= bytes.count { break }
                    }
                }
                rebase(by: start)
            }
        }

        private mutating func readLine(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>) {
            var start = line.lowerBound
            if isAtStart {
                isAtStart = false
                if line.count >= 3, bytes[start] == 0xEF, bytes[start &+ 1] == 0xBB, bytes[start &+ 2] == 0xBF {
                    start &+= 3
                }
            }
            if let value = value(of: "data", bytes, start..<line.upperBound) {
                if dataLines == 0 { data = value } else { furtherData.append(value) }
                dataLines &+= 1
            } else if let value = value(of: "event", bytes, start..<line.upperBound) {
                // An empty one is not rebased.
                name = value.isEmpty ? 0..<0 : value
            }
        }

        /// The value of a line if its field is this one.
        @inline(__always)
        private func value(
            of field: StaticString,
            _ bytes: UnsafeRawBufferPointer,
            _ line: Range<Int>
        ) -> Range<Int>? {
            let count = field.utf8CodeUnitCount
            guard line.count >= count else { return nil }
            for offset in 0..<count where bytes[line.lowerBound &+ offset] != field.utf8Start[offset] { return nil }
            var start = line.lowerBound &+ count
            if start == line.upperBound { return start..<start }
            guard bytes[start] == UInt8(ascii: ":") else { return nil }
            start &+= 1
            if start < line.upperBound, bytes[start] == UInt8(ascii: " ") { start &+= 1 }
            return start..<line.upperBound
        }

        private mutating func frame(
            _ raw: Range<Int>,
            of bytes: UnsafeRawBufferPointer,
            joined: inout [ByteBuffer]
        ) -> Frame {
            var index: Int?
            if dataLines > 1 {
                var text = ByteBuffer()
                text.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[data]))
                for line in furtherData {
                    text.writeInteger(LineEnd.lineFeed)
                    text.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[line]))
                }
                index = joined.count
                joined.append(text)
                furtherData.removeAll(keepingCapacity: true)
            }
            let frame = Frame(raw: raw, name: name, hasData: dataLines > 0, data: data, joined: index)
            name = 0..<0
            data = 0..<0
            dataLines = 0
            return frame
        }

        /// Makes the indices relative to the bytes that stay.
        private mutating func rebase(by count: Int) {
            guard count > 0 else { return }
            line &-= count
            position &-= count
            if !name.isEmpty { name = name.lowerBound &- count..<name.upperBound &- count }
            if dataLines > 0 { data = data.lowerBound &- count..<data.upperBound &- count }
            for index in furtherData.indices {
                let range = furtherData[index]
                furtherData[index] = range.lowerBound &- count..<range.upperBound &- count
            }
        }
    }
}
