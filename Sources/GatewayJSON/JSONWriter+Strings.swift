// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import NIOCore

/// A string that is put together of pieces while it is written. Between `beginString` and `endString` only `appendString`
/// is called.
extension JSONWriter {
    /// Opens a string.
    package mutating func beginString() {
        token(Byte.quote, comma: needsComma)
        needsComma = true
    }

    /// Closes the string.
    package mutating func endString() {
        token(Byte.quote, comma: false)
    }

    /// Adds text to the open string, escaped where needed.
    @_disfavoredOverload
    package mutating func appendString(_ string: String) {
        var string = string
        string.withUTF8 { append(UnsafeRawBufferPointer($0), isEscaped: false, frame: .none) }
    }

    /// Adds text to the open string, escaped where needed.
    @_disfavoredOverload
    package mutating func appendString(_ string: Substring) {
        var string = string
        string.withUTF8 { append(UnsafeRawBufferPointer($0), isEscaped: false, frame: .none) }
    }

    /// Adds text to the open string, escaped where needed.
    package mutating func appendString(_ string: StaticString) {
        string.withUTF8Buffer { append(UnsafeRawBufferPointer($0), isEscaped: false, frame: .none) }
    }

    /// Adds text to the open string; text of a document is copied as it is spelled there.
    @_disfavoredOverload
    package mutating func appendString(_ string: JSONString) {
        string.withBytes { append($0, isEscaped: $1, frame: .none) }
    }

    /// Adds the readable bytes to the open string, escaped where needed.
    ///
    /// All pieces together must be valid UTF-8; a character may be split between pieces.
    package mutating func appendString(utf8 bytes: ByteBuffer) {
        bytes.withUnsafeReadableBytes { append($0, isEscaped: false, frame: .none) }
    }

    /// What stands around a text.
    enum Frame {
        /// Nothing: the text is a piece of a string.
        case none
        /// Quotes, with a comma before them where one is due.
        case value
        /// Quotes and a colon, with a comma before them where one is due.
        case key
    }

    /// A whole string: a value or a key.
    @inline(__always)
    mutating func string(_ bytes: UnsafeRawBufferPointer, isEscaped: Bool, frame: Frame) {
        append(bytes, isEscaped: isEscaped, frame: frame)
        needsComma = frame != .key
    }

    /// Writes a text and its frame with one reservation, since each call into `ByteBuffer` has its price.
    mutating func append(_ bytes: UnsafeRawBufferPointer, isEscaped: Bool, frame: Frame) {
        // Before the text is looked at, so that a writer that has stopped costs nothing.
        guard fits(bytes.count &+ 4) else { return }
        let firstEscape = isEscaped ? bytes.count : ByteSearch.firstToEscape(bytes, from: 0)
        let size = bytes.count &+ EscapeWriter.growth(of: bytes, from: firstEscape)
        guard fits(size &+ 4) else { return }
        let comma = needsComma && frame != .none
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: size &+ 4) { output in
            var count = 0
            if comma {
                output[0] = Byte.comma
                count = 1
            }
            if frame != .none {
                output[count] = Byte.quote
                count &+= 1
            }
            EscapeWriter.write(
                bytes,
                firstEscape: firstEscape,
                to: UnsafeMutableRawBufferPointer(rebasing: output[count..<output.count])
            )
            count &+= size
            if frame != .none {
                output[count] = Byte.quote
                count &+= 1
            }
            if frame == .key {
                output[count] = Byte.colon
                count &+= 1
            }
            return count
        }
    }
}
