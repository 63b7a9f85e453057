// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

/// How the result of a statement is written; the raw value is that of `--format`.
package enum SQLOutputFormat: String, Sendable, CaseIterable {
    /// Aligned columns for people.
    case table
    /// RFC 4180 with a header line; null is an empty field, an empty string is `""`.
    case csv
    /// One array with an object for each row.
    case json

    func makeOutput(isTerminal: Bool) -> any SQLOutput {
        switch self {
        case .table: TableOutput()
        case .csv: CSVOutput(isTerminal: isTerminal)
        case .json: JSONOutput()
        }
    }
}

/// Turns a result into text, piece by piece.
///
/// `begin`, then `row` for each row, then `end`; the pieces joined are the output.
protocol SQLOutput {
    mutating func begin(columns: [String]) -> String
    mutating func row(_ values: [QueryValue]) -> String
    mutating func end() -> String
}
