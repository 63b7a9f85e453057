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
        allowed = Self.terminated(allow)
        denied = Self.terminated(deny)
    }

    /// Lets everything pass.
    package static let all = NameFilter(allow: ["*"])
    /// Lets nothing pass.
    package static let none = NameFilter()

    /// Whether nothing can pass.
    package var isEmpty: Bool { allowed.isEmpty }

    package func passes(_ name: String) -> Bool {
        guard !isEmpty else { return false }
        var name = name
        return name.withUTF8 { name in
            Self.matches(anyOf: allowed, name) && !Self.matches(anyOf: denied, name)
        }
    }

    /// Whether a name is of a pattern; takes time in proportion to the product of both lengths at worst.
    static func matches(_ pattern: String, _ name: UnsafeBufferPointer<UInt8>) -> Bool {
        matches(anyOf: terminated([pattern]), name)
    }

    /// Patterns one after the other, each with a byte at its end that no name has.
    private static func terminated(_ patterns: [String]) -> [UInt8] {
        patterns.flatMap { $0.utf8.filter { $0 != 0 } + [0] }
    }

    private static func matches(anyOf patterns: [UInt8], _ name: UnsafeBufferPointer<UInt8>) -> Bool {
        patterns.withUnsafeBufferPointer { patterns in
            var start = 0
            for end in patterns.indices where patterns[end] == 0 {
                if matches(UnsafeBufferPointer(rebasing: patterns[start..<end]), name) { return true }
                start = end + 1
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
