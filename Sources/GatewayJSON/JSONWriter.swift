// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import NIOCore

/// Writes JSON into a buffer as it goes; commas and escapes are its business, the order of calls is the caller's.
///
/// In an object every value comes after a `key`; outside the root there is nothing. What it writes has no whitespace.
///
/// What it writes is bounded, in bytes and in depth: at the first piece beyond a bound it stops, ignores everything after
/// it and says why in ``excess``. What is in the buffer then is not JSON. A function that writes values inside one another
/// by calling itself must return where there is an ``excess``: that bounds its own depth.
package struct JSONWriter: Sendable {
    /// Why a writer stopped.
    package enum Excess: Error, Sendable, Equatable {
        /// More bytes than it may write.
        case bytes
        /// More than ``JSONWriter/maximumDepth`` arrays and objects inside one another.
        case depth
    }

    /// Most arrays and objects that may be open at once; those inside values that are copied from a document do not count.
    package static let maximumDepth = 128
    /// As deep as anything is that was written: values that are copied into it have as many levels of their own.
    package static let maximumWrittenDepth = 2 * maximumDepth

    /// What is written so far, behind whatever was in the buffer before.
    package var buffer: ByteBuffer
    /// Whether a value came before in the innermost container.
    var needsComma = false
    /// The writer index beyond which nothing is written; negative once there is an ``excess``.
    private var end: Int
    /// How many arrays and objects are open.
    private var depth = 0
    /// Why nothing is written any more; nil while everything was written.
    package private(set) var excess: Excess?

    /// A writer that appends to a buffer, at most so many bytes.
    package init(into buffer: ByteBuffer, maximumBytes: Int = .max) {
        self.buffer = buffer
        let (end, isBeyond) = buffer.writerIndex.addingReportingOverflow(maximumBytes)
        self.end = isBeyond ? .max : end
    }

    /// A writer with a buffer of its own, which takes at most so many bytes.
    package init(capacity: Int = 256, maximumBytes: Int = .max) {
        self.init(
            into: ByteBufferAllocator().buffer(capacity: min(capacity, maximumBytes)),
            maximumBytes: maximumBytes
        )
    }

    /// How many bytes may still be written.
    package var remainingBytes: Int { max(0, end - buffer.writerIndex) }

    /// Stops the writer, as a piece beyond a bound does: for what is known to be too large before it is written.
    package mutating func stop(_ excess: Excess) {
        guard self.excess == nil else { return }
        self.excess = excess
        end = -1
    }

    /// Whether so many bytes may be written; stops the writer if not.
    @inline(__always)
    mutating func fits(_ count: Int) -> Bool {
        if count <= end &- buffer.writerIndex { return true }
        stop(.bytes)
        return false
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
        if depth == Self.maximumDepth { stop(.depth) }
        depth &+= 1
        token(byte, comma: needsComma)
        needsComma = false
    }

    private mutating func close(_ byte: UInt8) {
        depth &-= 1
        token(byte, comma: false)
        needsComma = true
    }

    /// Writes one byte of punctuation.
    @inline(__always)
    mutating func token(_ byte: UInt8, comma: Bool) {
        guard fits(2) else { return }
        if comma {
            buffer.writeMultipleIntegers(Byte.comma, byte)
        } else {
            buffer.writeInteger(byte)
        }
    }

    /// Writes the bytes of a value, with a comma before it where one is due.
    @inline(__always)
    mutating func plain(_ bytes: UnsafeRawBufferPointer) {
        guard fits(bytes.count &+ 1) else { return }
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
