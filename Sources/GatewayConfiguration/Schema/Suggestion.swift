// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// The candidate that the user may have meant; nil if none is similar.
func closest(to text: String, in candidates: [String]) -> String? {
    let word = Array(text.lowercased().utf8)
    guard (2...64).contains(word.count) else { return nil }
    var best: (distance: Int, candidate: String)?
    for candidate in candidates {
        let distance = editDistance(word, Array(candidate.lowercased().utf8))
        guard distance <= max(1, word.count / 3), distance < best?.distance ?? .max else { continue }
        best = (distance, candidate)
    }
    return best?.candidate
}

/// How many insertions, removals, replacements and swaps of neighbours turn one word into the other.
private func editDistance(_ first: [UInt8], _ second: [UInt8]) -> Int {
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
