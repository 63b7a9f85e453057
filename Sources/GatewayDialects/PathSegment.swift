// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// A segment of a path that names something.
enum PathSegment {
    /// The segment with its percent escapes undone; nil if it is not safe to use as a name.
    static func decoded(_ segment: some Collection<UInt8>) -> String? {
        guard !segment.isEmpty, segment.count <= 1024 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(segment.count)
        var index = segment.startIndex
        while index < segment.endIndex {
            var byte = segment[index]
            if byte == UInt8(ascii: "%") {
                let digits = segment[index...].dropFirst().prefix(2).compactMap(hexValue)
                guard digits.count == 2 else { return nil }
                byte = digits[0] << 4 | digits[1]
                index = segment.index(index, offsetBy: 2)
            }
            guard byte >= 0x20, byte != 0x7F, byte != UInt8(ascii: "/"), byte != UInt8(ascii: "\\") else { return nil }
            bytes.append(byte)
            index = segment.index(after: index)
        }
        guard let name = String(validating: bytes, as: UTF8.self), name != ".", name != ".." else { return nil }
        return name
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
