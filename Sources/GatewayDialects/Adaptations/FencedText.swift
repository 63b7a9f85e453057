// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// What stands between the fences of Markdown that models like to put around JSON.
struct FencedText {
    let text: JSONString
    /// How many characters (Unicode scalars) stood before it.
    private let removed: Int

    /// Nil for a text that is not fenced as a whole.
    init?(_ text: JSONString) {
        let isCandidate = text.withBytes { bytes, _ in bytes.first { $0 > 0x20 && $0 != UInt8(ascii: "\\") } != 0x7B }
        guard isCandidate else { return nil }
        let whole = text.string
        var lines = whole.split(separator: "\n", omittingEmptySubsequences: false)[...]
        func isBlank(_ line: Substring) -> Bool { line.utf8.allSatisfy { $0 <= 0x20 } }
        while let first = lines.first, isBlank(first) { lines = lines.dropFirst() }
        while let last = lines.last, isBlank(last) { lines = lines.dropLast() }
        guard lines.count >= 3, let first = lines.first, first == "```json" || first == "```", lines.last == "```"
        else { return nil }
        lines = lines.dropFirst().dropLast()
        self.text = JSONString(lines.joined(separator: "\n"))
        removed = whole[..<(lines.first?.startIndex ?? whole.startIndex)].unicodeScalars.count
    }

    /// A citation of the whole text as one of what is left.
    func moved(_ citation: Citation) -> Citation {
        guard let range = citation.range else { return citation }
        var citation = citation
        citation.range = max(0, range.lowerBound - removed)..<max(0, range.upperBound - removed)
        return citation
    }
}
