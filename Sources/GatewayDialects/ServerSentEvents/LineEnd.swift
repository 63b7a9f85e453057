// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Searches for the ends of lines, many bytes at a time.
enum LineEnd {
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
    private typealias Block = SIMD32<UInt8>

    /// The first index from `start` on of a line feed or carriage return; the count, where there is none.
    ///
    /// Every load is of a block that lies wholly inside the buffer.
    @inline(__always)
    static func first(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        while index &+ 32 <= bytes.count {
            let block = bytes.loadUnaligned(fromByteOffset: index, as: Block.self)
            if any((block .== lineFeed) .| (block .== carriageReturn)) { break }
            index &+= 32
        }
        while index < bytes.count {
            let byte = bytes[index]
            if byte == lineFeed || byte == carriageReturn { break }
            index &+= 1
        }
        return index
    }
}
