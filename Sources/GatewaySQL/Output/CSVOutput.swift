// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

/// Comma-separated values after RFC 4180, with a header line.
///
/// Values are written as they are, but for two things: on a terminal control characters are spelled out, and a text that a
/// spreadsheet would take for a formula gets an apostrophe in front, wherever it is written to. `--format json` has neither.
struct CSVOutput: SQLOutput {
    let isTerminal: Bool

    mutating func begin(columns: [String]) -> String {
        line(columns.map { field($0) })
    }

    mutating func row(_ values: [QueryValue]) -> String {
        line(
            values.map { value in
                switch value {
                case .null: ""
                case .integer(let number): String(number)
                case .double(let number): String(number)
                case .text(let text): field(text)
                case .blob(let bytes): bytes.hexadecimal
                }
            }
        )
    }

    mutating func end() -> String { "" }

    /// Whether a spreadsheet would calculate a cell: strangers' texts stand in these, such as a user agent.
    ///
    /// A text that is nothing but a number, such as `-5`, is harmless.
    private static func startsFormula(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first else { return false }
        switch first {
        // The last four are the wide forms, which East Asian versions take too.
        case "=", "@", "\t", "\r", "\n", "\u{FF1D}", "\u{FF20}", "\u{FF0B}", "\u{FF0D}": return true
        case "+", "-": return Double(text)?.isFinite != true || text.utf8.contains(UInt8(ascii: "x"))
        default: return false
        }
    }

    private func line(_ fields: [String]) -> String {
        fields.joined(separator: ",") + "\r\n"
    }

    private func field(_ raw: String) -> String {
        let inert = Self.startsFormula(raw) ? "'" + raw : raw
        let text = isTerminal ? TerminalText(inert).text : inert
        let needsQuotes = text.utf8.contains {
            $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r")
        }
        // Quotes also tell an empty string from null.
        guard needsQuotes || text.isEmpty else { return text }
        let escaped = text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
        return "\"\(escaped)\""
    }
}
