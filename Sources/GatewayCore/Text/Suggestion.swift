// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// What somebody may have meant who wrote a word that there is not.
package enum Suggestion {
    /// The longest word that anything is looked for.
    private static let maximumWord = 96
    /// The most letters that may be wrong, so that a word costs a bounded number of steps for each letter of each candidate.
    private static let maximumSlips = 6

    /// The candidate that is most like the word; nil if none is like it.
    package static func closest(to text: String, in candidates: [String]) -> String? {
        closest(to: text, in: candidates, by: { $0 }, atMost: 1).first
    }

    /// The candidates that are most like the word, the nearest first.
    ///
    /// `spelling` says by what they are compared, `isAllowed` which may be told; it is asked only of those that are near. Of so many letters, `lettersPerSlip`,
    /// one may be wrong, up to a bound.
    package static func closest<Candidate>(
        to text: String,
        in candidates: [Candidate],
        by spelling: (Candidate) -> String,
        atMost count: Int,
        lettersPerSlip: Int = 3,
        where isAllowed: (Candidate) -> Bool = { _ in true }
    ) -> [Candidate] {
        let word = Array(text.lowercased().utf8)
        guard (2...maximumWord).contains(word.count) else { return [] }
        let farthest = min(maximumSlips, max(1, word.count / lettersPerSlip))
        var found: [(distance: Int, candidate: Candidate)] = []
        var rows = DistanceRows(columns: word.count)
        for candidate in candidates {
            let other = Array(spelling(candidate).lowercased().utf8)
            // One that is no nearer than those found cannot displace them.
            let bound = found.count < count ? farthest : found[count - 1].distance - 1
            guard let distance = rows.distance(from: other, to: word, atMost: bound), isAllowed(candidate) else {
                continue
            }
            // Of two that are as near the first stays in front.
            found.insert((distance, candidate), at: found.firstIndex { $0.distance > distance } ?? found.count)
            if found.count > count { found.removeLast() }
        }
        return found.map(\.candidate)
    }
}

/// The three rows of a table of edit distances that matter at a time, kept for the next pair of words.
private struct DistanceRows {
    private var beforePrevious: [Int]
    private var previous: [Int]
    private var current: [Int]

    init(columns: Int) {
        beforePrevious = Array(repeating: 0, count: columns + 1)
        previous = beforePrevious
        current = beforePrevious
    }

    /// How many insertions, removals, replacements and swaps of neighbours turn one word into the other; nil if it takes more than `bound`.
    ///
    /// Only the cells are worked out that are no farther than the bound from the diagonal. `second` has as many letters as the rows have columns.
    mutating func distance(from first: [UInt8], to second: [UInt8], atMost bound: Int) -> Int? {
        guard bound >= 0, abs(first.count - second.count) <= bound else { return nil }
        // What lies outside the band is too far, and stays so however much is added.
        let tooFar = bound + 1
        for column in previous.indices { previous[column] = min(column, tooFar) }
        for row in 0..<first.count {
            let columns = max(0, row - bound)..<min(second.count, row + bound + 1)
            guard !columns.isEmpty else { return nil }
            current[columns.lowerBound] = columns.lowerBound == 0 ? min(row + 1, tooFar) : tooFar
            var nearest = current[columns.lowerBound]
            for column in columns {
                let cost = first[row] == second[column] ? 0 : 1
                var distance = min(previous[column + 1] + 1, current[column] + 1, previous[column] + cost)
                if row > 0, column > 0, first[row] == second[column - 1], first[row - 1] == second[column] {
                    distance = min(distance, beforePrevious[column - 1] + 1)
                }
                current[column + 1] = min(distance, tooFar)
                nearest = min(nearest, distance)
            }
            if columns.upperBound < second.count { current[columns.upperBound + 1] = tooFar }
            if nearest > bound { return nil }
            (beforePrevious, previous, current) = (previous, current, beforePrevious)
        }
        return previous[second.count] <= bound ? previous[second.count] : nil
    }
}
