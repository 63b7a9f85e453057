// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import NIOCore

/// A message of Amazon's event streams, `application/vnd.amazon.eventstream`.
///
/// On the wire, integers big-endian: the length of the whole message (4 bytes), the length of its headers (4), the CRC-32 of these eight bytes (4), headers,
/// payload, the CRC-32 of everything before (4). Source: the encoding specification of AWS' Smithy (`amazon-eventstream`), checked with botocore 1.43.11
/// (2026-11).
package struct EventStreamMessage: Sendable {
    /// Bytes of a message without headers and payload.
    package static let overhead = 16
    /// Bytes of the two lengths and their checksum.
    package static let preludeBytes = 12
    /// Most bytes of headers, as the specification has it.
    package static let maximumHeaderBytes = 128 << 10
    /// Most bytes of payload, as the specification has it.
    package static let maximumPayloadBytes = 24 << 20

    /// Why bytes are not a message.
    package enum Failure: Error, Sendable, Equatable {
        /// A length is beyond its bound, or the two do not fit each other.
        case length
        /// A checksum differs: the bytes were damaged on their way.
        case checksum
        /// The headers do not follow their encoding.
        case headers
    }

    /// The headers as they stand on the wire.
    private let headers: ByteBuffer
    package let payload: ByteBuffer

    /// The length of the message that begins with this prelude, in bytes.
    ///
    /// - Returns: nil while there are less than ``preludeBytes`` bytes.
    package static func length(at bytes: ByteBuffer) throws(Failure) -> Int? {
        let start = bytes.readerIndex
        guard bytes.readableBytes >= preludeBytes, let total = bytes.getInteger(at: start, as: UInt32.self),
            let headers = bytes.getInteger(at: start + 4, as: UInt32.self),
            let checksum = bytes.getInteger(at: start + 8, as: UInt32.self)
        else { return nil }
        guard checksum == bytes.crc32(ofFirst: 8) else { throw .checksum }
        guard headers <= maximumHeaderBytes, Int(total) >= overhead + Int(headers),
            Int(total) - Int(headers) - overhead <= maximumPayloadBytes
        else { throw .length }
        return Int(total)
    }

    /// Reads one whole message.
    package init(_ bytes: ByteBuffer) throws(Failure) {
        guard let length = try Self.length(at: bytes), length == bytes.readableBytes,
            let headerBytes = bytes.getInteger(at: bytes.readerIndex + 4, as: UInt32.self).map(Int.init),
            let checksum = bytes.getInteger(at: bytes.readerIndex + length - 4, as: UInt32.self)
        else { throw .length }
        guard checksum == bytes.crc32(ofFirst: length - 4) else { throw .checksum }
        let start = bytes.readerIndex + Self.preludeBytes
        guard let headers = bytes.getSlice(at: start, length: headerBytes),
            let payload = bytes.getSlice(at: start + headerBytes, length: length - Self.overhead - headerBytes)
        else { throw .length }
        self.headers = headers
        self.payload = payload
        var rest = headers
        while rest.readableBytes > 0 { guard rest.readHeader() != nil else { throw .headers } }
    }

    /// The text of the first header of this name; nil if there is none or its value is no text.
    package func text(_ name: StaticString) -> ByteBufferView? {
        var rest = headers
        while let header = rest.readHeader() {
            if header.name.elementsEqual(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)) {
                return header.text
            }
        }
        return nil
    }

    /// Writes a message whose headers are texts.
    ///
    /// Names are at most 255 bytes and values at most 32,767; a message beyond the specification's bounds is a mistake of the caller.
    package static func write(
        headers: KeyValuePairs<StaticString, String>,
        payload: ByteBuffer,
        into output: inout ByteBuffer
    ) {
        var encoded = ByteBuffer()
        for (name, value) in headers {
            encoded.writeInteger(UInt8(truncatingIfNeeded: name.utf8CodeUnitCount))
            encoded.writeStaticString(name)
            encoded.writeInteger(HeaderType.text)
            encoded.writeInteger(UInt16(truncatingIfNeeded: value.utf8.count))
            encoded.writeString(value)
        }
        var message = ByteBufferAllocator().buffer(
            capacity: overhead + encoded.readableBytes + payload.readableBytes
        )
        message.writeInteger(UInt32(truncatingIfNeeded: overhead + encoded.readableBytes + payload.readableBytes))
        message.writeInteger(UInt32(truncatingIfNeeded: encoded.readableBytes))
        message.writeInteger(message.crc32(ofFirst: 8))
        message.writeImmutableBuffer(encoded)
        message.writeImmutableBuffer(payload)
        message.writeInteger(message.crc32(ofFirst: message.readableBytes))
        output.writeImmutableBuffer(message)
    }
}

/// The kinds of header values.
private enum HeaderType {
    static let bytes: UInt8 = 6
    static let text: UInt8 = 7

    /// The bytes of a value of fixed size; nil for the kinds that say their length and for unknown ones.
    static func size(_ type: UInt8) -> Int? {
        switch type {
        case 0, 1: 0
        case 2: 1
        case 3: 2
        case 4: 4
        case 5, 8: 8
        case 9: 16
        default: nil
        }
    }
}

extension ByteBuffer {
    fileprivate func crc32(ofFirst count: Int) -> UInt32 {
        var checksum = CRC32()
        withUnsafeReadableBytes { checksum.update(UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
        return checksum.value
    }

    /// Reads one header: its name, and its value where that is text.
    fileprivate mutating func readHeader() -> (name: ByteBufferView, text: ByteBufferView?)? {
        guard let nameCount = readInteger(as: UInt8.self), nameCount > 0,
            let name = readSlice(length: Int(nameCount))?.readableBytesView, let type = readInteger(as: UInt8.self)
        else { return nil }
        if let size = HeaderType.size(type) { return readSlice(length: size).map { _ in (name, nil) } }
        guard type == HeaderType.bytes || type == HeaderType.text, let count = readInteger(as: UInt16.self),
            let value = readSlice(length: Int(count))
        else { return nil }
        return (name, type == HeaderType.text ? value.readableBytesView : nil)
    }
}
