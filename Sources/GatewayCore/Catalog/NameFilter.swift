// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Which names pass: those that a pattern allows and none denies.
///
/// A pattern is a name in ASCII, whatever its case; `*` in it stands for any characters.
package struct NameFilter: Sendable, Hashable {
    package var allow: [String]
    package var deny: [String]

    package init(allow: [String] = [], deny: [String] = []) {
        self.allow = allow
        self.deny = deny
    }

    /// Lets everything pass.
    package static let all = NameFilter(allow: ["*"])
    /// Lets nothing pass.
    package static let none = NameFilter()

    package func passes(_ name: String) -> Bool {
        var name = name
        return name.withUTF8 { name in
            allow.contains { Self.matches($0, name) } && !deny.contains { Self.matches($0, name) }
        }
    }

    /// Whether a name is of a pattern; takes time in proportion to the product of both lengths at worst.
    static func matches(_ pattern: String, _ name: UnsafeBufferPointer<UInt8>) -> Bool {
        var pattern = pattern
        return pattern.withUTF8 { matches($0, name) }
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
            } else if p < pattern.count, folded(pattern[p]) == folded(name[n]) {
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
