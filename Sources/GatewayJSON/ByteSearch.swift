// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Searches in raw bytes, many at a time.
///
/// Every load is of a block that lies wholly inside the buffer; what is left after the last block goes byte by byte.
enum ByteSearch {
    private typealias Block = SIMD32<UInt8>

    /// The first index from `start` on that is not plain ASCII of a string: a quote, a backslash, a control character or a byte of 0x80 and above.
    ///
    /// The count, where there is none.
    @inline(__always)
    static func endOfPlainASCII(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        while index &+ 32 <= bytes.count {
            let block = bytes.loadUnaligned(fromByteOffset: index, as: Block.self)
            let mask = (block .== Byte.quote) .| (block .== Byte.backslash) .| (block .< 0x20) .| (block .>= 0x80)
            if any(mask) { break }
            index &+= 32
        }
        while index < bytes.count {
            let byte = bytes[index]
            if byte == Byte.quote || byte == Byte.backslash || byte < 0x20 || byte >= 0x80 { break }
            index &+= 1
        }
        return index
    }

    /// The first index from `start` on of a quote, a backslash or a control character: what a writer must escape.
    @inline(__always)
    static func firstToEscape(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        while index &+ 32 <= bytes.count {
            let block = bytes.loadUnaligned(fromByteOffset: index, as: Block.self)
            if any((block .== Byte.quote) .| (block .== Byte.backslash) .| (block .< 0x20)) { break }
            index &+= 32
        }
        while index < bytes.count {
            let byte = bytes[index]
            if byte == Byte.quote || byte == Byte.backslash || byte < 0x20 { break }
            index &+= 1
        }
        return index
    }

    /// The first index from `start` on of a quote or a backslash, in a string that is known to be valid.
    @inline(__always)
    static func firstQuoteOrBackslash(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        while index &+ 32 <= bytes.count {
            let block = bytes.loadUnaligned(fromByteOffset: index, as: Block.self)
            if any((block .== Byte.quote) .| (block .== Byte.backslash)) { break }
            index &+= 32
        }
        while index < bytes.count {
            let byte = bytes[index]
            if byte == Byte.quote || byte == Byte.backslash { break }
            index &+= 1
        }
        return index
    }
}
