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
        let distances = distances(to: bounds, words)
        let limit = numbers.filter { $0.value < used }.min { distances[$0.index] < distances[$1.index] }
        return limit.map { (used, $0.value) }
    }

    /// How many words lie between each word and the nearest that begins one of some phrases of one or two words.
    private static func distances(to phrases: [String], _ words: [Substring]) -> [Int] {
        var distances = Array(repeating: words.count, count: words.count)
        for (index, word) in words.enumerated() {
            let pair = index + 1 < words.count ? "\(word) \(words[index + 1])" : String(word)
            if phrases.contains(where: { pair.hasPrefix($0) }) { distances[index] = 0 }
        }
        for index in distances.indices.dropFirst() {
            distances[index] = min(distances[index], distances[index - 1] + 1)
        }
        for index in distances.indices.dropLast().reversed() {
            distances[index] = min(distances[index], distances[index + 1] + 1)
        }
        return distances
    }
}
