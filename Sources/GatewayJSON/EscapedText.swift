// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// The inside of a JSON string as it stands in a document: UTF-8 with escapes.
///
/// It is meant for validated text. In other text a broken escape reads as U+FFFD; nothing is read outside the buffer.
struct EscapedText {
    let raw: UnsafeRawBufferPointer

    /// Whether anything in it is escaped.
    @inline(__always)
    var hasEscapes: Bool { ByteSearch.firstBackslash(raw, from: 0) < raw.count }

    /// The scalar that the escape at `start` stands for, and the index behind it.
    func escape(at start: Int) -> (scalar: Unicode.Scalar, end: Int) {
        let replacement: Unicode.Scalar = "\u{FFFD}"
        guard start &+ 1 < raw.count else { return (replacement, raw.count) }
        let scalar: Unicode.Scalar
        switch raw[start &+ 1] {
        case UInt8(ascii: "b"): scalar = "\u{8}"
        case UInt8(ascii: "f"): scalar = "\u{C}"
        case UInt8(ascii: "n"): scalar = "\n"
        case UInt8(ascii: "r"): scalar = "\r"
        case UInt8(ascii: "t"): scalar = "\t"
        case UInt8(ascii: "u"):
            guard let high = unit(at: start) else { return (replacement, start &+ 2) }
            if let scalar = Unicode.Scalar(high) { return (scalar, start &+ 6) }
            guard high < 0xDC00, let low = unit(at: start &+ 6), low & 0xFC00 == 0xDC00,
                let scalar = Unicode.Scalar(0x10000 + ((high & 0x3FF) << 10 | (low & 0x3FF)))
            else { return (replacement, start &+ 6) }
            return (scalar, start &+ 12)
        case let byte where byte < 0x80: scalar = Unicode.Scalar(byte)
        default: return (replacement, start &+ 1)
        }
        return (scalar, start &+ 2)
    }

    /// The UTF-16 unit of the `\uXXXX` at `start`.
    private func unit(at start: Int) -> UInt32? {
        guard start &+ 6 <= raw.count, raw[start] == Byte.backslash, raw[start &+ 1] == UInt8(ascii: "u") else {
            return nil
        }
        var unit: UInt32 = 0
        for index in start &+ 2..<start &+ 6 {
            guard let digit = Byte.hexValue(raw[index]) else { return nil }
            unit = unit << 4 | digit
        }
        return unit
    }

    /// Hands out the decoded bytes in pieces, in order, until `body` returns false.
    @inline(__always)
    func forEachDecodedPiece(_ body: (UnsafeRawBufferPointer) -> Bool) {
        var index = 0
        while index < raw.count {
            let backslash = ByteSearch.firstBackslash(raw, from: index)
            if backslash > index, !body(UnsafeRawBufferPointer(rebasing: raw[index..<backslash])) { return }
            guard backslash < raw.count else { return }
            let (scalar, end) = escape(at: backslash)
            index = end
            var units = UTF8Units(scalar)
            if !units.withBytes(body) { return }
        }
    }

    /// The decoded text.
    var decoded: String {
        guard hasEscapes else { return String(decoding: raw, as: UTF8.self) }
        // No escape is shorter than what it stands for, save the U+FFFD of broken ones.
        return String(unsafeUninitializedCapacity: raw.count &+ 3) { output in
            var count = 0
            forEachDecodedPiece { piece in
                guard output.count &- count >= piece.count else { return false }
                UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(output)[count...])
                    .copyMemory(from: piece)
                count &+= piece.count
                return true
            }
            return count
        }
    }

    /// How many bytes of UTF-8 the decoded text has.
    var decodedCount: Int {
        var count = 0
        forEachDecodedPiece { piece in
            count &+= piece.count
            return true
        }
        return count
    }

    /// Whether the decoded text starts with these bytes; with `whole`, whether it is these bytes.
    @inline(__always)
    func matches(_ other: UnsafeRawBufferPointer, whole: Bool) -> Bool {
        // Escapes only ever lengthen a text.
        guard raw.count >= other.count, !other.isEmpty else { return other.isEmpty && (!whole || raw.isEmpty) }
        // Nearly every text that is another is so from its first byte on.
        if raw[0] != other[0], raw[0] != Byte.backslash { return false }
        return matchesFurther(other, whole: whole)
    }

    private func matchesFurther(_ other: UnsafeRawBufferPointer, whole: Bool) -> Bool {
        if whole, raw.count == other.count { return raw.equals(other) && !hasEscapes }
        if !hasEscapes {
            return !whole && UnsafeRawBufferPointer(rebasing: raw[..<other.count]).equals(other)
        }
        var matched = 0
        var isEqual = true
        forEachDecodedPiece { piece in
            let count = min(piece.count, other.count &- matched)
            if whole && count < piece.count
                || !UnsafeRawBufferPointer(rebasing: piece[..<count])
                    .equals(UnsafeRawBufferPointer(rebasing: other[matched..<matched &+ count]))
            {
                isEqual = false
                return false
            }
            matched &+= count
            return whole || matched < other.count
        }
        return isEqual && matched == other.count
    }
}

/// One Unicode scalar as up to four bytes of UTF-8, without an allocation.
struct UTF8Units {
    private var packed: UInt32
    private let count: Int

    init(_ scalar: Unicode.Scalar) {
        var packed: UInt32 = 0
        var count = 0
        for unit in String(scalar).utf8 {
            packed |= UInt32(unit) << UInt32(count &* 8)
            count &+= 1
        }
        self.packed = packed.littleEndian
        self.count = count
    }

    mutating func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let count = count
        return withUnsafeBytes(of: &packed) { body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }
}
