// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// How long a prompt is and may be, by the message of an error.
enum ContextOverflow {
    /// What vendors call the bound.
    private static let bounds = ["maximum", "limit", "context length", "context window", "context size", "allowed"]

    /// The number of tokens that a request has and the number that it may have, where a message says both.
    ///
    /// The first is the largest number of all. The second is one of those that stand near a word for a bound.
    static func tokens(in message: String) -> (used: Int, limit: Int)? {
        let words = message.lowercased().split { $0 == " " || $0 == "(" || $0 == ")" || $0 == ":" || $0 == "`" }
        var numbers: [(index: Int, value: Int)] = []
        for (index, word) in words.enumerated() {
            let digits = word.filter { $0 != "," && $0 != "_" }.prefix { $0.isASCII && $0.isNumber }
            if digits.count >= 3, digits.count < 10, let value = Int(digits) { numbers.append((index, value)) }
        }
        guard let used = numbers.map(\.value).max() else { return nil }
        let limit = numbers.filter { $0.value < used }.min { distance($0.index, words) < distance($1.index, words) }
        return limit.map { (used, $0.value) }
    }

    /// How many words lie between a number and the nearest word for a bound.
    private static func distance(_ index: Int, _ words: [Substring]) -> Int {
        var nearest = words.count
        for other in words.indices {
            let pair = other + 1 < words.count ? "\(words[other]) \(words[other + 1])" : String(words[other])
            if bounds.contains(where: { pair.hasPrefix($0) }) { nearest = min(nearest, abs(other - index)) }
        }
        return nearest
    }
}
