// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import NIOCore

extension ByteBuffer {
    /// Whether a text stands anywhere in the readable bytes.
    ///
    /// Looks at 64 places at a time for the text's first and last byte, so that bodies without it cost about what reading their memory costs.
    package func contains(_ text: StaticString) -> Bool {
        withUnsafeReadableBytes { bytes in
            text.withUTF8Buffer { ByteSearch.contains(UnsafeRawBufferPointer($0), in: bytes) }
        }
    }

    /// Whether a text stands anywhere in the readable bytes between quotation marks, spelled like this.
    package func contains(quoted text: String) -> Bool {
        withUnsafeReadableBytes { bytes in
            Array("\"\(text)\"".utf8).withUnsafeBytes { ByteSearch.contains($0, in: bytes) }
        }
    }
}

extension ByteSearch {
    /// Whether the bytes of a text, at least one, stand anywhere in a buffer.
    static func contains(_ text: UnsafeRawBufferPointer, in bytes: UnsafeRawBufferPointer) -> Bool {
        guard let first = text.first, let last = text.last, bytes.count >= text.count else { return text.isEmpty }
        let offset = text.count &- 1
        let firsts = SIMD64<UInt8>(repeating: first)
        let lasts = SIMD64<UInt8>(repeating: last)
        // Behind the last place where the text could begin.
        let end = bytes.count &- offset
        var index = 0
        while index &+ 64 <= end {
            let mask =
                (bytes.loadUnaligned(fromByteOffset: index, as: SIMD64<UInt8>.self) .== firsts)
                .& (bytes.loadUnaligned(fromByteOffset: index &+ offset, as: SIMD64<UInt8>.self) .== lasts)
            let words = unsafeBitCast(mask, to: SIMD8<UInt64>.self)
            let half = words.lowHalf | words.highHalf
            let quarter = half.lowHalf | half.highHalf
            if quarter.x | quarter.y != 0, begins(text, in: bytes, at: index..<index &+ 64) { return true }
            index &+= 64
        }
        return begins(text, in: bytes, at: index..<end)
    }

    /// Whether the text begins at one of these places.
    private static func begins(
        _ text: UnsafeRawBufferPointer,
        in bytes: UnsafeRawBufferPointer,
        at places: Range<Int>
    ) -> Bool {
        for place in places where bytes[place] == text[0] {
            var offset = 1
            while offset < text.count, bytes[place &+ offset] == text[offset] { offset &+= 1 }
            if offset == text.count { return true }
        }
        return false
    }
}
