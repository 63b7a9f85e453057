// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Where words appear separately in a text, not as parts of longer names: the text is read once, however many words are looked for.
struct SpokenWords {
    private let text: [UInt8]
    /// The first place of each run of letters, digits, `_` and `-`.
    private var runs: [ArraySlice<UInt8>: Int] = [:]
    /// How many words with other bytes may still be looked for, each with a walk through the text.
    private var searches = 256

    init(_ text: [UInt8]) {
        self.text = text
        var start: Int?
        for index in 0...text.count {
            if index < text.count, Self.isNameByte(text[index]) {
                start = start ?? index
            } else if let begun = start {
                if runs[text[begun..<index]] == nil { runs[text[begun..<index]] = begun }
                start = nil
            }
        }
    }

    /// The first place of a word; nil if it does not appear separately.
    mutating func first(_ word: [UInt8]) -> Int? {
        if word.allSatisfy(Self.isNameByte) { return runs[word[...]] }
        guard searches > 0 else { return nil }
        searches -= 1
        var start = 0
        while let position = Self.find(word, in: text, from: start) {
            let end = position + word.count
            if position == 0 || !Self.isNameByte(text[position - 1]), end == text.count || !Self.isNameByte(text[end]) {
                return position
            }
            start = position + 1
        }
        return nil
    }

    /// The first place of some bytes at or after a place.
    static func find(_ word: [UInt8], in text: [UInt8], from start: Int) -> Int? {
        guard let first = word.first, text.count >= word.count else { return nil }
        var index = start
        while index <= text.count - word.count {
            if text[index] == first, text[index..<index + word.count].elementsEqual(word) { return index }
            index += 1
        }
        return nil
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10 || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: "-")
    }
}
