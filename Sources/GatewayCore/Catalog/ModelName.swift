// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// A model's name, read once for all rules of ``ModelFamilies``.
struct ModelName: Sendable {
    /// Major and minor.
    typealias Version = (major: Int, minor: Int)

    /// In lower case.
    let text: String
    /// Claude's version; nil for other models, and for a name of Claude's that has none.
    let claude: Version?
    /// The first word that names a line of Claude's.
    let line: ClaudeLine?
    /// The digits behind `gemini-`; nil where there are none.
    let gemini: Version?
    /// The text as OpenAI spells it: with the point that others write as a hyphen, `databricks-gpt-5-4-mini`.
    let openAI: String

    enum ClaudeLine: String, Sendable {
        case opus, sonnet, haiku, fable, mythos
    }

    init(_ name: String) {
        text = name.lowercased()
        let words = text.split(omittingEmptySubsequences: true, whereSeparator: "-./@:_".contains)
        line = words.lazy.compactMap { ClaudeLine(rawValue: String($0)) }.first
        claude = Self.claudeVersion(words)
        gemini = Self.geminiVersion(text)
        openAI = Self.openAISpelling(text)
    }

    /// The numbers behind `claude`, whatever stands between.
    ///
    /// Dates have eight digits, versions one or two: `claude-3-7-sonnet-20250219`, `claude-opus-4-1@20250805`.
    private static func claudeVersion(_ words: [Substring]) -> Version? {
        guard let start = words.firstIndex(of: "claude") else { return nil }
        var numbers: [Int] = []
        for word in words[(start + 1)...] where numbers.count < 2 {
            if let number = number(word) { numbers.append(number) } else if !numbers.isEmpty { break }
        }
        return numbers.first.map { ($0, numbers.count > 1 ? numbers[1] : 0) }
    }

    /// `2.5`, `3`, `3.1`.
    private static func geminiVersion(_ name: String) -> Version? {
        guard let start = name.firstRange(of: "gemini-")?.upperBound else { return nil }
        let digits = name[start...].prefix { $0 == "." || $0.isASCII && $0.isNumber }
        let numbers = digits.split(separator: ".")
        guard let first = numbers.first, let major = Int(first) else { return nil }
        return (major, numbers.count > 1 ? Int(numbers[1]) ?? 0 : 0)
    }

    private static func openAISpelling(_ text: String) -> String {
        let words = text.split(separator: "-", omittingEmptySubsequences: false)
        var spelled = ""
        for (index, word) in words.enumerated() {
            // Dates have four digits or two behind four, and `4o` is a word.
            let isMinor =
                index > 1 && words[index - 2].hasSuffix("gpt") && number(words[index - 1]) != nil && number(word) != nil
            if index > 0 { spelled += isMinor ? "." : "-" }
            spelled += word
        }
        return spelled
    }

    /// A number of one or two digits.
    private static func number(_ word: Substring) -> Int? {
        guard (1...2).contains(word.utf8.count), word.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(word)
    }

    func contains(_ part: String) -> Bool { text.contains(part) }

    func contains(anyOf parts: [String]) -> Bool { parts.contains { text.contains($0) } }
}
