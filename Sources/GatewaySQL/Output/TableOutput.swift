// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

/// Aligned columns, numbers to the right, with the count of rows below.
///
/// The first rows decide the widths and are held until there are enough of them; later rows are written as they come,
/// so that memory stays bounded. A later value that is wider pushes the rest of its line to the right.
struct TableOutput: SQLOutput {
    /// How many rows decide the widths.
    static let measuredRows = 1000

    private struct Cell {
        var text: TerminalText
        var isNumber = false
    }

    private var header: [TerminalText] = []
    private var widths: [Int] = []
    private var held: [[Cell]] = []
    private var isMeasured = false
    private var count = 0

    mutating func begin(columns: [String]) -> String {
        header = columns.map { TerminalText($0) }
        widths = header.map(\.width)
        return ""
    }

    mutating func row(_ values: [QueryValue]) -> String {
        count += 1
        let cells = values.map { Self.cell($0) }
        if isMeasured { return line(cells) }
        for (column, cell) in cells.enumerated() where column < widths.count {
            widths[column] = max(widths[column], cell.text.width)
        }
        held.append(cells)
        return held.count < Self.measuredRows ? "" : release()
    }

    mutating func end() -> String {
        (isMeasured ? "" : release()) + "(\(count) \(count == 1 ? "row" : "rows"))\n"
    }

    /// Writes the header and the rows that were held.
    private mutating func release() -> String {
        isMeasured = true
        defer { held = [] }
        let rule = widths.map { String(repeating: "-", count: $0) }.joined(separator: "-+-")
        return line(header.map { Cell(text: $0) }) + rule + "\n" + held.map { line($0) }.joined()
    }

    private func line(_ cells: [Cell]) -> String {
        var line = ""
        for (column, cell) in cells.enumerated() {
            if column > 0 { line += " | " }
            let width = column < widths.count ? widths[column] : 0
            let padding = String(repeating: " ", count: max(0, width - cell.text.width))
            if cell.isNumber {
                line += padding + cell.text.text
            } else {
                line += cell.text.text
                // No blanks at the end of a line.
                if column < cells.count - 1 { line += padding }
            }
        }
        return line + "\n"
    }

    private static func cell(_ value: QueryValue) -> Cell {
        switch value {
        case .null: Cell(text: TerminalText("NULL"))
        case .integer(let number): Cell(text: TerminalText(String(number)), isNumber: true)
        case .double(let number): Cell(text: TerminalText(String(number)), isNumber: true)
        case .text(let text): Cell(text: TerminalText(text))
        case .blob(let bytes): Cell(text: TerminalText(bytes.hexadecimal))
        }
    }
}

extension [UInt8] {
    /// Two lower-case digits for each byte.
    var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(count * 2)
        for byte in self {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 0xF)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
