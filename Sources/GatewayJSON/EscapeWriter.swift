// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Escapes text for a JSON string: quotes, backslashes and control characters, nothing else.
enum EscapeWriter {
    /// How many bytes longer the text gets, of which the first byte to be escaped is at `firstEscape`.
    @inline(__always)
    static func growth(of bytes: UnsafeRawBufferPointer, from firstEscape: Int) -> Int {
        firstEscape < bytes.count ? countGrowth(of: bytes, from: firstEscape) : 0
    }

    private static func countGrowth(of bytes: UnsafeRawBufferPointer, from firstEscape: Int) -> Int {
        var growth = 0
        var index = firstEscape
        while index < bytes.count {
            growth &+= short(bytes[index]) == nil ? 5 : 1
            index = ByteSearch.firstToEscape(bytes, from: index &+ 1)
        }
        return growth
    }

    /// Writes the escaped text to the start of `output`, which has room for it.
    @inline(__always)
    static func write(_ bytes: UnsafeRawBufferPointer, firstEscape: Int, to output: UnsafeMutableRawBufferPointer) {
        output.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<firstEscape]))
        if firstEscape < bytes.count { writeRest(of: bytes, from: firstEscape, to: output) }
    }

    private static func writeRest(
        of bytes: UnsafeRawBufferPointer,
        from firstEscape: Int,
        to output: UnsafeMutableRawBufferPointer
    ) {
        var index = firstEscape
        var written = firstEscape
        while index < bytes.count {
            let byte = bytes[index]
            output[written] = Byte.backslash
            if let short = short(byte) {
                output[written &+ 1] = short
                written &+= 2
            } else {
                output[written &+ 1] = UInt8(ascii: "u")
                output[written &+ 2] = Byte.zero
                output[written &+ 3] = Byte.zero
                output[written &+ 4] = hexDigit(byte >> 4)
                output[written &+ 5] = hexDigit(byte & 0xF)
                written &+= 6
            }
            let next = ByteSearch.firstToEscape(bytes, from: index &+ 1)
            let plain = UnsafeRawBufferPointer(rebasing: bytes[index &+ 1..<next])
            UnsafeMutableRawBufferPointer(rebasing: output[written..<output.count]).copyMemory(from: plain)
            written &+= plain.count
            index = next
        }
    }

    /// The second character of the escapes that have two; nil for the others.
    @inline(__always)
    private static func short(_ byte: UInt8) -> UInt8? {
        switch byte {
        case Byte.quote, Byte.backslash: byte
        case Byte.lineFeed: UInt8(ascii: "n")
        case Byte.carriageReturn: UInt8(ascii: "r")
        case Byte.tab: UInt8(ascii: "t")
        default: nil
        }
    }

    @inline(__always)
    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? Byte.zero &+ value : UInt8(ascii: "a") &+ value &- 10
    }
}
