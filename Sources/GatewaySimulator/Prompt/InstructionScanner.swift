// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Finds `key` and `key=value` in the inside of a marker, up to its closing `]]`.
///
/// A value that starts with a brace, a bracket or a quote is JSON and goes to its own end; any other goes to the next space.
struct InstructionScanner {
    let bytes: [UInt8]
    private(set) var index: Int

    init(bytes: [UInt8], index: Int) {
        self.bytes = bytes
        self.index = index
    }

    /// The bytes of a text without its markers.
    static func withoutMarkers(_ bytes: [UInt8]) -> [UInt8] {
        var kept: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == opening[0], bytes[index...].starts(with: opening) {
                var scanner = InstructionScanner(bytes: bytes, index: index + opening.count)
                while scanner.next() != nil {}
                index = scanner.index
            } else {
                kept.append(bytes[index])
                index += 1
            }
        }
        return kept
    }

    /// What a marker begins with.
    static let opening = Array("[[simulate:".utf8)

    /// The next pair; nil at the end of the marker, which is then after ``index``.
    mutating func next() -> (key: String, value: String?)? {
        while index < bytes.count, isSeparator(bytes[index]) { index += 1 }
        guard index < bytes.count else { return nil }
        if isClosing(index) {
            index += 2
            return nil
        }
        let key = take { $0 != UInt8(ascii: "=") }
        guard index < bytes.count, bytes[index] == UInt8(ascii: "=") else { return (key, nil) }
        index += 1
        guard index < bytes.count else { return (key, "") }
        switch bytes[index] {
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "\""): return (key, takeJSON())
        default: return (key, take { _ in true })
        }
    }

    private func isSeparator(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\t")
            || byte == UInt8(ascii: ",")
            || byte == UInt8(ascii: ";")
    }

    private func isClosing(_ index: Int) -> Bool {
        index + 1 < bytes.count && bytes[index] == UInt8(ascii: "]") && bytes[index + 1] == UInt8(ascii: "]")
    }

    private mutating func take(while isPart: (UInt8) -> Bool) -> String {
        let start = index
        while index < bytes.count, !isSeparator(bytes[index]), !isClosing(index), isPart(bytes[index]) { index += 1 }
        // A key of no bytes would never get on.
        if index == start { index += 1 }
        return String(decoding: bytes[start..<min(index, bytes.count)], as: UTF8.self)
    }

    private mutating func takeJSON() -> String {
        let start = index
        var depth = 0
        var isInString = false
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if isInString {
                if byte == UInt8(ascii: "\\") {
                    index = min(index + 1, bytes.count)
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
            } else {
                switch byte {
                case UInt8(ascii: "\""): isInString = true
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
                default: break
                }
            }
            if depth == 0, !isInString { break }
        }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }
}
