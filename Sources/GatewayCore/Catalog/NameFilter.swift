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

    package func passes(_ name: some StringProtocol) -> Bool {
        allow.contains { Self.matches($0, name) } && !deny.contains { Self.matches($0, name) }
    }

    /// Whether a name is of a pattern; takes time in proportion to the product of both lengths at worst.
    static func matches(_ pattern: String, _ name: some StringProtocol) -> Bool {
        let (pattern, name) = (pattern.utf8, name.utf8)
        var (p, n) = (pattern.startIndex, name.startIndex)
        // The last star, and what it stands for so far.
        var star: (pattern: String.Index, name: String.Index)?
        while n < name.endIndex {
            if p < pattern.endIndex, pattern[p] == UInt8(ascii: "*") {
                pattern.formIndex(after: &p)
                star = (p, n)
            } else if p < pattern.endIndex, folded(pattern[p]) == folded(name[n]) {
                pattern.formIndex(after: &p)
                name.formIndex(after: &n)
            } else if let last = star {
                let next = name.index(after: last.name)
                star = (last.pattern, next)
                (p, n) = (last.pattern, next)
            } else {
                return false
            }
        }
        while p < pattern.endIndex, pattern[p] == UInt8(ascii: "*") { pattern.formIndex(after: &p) }
        return p == pattern.endIndex
    }

    private static func folded(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
