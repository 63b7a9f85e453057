// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import NIOCore
package import NIOHTTP1

/// Reads the heads of HTTP/1.1 messages, strictly: what two parsers could read in two ways is refused (RFC 9112).
///
/// Lines end with CRLF; there is no folding, no space before a colon, no control character in a value. The head is bounded as a whole, and so is the number of
/// its fields. A head whose lines end otherwise is refused as soon as that is seen: its sender may wait for an answer already.
/// Our own rather than `NIOHTTP1`'s, since that bounds only single fields and costs several times as much.
package struct HTTP1HeadReader: Sendable {
    /// How much of the current head has been searched for its end, from the reader index.
    private var searched = 0
    private let maximumBytes: Int

    /// The most header fields of a message, and the most trailer fields.
    ///
    /// Servers and proxies allow 100 to 2,000. What holds the fields downstream ends the process beyond 65,535.
    package static let maximumFields = 512

    package init(maximumBytes: Int) {
        self.maximumBytes = maximumBytes
    }

    /// Whether nothing of the next head has been seen.
    package var isAtStart: Bool { searched == 0 }

    package struct RequestHead: Sendable {
        package var method: HTTPMethod
        package var target: String
        package var headers: HTTPHeaders
        package var framing: HTTP1Framing
        package var keepsAlive: Bool
        package var expectsContinue: Bool
        /// HTTP/1.1 rather than HTTP/1.0.
        package var isCurrentVersion: Bool
    }

    package struct ResponseHead: Sendable {
        package var status: Int
        package var headers: HTTPHeaders
        package var framing: HTTP1Framing
        package var keepsAlive: Bool
    }

    /// What a TLS connection begins with (RFC 8446, 5.1).
    private static let handshake: UInt8 = 22

    /// Takes a request head off the buffer; nil if it is not complete yet.
    package mutating func readRequest(from buffer: inout ByteBuffer) throws(HTTP1Error) -> RequestHead? {
        // A robust server skips empty lines before a request line (RFC 9112, 2.2).
        while searched == 0, buffer.readableBytes >= 2,
            buffer.getInteger(at: buffer.readerIndex, as: UInt16.self) == 0x0D0A
        {
            buffer.moveReaderIndex(forwardBy: 2)
        }
        // The first half of one: to search it now would make it part of the head.
        if searched == 0, buffer.readableBytes == 1, buffer.getInteger(at: buffer.readerIndex, as: UInt8.self) == 0x0D {
            return nil
        }
        // No method begins so; without this the handshake would wait for an end of line that it may not have.
        if searched == 0, buffer.getInteger(at: buffer.readerIndex, as: UInt8.self) == Self.handshake {
            throw .tlsHandshake
        }
        guard let head = try takeHead(from: &buffer) else { return nil }
        return try head.withUnsafeReadableBytes { bytes throws(HTTP1Error) in
            try Self.parseRequest(bytes)
        }
    }

    /// Takes a response head off the buffer; nil if it is not complete yet.
    package mutating func readResponse(from buffer: inout ByteBuffer) throws(HTTP1Error) -> ResponseHead? {
        guard let head = try takeHead(from: &buffer) else { return nil }
        return try head.withUnsafeReadableBytes { bytes throws(HTTP1Error) in
            try Self.parseResponse(bytes)
        }
    }

    /// Takes everything up to and including the empty line.
    private mutating func takeHead(from buffer: inout ByteBuffer) throws(HTTP1Error) -> ByteBuffer? {
        let limit = min(buffer.readableBytes, maximumBytes)
        let length = try buffer.withUnsafeReadableBytes { bytes throws(HTTP1Error) in
            try endOfHead(bytes, limit)
        }
        guard let length, let head = buffer.readSlice(length: length) else {
            guard buffer.readableBytes < maximumBytes else { throw .headTooLarge }
            return nil
        }
        searched = 0
        return head
    }

    /// How long the head is; nil if its end has not come.
    private mutating func endOfHead(_ bytes: UnsafeRawBufferPointer, _ limit: Int) throws(HTTP1Error) -> Int? {
        var index = searched
        while index < limit {
            guard let newline = bytes.firstIndex(of: 0x0A, from: index, to: limit) else { break }
            guard newline > 0, bytes[newline - 1] == 0x0D else { throw Self.badLine(bytes, endingAt: newline) }
            guard newline + 2 < limit else {
                try Self.checkLineEnds(bytes, newline + 1, limit)
                searched = newline
                return nil
            }
            if bytes[newline + 1] == 0x0D, bytes[newline + 2] == 0x0A { return newline + 3 }
            index = newline + 1
        }
        try Self.checkLineEnds(bytes, index, limit)
        searched = limit
        return nil
    }

    /// Refuses lines that end with LF or CR alone, of which more may be on its way.
    private static func checkLineEnds(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) throws(HTTP1Error) {
        if let newline = bytes.firstIndex(of: 0x0A, from: start, to: end), newline == 0 || bytes[newline - 1] != 0x0D {
            throw badLine(bytes, endingAt: newline)
        }
        // From one byte before: what was searched already may end with a CR.
        if let carriage = bytes.firstIndex(of: 0x0D, from: max(0, start - 1), to: end), carriage + 1 < end,
            bytes[carriage + 1] != 0x0A
        {
            throw badLine(bytes, endingAt: carriage)
        }
    }

    private static func badLine(_ bytes: UnsafeRawBufferPointer, endingAt index: Int) -> HTTP1Error {
        bytes.firstIndex(of: 0x0A, from: 0, to: index) == nil ? .badStartLine : .badHeaderLine
    }
}
