// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// The places of an answer's text in characters (Unicode scalars) and in bytes of UTF-8, without the text.
///
/// Kept as runs of characters of the same width, of which only so many are kept: then places behind them are not known.
struct GeminiTextOffsets {
    private struct Run {
        var firstCharacter: Int
        var firstByte: Int
        /// Bytes per character.
        var width: Int
    }

    private static let maximumRuns = 16_384

    private var runs: [Run] = []
    private var characters = 0
    private var bytes = 0
    private var isFull = false

    /// Adds the next piece of the text.
    mutating func append(_ text: JSONString) {
        let isPlain = text.withBytes { bytes, isEscaped -> Int? in
            bytes.allSatisfy { $0 < 0x80 && (!isEscaped || $0 != UInt8(ascii: "\\")) } ? bytes.count : nil
        }
        if let count = isPlain { return append(count: count, width: 1) }
        for scalar in text.string.unicodeScalars { append(count: 1, width: UTF8.width(scalar)) }
    }

    private mutating func append(count: Int, width: Int) {
        guard count > 0 else { return }
        if runs.last?.width != width {
            if runs.count == Self.maximumRuns {
                isFull = true
            } else {
                runs.append(Run(firstCharacter: characters, firstByte: bytes, width: width))
            }
        }
        characters += count
        bytes += count * width
    }

    /// The range in characters that one in bytes is; nil if it is not within the text.
    func characters(from start: Int, to end: Int?) -> Range<Int>? {
        guard let end, start >= 0, start <= end, end <= bytes, !isFull else { return nil }
        return character(atByte: start)..<character(atByte: end)
    }

    private func character(atByte byte: Int) -> Int {
        let run = last { $0.firstByte <= byte }
        return run.firstCharacter + (byte - run.firstByte) / run.width
    }

    /// The range in bytes that one in characters is; nil if it is not within the text.
    func bytes(of range: Range<Int>) -> Range<Int>? {
        guard range.lowerBound >= 0, range.upperBound <= characters, !isFull else { return nil }
        return byte(atCharacter: range.lowerBound)..<byte(atCharacter: range.upperBound)
    }

    private func byte(atCharacter character: Int) -> Int {
        let run = last { $0.firstCharacter <= character }
        return run.firstByte + (character - run.firstCharacter) * run.width
    }

    /// The last run for which this holds, which it does for all before it.
    private func last(where isBefore: (Run) -> Bool) -> Run {
        var low = 0
        var high = runs.count
        while low < high {
            let middle = (low + high) / 2
            if isBefore(runs[middle]) { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? runs[low - 1] : Run(firstCharacter: 0, firstByte: 0, width: 1)
    }
}
