// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import NIOCore

/// A string that is put together of pieces while it is written. Between `beginString` and `endString` only `appendString`
/// is called.
extension JSONWriter {
    /// Opens a string.
    package mutating func beginString() {
        separate()
        buffer.writeInteger(Byte.quote)
    }

    /// Closes the string.
    package mutating func endString() {
        buffer.writeInteger(Byte.quote)
    }

    /// Adds text to the open string, escaped where needed.
    @_disfavoredOverload
    package mutating func appendString(_ string: String) {
        var string = string
        string.withUTF8 { escape(UnsafeRawBufferPointer($0)) }
    }

    /// Adds text to the open string, escaped where needed.
    @_disfavoredOverload
    package mutating func appendString(_ string: Substring) {
        var string = string
        string.withUTF8 { escape(UnsafeRawBufferPointer($0)) }
    }

    /// Adds text to the open string, escaped where needed.
    package mutating func appendString(_ string: StaticString) {
        string.withUTF8Buffer { escape(UnsafeRawBufferPointer($0)) }
    }

    /// Adds text to the open string; text of a document is copied as it is spelled there.
    @_disfavoredOverload
    package mutating func appendString(_ string: JSONString) {
        string.withBytes { bytes, isEscaped in
            if isEscaped {
                buffer.writeBytes(bytes)
            } else {
                escape(bytes)
            }
        }
    }

    /// Adds the readable bytes to the open string, escaped where needed.
    ///
    /// All pieces together must be valid UTF-8; a character may be split between pieces.
    package mutating func appendString(utf8 bytes: ByteBuffer) {
        bytes.withUnsafeReadableBytes { escape($0) }
    }

    private mutating func escape(_ bytes: UnsafeRawBufferPointer) {
        var index = 0
        while true {
            let end = ByteSearch.firstToEscape(bytes, from: index)
            if end > index { buffer.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[index..<end])) }
            guard end < bytes.count else { return }
            escape(bytes[end])
            index = end &+ 1
        }
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case Byte.quote: buffer.writeStaticString("\\\"")
        case Byte.backslash: buffer.writeStaticString("\\\\")
        case Byte.lineFeed: buffer.writeStaticString("\\n")
        case Byte.carriageReturn: buffer.writeStaticString("\\r")
        case Byte.tab: buffer.writeStaticString("\\t")
        default:
            buffer.writeStaticString("\\u00")
            buffer.writeInteger(Self.hexDigit(byte >> 4))
            buffer.writeInteger(Self.hexDigit(byte & 0xF))
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? Byte.zero + value : UInt8(ascii: "a") + value - 10
    }
}
