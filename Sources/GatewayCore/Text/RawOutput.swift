// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Writes bytes one after the other into memory of a known size.
///
/// A `ByteBuffer` checks its uniqueness, its capacity and its exclusive access at each write; where a head or an event is put together of a dozen short pieces
/// that is what costs most. It is public since what is only of the package is not inlined into other modules.
public struct RawOutput {
    @usableFromInline let memory: UnsafeMutableRawBufferPointer
    @usableFromInline var written = 0

    /// How many bytes have been written.
    @inlinable public var count: Int { written }

    /// Output into this memory, which must stay for as long as it is written.
    @inlinable
    public init(_ memory: UnsafeMutableRawBufferPointer) {
        self.memory = memory
    }

    /// Writes the bytes; what does not fit is a mistake in the caller's sum and is left out.
    @inlinable
    @inline(__always)
    public mutating func write(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count <= memory.count &- written else { return assertionFailure("the memory is too small") }
        guard let start = memory.baseAddress, let source = bytes.baseAddress else { return }
        (start + written).copyMemory(from: source, byteCount: bytes.count)
        written &+= bytes.count
    }

    /// Writes text as UTF-8.
    @inlinable
    @inline(__always)
    public mutating func write(_ text: StaticString) {
        write(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Writes one byte.
    @inlinable
    @inline(__always)
    public mutating func write(_ byte: UInt8) {
        guard written < memory.count else { return assertionFailure("the memory is too small") }
        memory[written] = byte
        written &+= 1
    }

    /// Writes text as UTF-8.
    @inlinable
    @inline(__always)
    public mutating func write(_ text: String) {
        let isWritten: Void? = text.utf8.withContiguousStorageIfAvailable { write(UnsafeRawBufferPointer($0)) }
        if isWritten == nil { for byte in text.utf8 { write(byte) } }
    }

    /// Writes a number in decimal digits, at most 20 bytes.
    @inlinable
    public mutating func writeDecimal(_ number: Int) {
        if number < 0 { write(UInt8(ascii: "-")) }
        var rest = number.magnitude
        var digits = 1
        // Divisors that the compiler knows are multiplications.
        while rest >= 10 {
            rest /= 10
            digits &+= 1
        }
        guard digits <= memory.count &- written else { return assertionFailure("the memory is too small") }
        rest = number.magnitude
        var index = written &+ digits
        written = index
        repeat {
            index &-= 1
            memory[index] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
    }

    /// Writes a number in lower-case hexadecimal digits, as chunk sizes are; at most 16 bytes.
    @inlinable
    public mutating func writeHexadecimal(_ number: Int) {
        var shift = (Int.bitWidth - max(number, 1).leadingZeroBitCount - 1) & ~3
        while shift >= 0 {
            let digit = UInt8(truncatingIfNeeded: number >> shift) & 0xF
            write(digit < 10 ? 0x30 + digit : 0x61 + digit - 10)
            shift -= 4
        }
    }

    /// Turns control characters into spaces in what was written since `start`.
    public mutating func blankControlCharacters(since start: Int) {
        for index in start..<written where memory[index] < 0x20 || memory[index] == 0x7F { memory[index] = 0x20 }
    }
}
