// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

/// Comma-separated values after RFC 4180, with a header line.
///
/// Values are written as they are, so that a file holds what the table holds; only on a terminal are control characters
/// spelled out. A spreadsheet may take a value that begins with `=` for a formula: import such columns as text.
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

    private func line(_ fields: [String]) -> String {
        fields.joined(separator: ",") + "\r\n"
    }

    private func field(_ raw: String) -> String {
        let text = isTerminal ? TerminalText(raw).text : raw
        let needsQuotes = text.utf8.contains {
            $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r")
        }
        // Quotes also tell an empty string from null.
        guard needsQuotes || text.isEmpty else { return text }
        let escaped = text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
        return "\"\(escaped)\""
    }
}
