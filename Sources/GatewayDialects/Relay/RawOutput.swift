// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Writes bytes one after the other into memory of a known size.
///
/// A `ByteBuffer` checks its uniqueness and capacity at each write; where an event is put together of a dozen short pieces that is what costs most.
struct RawOutput {
    private let memory: UnsafeMutableRawBufferPointer
    /// How many bytes have been written.
    private(set) var count = 0

    init(_ memory: UnsafeMutableRawBufferPointer) {
        self.memory = memory
    }

    /// Writes the bytes; what does not fit is a mistake in the caller's sum and is left out.
    @inline(__always)
    mutating func write(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count <= memory.count &- count else { return assertionFailure("the memory is too small") }
        UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: bytes)
        count &+= bytes.count
    }

    @inline(__always)
    mutating func write(_ text: StaticString) {
        write(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @inline(__always)
    mutating func write(_ byte: UInt8) {
        guard count < memory.count else { return assertionFailure("the memory is too small") }
        memory[count] = byte
        count &+= 1
    }

    /// Writes a number in decimal digits, at most 20 bytes.
    mutating func writeDecimal(_ number: Int) {
        if number < 0 { write(UInt8(ascii: "-")) }
        var rest = number.magnitude
        var divisor: UInt = 1
        while rest / divisor > 9 { divisor *= 10 }
        while divisor > 0 {
            write(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest / divisor))
            rest %= divisor
            divisor /= 10
        }
    }
}
