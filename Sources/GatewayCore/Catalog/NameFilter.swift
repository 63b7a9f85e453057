// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Which names pass: those that a pattern allows and none denies.
///
/// A pattern is a name in ASCII, whatever its case; `*` in it stands for any characters.
package struct NameFilter: Sendable, Hashable {
    package let allow: [String]
    package let deny: [String]
    /// The patterns that allow and those that deny as names are compared with them: a text of Swift is retained each time it is looked at.
    private let allowed: [UInt8]
    private let denied: [UInt8]

    package init(allow: [String] = [], deny: [String] = []) {
        self.allow = allow
        self.deny = deny
        allowed = Self.joined(allow)
        denied = Self.joined(deny)
    }

    /// Lets everything pass.
    package static let all = NameFilter(allow: ["*"])
    /// Lets nothing pass.
    package static let none = NameFilter()

    /// Whether nothing can pass.
    package var isEmpty: Bool { allowed.isEmpty }

    /// Whether a name passes; takes time in proportion to the product of both lengths at worst.
    package func passes(_ name: String) -> Bool {
        guard !isEmpty else { return false }
        var name = name
        return name.withUTF8 { name in
            Self.matches(anyOf: allowed, name) && !Self.matches(anyOf: denied, name)
        }
    }

    /// Patterns one after the other in lower case, each behind its length in two bytes.
    private static func joined(_ patterns: [String]) -> [UInt8] {
        patterns.flatMap { pattern in
            let bytes = pattern.utf8.prefix(Int(UInt16.max)).map(folded)
            return [UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)] + bytes
        }
    }

    private static func matches(anyOf patterns: [UInt8], _ name: UnsafeBufferPointer<UInt8>) -> Bool {
        patterns.withUnsafeBufferPointer { patterns in
            var start = 2
            while start <= patterns.count {
                let end = start &+ (Int(patterns[start &- 2]) << 8 | Int(patterns[start &- 1]))
                // Nearly every name that is not of a pattern is so from its first byte on.
                let canMatch =
                    start == end || name.isEmpty || patterns[start] == UInt8(ascii: "*")
                    || patterns[start] == folded(name[0])
                if canMatch, matches(UnsafeBufferPointer(rebasing: patterns[start..<end]), name) { return true }
                start = end &+ 2
            }
            return false
        }
    }

    private static func matches(_ pattern: UnsafeBufferPointer<UInt8>, _ name: UnsafeBufferPointer<UInt8>) -> Bool {
        let star = UInt8(ascii: "*")
        var (p, n) = (0, 0)
        // Where the last star ended, and where what it stands for does so far.
        var last: (pattern: Int, name: Int)?
        while n < name.count {
            if p < pattern.count, pattern[p] == star {
                p += 1
                last = (p, n)
            } else if p < pattern.count, pattern[p] == folded(name[n]) {
                p += 1
                n += 1
            } else if let (start, end) = last {
                last = (start, end + 1)
                (p, n) = (start, end + 1)
            } else {
                return false
            }
        }
        while p < pattern.count, pattern[p] == star { p += 1 }
        return p == pattern.count
    }

    private static func folded(_ byte: UInt8) -> UInt8 {
        byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
    }
}
