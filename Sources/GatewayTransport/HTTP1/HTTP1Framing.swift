// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import NIOCore

/// How the body of a message is delimited, and how much of it is still to come.
package enum HTTP1Framing: Sendable {
    /// That many bytes are still to come.
    case length(Int)
    case chunked(HTTP1ChunkReader)
    /// The body ends with the connection; only in answers.
    case untilClose

    /// Whether all of the body has been taken.
    package var isComplete: Bool {
        switch self {
        case .length(let left): left == 0
        case .chunked(let reader): reader.isComplete
        case .untilClose: false
        }
    }

    /// Takes what the buffer holds of the body.
    ///
    /// The sink is called with pieces of the body in order; they are slices of the buffer.
    /// - Throws: ``HTTP1Error/badChunk``
    package mutating func read(from buffer: inout ByteBuffer, into sink: (ByteBuffer) -> Void) throws(HTTP1Error) {
        switch self {
        case .length(let left):
            let count = min(left, buffer.readableBytes)
            guard count > 0, let slice = buffer.readSlice(length: count) else { return }
            self = .length(left - count)
            sink(slice)
        case .chunked(var reader):
            try reader.read(from: &buffer, into: sink)
            self = .chunked(reader)
        case .untilClose:
            guard let slice = buffer.readSlice(length: buffer.readableBytes), slice.readableBytes > 0 else { return }
            sink(slice)
        }
    }
}

/// Reads a chunked body (RFC 9112, 7.1), strictly; extensions and trailers are skipped within bounds.
package struct HTTP1ChunkReader: Sendable {
    private enum State {
        case size
        case data(left: Int)
        case dataEnd
        case trailers
        case done
    }

    /// The longest size line with its extension, and all trailers together, in bytes.
    private static let maximumLine = 4096
    private static let maximumTrailers = 16 << 10

    private var state = State.size
    private var trailerBytes = 0
    private var trailerCount = 0

    package init() {}

    package var isComplete: Bool {
        if case .done = state { true } else { false }
    }

    fileprivate mutating func read(from buffer: inout ByteBuffer, into sink: (ByteBuffer) -> Void) throws(HTTP1Error) {
        while true {
            switch state {
            case .size:
                guard let line = try Self.takeLine(from: &buffer) else { return }
                let size = try Self.size(line)
                state = size == 0 ? .trailers : .data(left: size)
            case .data(let left):
                let count = min(left, buffer.readableBytes)
                guard count > 0, let slice = buffer.readSlice(length: count) else { return }
                state = count == left ? .dataEnd : .data(left: left - count)
                sink(slice)
            case .dataEnd:
                guard buffer.readableBytes >= 2 else { return }
                guard buffer.readInteger(as: UInt16.self) == 0x0D0A else { throw .badChunk }
                state = .size
            case .trailers:
                guard let line = try Self.takeLine(from: &buffer) else { return }
                trailerBytes += line.readableBytes
                guard trailerBytes <= Self.maximumTrailers else { throw .badChunk }
                trailerCount += 1
                guard line.readableBytes == 0 || trailerCount <= HTTP1HeadReader.maximumFields else {
                    throw .tooManyFields
                }
                if line.readableBytes == 0 { state = .done }
            case .done:
                return
            }
        }
    }

    /// Takes a line without its CRLF; nil if it is not complete yet.
    private static func takeLine(from buffer: inout ByteBuffer) throws(HTTP1Error) -> ByteBuffer? {
        let limit = min(buffer.readableBytes, maximumLine)
        let newline = buffer.withUnsafeReadableBytes { $0.firstIndex(of: 0x0A, from: 0, to: limit) }
        guard let newline else {
            guard buffer.readableBytes < maximumLine else { throw .badChunk }
            return nil
        }
        guard newline >= 1, let line = buffer.readSlice(length: newline - 1),
            buffer.readInteger(as: UInt16.self) == 0x0D0A
        else { throw .badChunk }
        return line
    }

    private static func size(_ line: ByteBuffer) throws(HTTP1Error) -> Int {
        var size = 0
        var digits = 0
        scan: for byte in line.readableBytesView {
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x41...0x46: digit = byte - 0x41 + 10
            case 0x61...0x66: digit = byte - 0x61 + 10
            case UInt8(ascii: ";"): break scan
            default: throw .badChunk
            }
            digits += 1
            // Fifteen digits cannot overflow an Int.
            guard digits <= 15 else { throw .badChunk }
            size = size << 4 | Int(digit)
        }
        guard digits > 0 else { throw .badChunk }
        return size
    }
}
