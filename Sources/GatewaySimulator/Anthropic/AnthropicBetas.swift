// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// The values of the header `anthropic-beta`.
enum AnthropicBetas {
    /// - Throws: 400 for a value that is no flag of Anthropic's.
    static func check(_ betas: [Substring]) throws(Refusal) {
        let unknown = betas.filter { !isFlag($0) }
        guard unknown.isEmpty else {
            let names = unknown.map { "`\($0.prefix(64))`" }.joined(separator: ", ")
            throw .invalid("Unexpected value(s) \(names) for the `anthropic-beta` header.")
        }
    }

    /// Whether a value has the form of Anthropic's flags: words and a date, `effort-2025-11-24`, `claude-code-20250219`.
    ///
    /// Claude Code brings new ones with every release, days before anybody else knows them, so a list would refuse today's (PyPI `anthropic` 2.14.0 has
    /// 65, `types/anthropic_beta_param.py`, 2026-11).
    private static func isFlag(_ value: Substring) -> Bool {
        let words = value.split(separator: "-", omittingEmptySubsequences: false)
        guard words.count > 1, value.utf8.count <= 64 else { return false }
        let name: ArraySlice<Substring>
        let year: Substring
        if let last = words.last, isNumber(last, 8) {
            name = words.dropLast()
            year = last.prefix(4)
        } else if words.count > 3, isNumber(words[words.count - 3], 4), isNumber(words[words.count - 2], 2),
            isNumber(words[words.count - 1], 2)
        {
            name = words.dropLast(3)
            year = words[words.count - 3]
        } else {
            return false
        }
        guard (2024...2030).contains(Int(year) ?? 0) else { return false }
        return name.allSatisfy { word in
            !word.isEmpty
                && word.utf8.allSatisfy { ($0 | 0x20) &- UInt8(ascii: "a") < 26 || $0 &- UInt8(ascii: "0") < 10 }
        }
    }

    private static func isNumber(_ word: Substring, _ digits: Int) -> Bool {
        word.utf8.count == digits && word.utf8.allSatisfy { $0 &- UInt8(ascii: "0") < 10 }
    }
}
