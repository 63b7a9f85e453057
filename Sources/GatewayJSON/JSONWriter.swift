// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import NIOCore

/// Writes JSON into a buffer as it goes; commas and escapes are its business, the order of calls is the caller's.
///
/// In an object every value comes after a `key`; outside the root there is nothing. What it writes has no whitespace.
package struct JSONWriter: Sendable {
    /// What is written so far, behind whatever was in the buffer before.
    package var buffer: ByteBuffer
    /// Whether a value came before in the innermost container.
    var needsComma = false

    /// A writer that appends to a buffer.
    package init(into buffer: ByteBuffer) {
        self.buffer = buffer
    }

    /// A writer with a buffer of its own.
    package init(capacity: Int = 256) {
        self.buffer = ByteBufferAllocator().buffer(capacity: capacity)
    }

    /// An object whose members `body` writes.
    @inlinable
    package mutating func object<E: Error>(_ body: (inout JSONWriter) throws(E) -> Void) throws(E) {
        beginObject()
        try body(&self)
        endObject()
    }

    /// An array whose elements `body` writes.
    @inlinable
    package mutating func array<E: Error>(_ body: (inout JSONWriter) throws(E) -> Void) throws(E) {
        beginArray()
        try body(&self)
        endArray()
    }

    /// Opens an object; `endObject` must follow.
    package mutating func beginObject() {
        open(Byte.openBrace)
    }

    /// Closes the innermost object.
    package mutating func endObject() {
        close(Byte.closeBrace)
    }

    /// Opens an array; `endArray` must follow.
    package mutating func beginArray() {
        open(Byte.openBracket)
    }

    /// Closes the innermost array.
    package mutating func endArray() {
        close(Byte.closeBracket)
    }

    /// The key of a member; exactly one value must follow.
    package mutating func key(_ key: StaticString) {
        key.withUTF8Buffer { string(UnsafeRawBufferPointer($0), isEscaped: false, frame: .key) }
    }

    /// The key of a member; exactly one value must follow.
    @_disfavoredOverload
    package mutating func key(_ key: JSONString) {
        key.withBytes { string($0, isEscaped: $1, frame: .key) }
    }

    /// The key of a member; exactly one value must follow.
    @_disfavoredOverload
    package mutating func key(_ key: String) {
        var key = key
        key.withUTF8 { string(UnsafeRawBufferPointer($0), isEscaped: false, frame: .key) }
    }

    private mutating func open(_ byte: UInt8) {
        token(byte, comma: needsComma)
        needsComma = false
    }

    private mutating func close(_ byte: UInt8) {
        token(byte, comma: false)
        needsComma = true
    }

    /// Writes one byte of punctuation.
    @inline(__always)
    mutating func token(_ byte: UInt8, comma: Bool) {
        if comma {
            buffer.writeMultipleIntegers(Byte.comma, byte)
        } else {
            buffer.writeInteger(byte)
        }
    }

    /// Writes the bytes of a value, with a comma before it where one is due.
    @inline(__always)
    mutating func plain(_ bytes: UnsafeRawBufferPointer) {
        let comma = needsComma
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: bytes.count &+ 1) { output in
            output[0] = Byte.comma
            let start = comma ? 1 : 0
            UnsafeMutableRawBufferPointer(rebasing: output[start..<output.count]).copyMemory(from: bytes)
            return start &+ bytes.count
        }
        needsComma = true
    }
}
