// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Searches for the ends of lines.
enum LineEnd {
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")

    /// The first index from `start` on of a line feed or carriage return; the count, where there is none.
    @inline(__always)
    static func first(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        BytePair(lineFeed, carriageReturn).first(in: bytes, from: start)
    }
}

/// Two bytes to look for, sixteen places at a time.
///
/// Every load is of a block that lies wholly inside the buffer. The comparisons are with whole vectors and reduced as 64-bit words, since other spellings of
/// the same are not vectorised by Swift 6.3.
struct BytePair {
    private typealias Block = SIMD16<UInt8>

    private let one: UInt8
    private let other: UInt8

    @inline(__always)
    init(_ one: UInt8, _ other: UInt8) {
        self.one = one
        self.other = other
    }

    /// The first index from `start` on of either byte; the count, where there is none.
    @inline(__always)
    func first(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        let ones = Block(repeating: one)
        let others = Block(repeating: other)
        while index &+ 16 <= bytes.count {
            let block = bytes.loadUnaligned(fromByteOffset: index, as: Block.self)
            let words = unsafeBitCast((block .== ones) .| (block .== others), to: SIMD2<UInt64>.self)
            // The first byte of a block stands in the lowest bits, since the machines that this runs on are little-endian.
            if words[0] != 0 { return index &+ words[0].trailingZeroBitCount >> 3 }
            if words[1] != 0 { return index &+ 8 &+ words[1].trailingZeroBitCount >> 3 }
            index &+= 16
        }
        while index < bytes.count {
            let byte = bytes[index]
            if byte == one || byte == other { break }
            index &+= 1
        }
        return index
    }
}
