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
///
/// Padding of sizes is taken from upstreams, of which some pad: blanks around the digits, and any number of zeros before them. Nobody else reads what they send, so there
/// is no second reading of it; a client's request may be read by others too.
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
    private static let maximumTrailerBytes = 16 << 10

    private let takesPadding: Bool
    private var state = State.size
    private var trailerBytes = 0
    private var trailers = 0

    package init(takesPadding: Bool = false) {
        self.takesPadding = takesPadding
    }

    package var isComplete: Bool {
        if case .done = state { true } else { false }
    }

    fileprivate mutating func read(from buffer: inout ByteBuffer, into sink: (ByteBuffer) -> Void) throws(HTTP1Error) {
        while true {
            switch state {
            case .size:
                guard let line = try Self.takeLine(from: &buffer) else { return }
                let size = try size(line.readableBytesView)
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
                guard line.readableBytes > 0 else {
                    state = .done
                    return
                }
                trailerBytes += line.readableBytes
                trailers += 1
                guard trailers <= HTTP1HeadReader.maximumFields else { throw .tooManyFields }
                guard trailerBytes <= Self.maximumTrailerBytes else { throw .badChunk }
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

    private func size(_ line: ByteBufferView) throws(HTTP1Error) -> Int {
        do throws(HTTP1Error) {
            return try Self.plainSize(line)
        } catch {
            guard takesPadding else { throw error }
            return try Self.plainSize(Self.withoutPadding(line))
        }
    }

    /// The line without blanks before and after its size, and without the zeros before it.
    private static func withoutPadding(_ line: ByteBufferView) -> ByteBufferView {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        var text = line
        if let semicolon = text.firstIndex(of: UInt8(ascii: ";")) { text = text[..<semicolon] }
        while let last = text.last, isBlank(last) { text = text.dropLast() }
        text = text.drop(while: isBlank)
        let digits = text.drop { $0 == 0x30 }
        // Of a zero, one is left.
        return digits.isEmpty ? text.suffix(1) : digits
    }

    private static func plainSize(_ line: ByteBufferView) throws(HTTP1Error) -> Int {
        var size = 0
        var digits = 0
        scan: for byte in line {
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
