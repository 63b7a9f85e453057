// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// What somebody may have meant who wrote a word that there is not.
package enum Suggestion {
    /// The longest word that anything is looked for.
    private static let maximumWord = 96

    /// The candidate that is most like the word; nil if none is like it.
    package static func closest(to text: String, in candidates: [String]) -> String? {
        closest(to: text, in: candidates, by: { $0 }, atMost: 1).first
    }

    /// The candidates that are most like the word, the nearest first.
    ///
    /// `spelling` says by what they are compared. Of so many letters, `lettersPerSlip`, one may be wrong.
    package static func closest<Candidate>(
        to text: String,
        in candidates: [Candidate],
        by spelling: (Candidate) -> String,
        atMost count: Int,
        lettersPerSlip: Int = 3
    ) -> [Candidate] {
        let word = Array(text.lowercased().utf8)
        guard (2...maximumWord).contains(word.count) else { return [] }
        let farthest = max(1, word.count / lettersPerSlip)
        var found: [(distance: Int, candidate: Candidate)] = []
        for candidate in candidates {
            let other = Array(spelling(candidate).lowercased().utf8)
            guard abs(other.count - word.count) <= farthest else { continue }
            let distance = editDistance(word, other)
            guard distance <= farthest else { continue }
            // Of two that are as near the first stays in front.
            let place = found.firstIndex { $0.distance > distance } ?? found.count
            guard place < count else { continue }
            found.insert((distance, candidate), at: place)
            if found.count > count { found.removeLast() }
        }
        return found.map(\.candidate)
    }

    /// How many insertions, removals, replacements and swaps of neighbours turn one word into the other.
    private static func editDistance(_ first: [UInt8], _ second: [UInt8]) -> Int {
        var beforePrevious: [Int] = []
        var previous = Array(0...second.count)
        for row in 0..<first.count {
            var current = [row + 1]
            for column in 0..<second.count {
                let cost = first[row] == second[column] ? 0 : 1
                var distance = min(previous[column + 1] + 1, current[column] + 1, previous[column] + cost)
                if row > 0, column > 0, first[row] == second[column - 1], first[row - 1] == second[column] {
                    distance = min(distance, beforePrevious[column - 1] + 1)
                }
                current.append(distance)
            }
            beforePrevious = previous
            previous = current
        }
        return previous[second.count]
    }
}
