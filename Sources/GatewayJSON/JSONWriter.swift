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
    private var needsComma = false

    /// A writer that appends to a buffer.
    package init(into buffer: ByteBuffer = ByteBuffer()) {
        self.buffer = buffer
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
        string(key)
        endKey()
    }

    /// The key of a member; exactly one value must follow.
    @_disfavoredOverload
    package mutating func key(_ key: JSONString) {
        string(key)
        endKey()
    }

    /// The key of a member; exactly one value must follow.
    @_disfavoredOverload
    package mutating func key(_ key: String) {
        string(key)
        endKey()
    }

    private mutating func endKey() {
        buffer.writeInteger(Byte.colon)
        needsComma = false
    }

    private mutating func open(_ byte: UInt8) {
        separate()
        buffer.writeInteger(byte)
        needsComma = false
    }

    private mutating func close(_ byte: UInt8) {
        buffer.writeInteger(byte)
        needsComma = true
    }

    /// Writes the comma between two values, and notes that a value stands here now.
    @inline(__always)
    mutating func separate() {
        if needsComma { buffer.writeInteger(Byte.comma) }
        needsComma = true
    }
}
