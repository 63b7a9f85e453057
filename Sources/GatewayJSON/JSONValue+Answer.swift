// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import NIOCore

extension JSONValue {
    /// Validates what an upstream says: as strictly as a request, but half of a surrogate pair, which is left where an emoji was cut in two, becomes U+FFFD.
    ///
    /// The document keeps its length, so that places in the one are places in the other.
    package init(answer document: ByteBuffer, maximumDepth: Int = 128) throws(JSONError) {
        do throws(JSONError) {
            self = try JSONValue(validating: document, maximumDepth: maximumDepth)
        } catch {
            guard error.reason == .loneSurrogate else { throw error }
            self = try JSONValue(validating: document.replacingLoneSurrogates(), maximumDepth: maximumDepth)
        }
    }
}

extension ByteBuffer {
    /// The document with `\ufffd` in place of each half of a surrogate pair that stands alone.
    fileprivate func replacingLoneSurrogates() -> ByteBuffer {
        var copy = self
        copy.withUnsafeMutableReadableBytes { bytes in
            var index = 0
            while index < bytes.count {
                guard bytes[index] == UInt8(ascii: "\\") else {
                    index += 1
                    continue
                }
                guard let unit = Self.unit(at: index, in: bytes) else {
                    index += 2
                    continue
                }
                let isFirst = unit & 0xFC00 == 0xD800
                if isFirst, let second = Self.unit(at: index + 6, in: bytes), second & 0xFC00 == 0xDC00 {
                    index += 12
                    continue
                }
                if unit & 0xF800 == 0xD800 {
                    for (offset, byte) in "fffd".utf8.enumerated() { bytes[index + 2 + offset] = byte }
                }
                index += 6
            }
        }
        return copy
    }

    /// The code unit that `\uXXXX` stands for; nil if there is none.
    private static func unit(at index: Int, in bytes: UnsafeMutableRawBufferPointer) -> UInt16? {
        guard index + 6 <= bytes.count, bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u") else {
            return nil
        }
        let digits = UnsafeRawBufferPointer(rebasing: bytes[index + 2..<index + 6])
        return UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}
