// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// One array, an object for each row on a line of its own.
///
/// Bytes are hexadecimal text. Where columns share a name, the later ones get a number behind it. What JSON would allow as
/// it is but a terminal would act on or hide (DEL, the C1 controls, changes of direction) is escaped.
struct JSONOutput: SQLOutput {
    private var names: [String] = []
    private var isEmpty = true

    mutating func begin(columns: [String]) -> String {
        names = Self.unique(columns)
        return "["
    }

    mutating func row(_ values: [QueryValue]) -> String {
        var writer = JSONWriter()
        writer.object { writer in
            for (name, value) in zip(names, values) {
                writer.key(name)
                switch value {
                case .null: writer.null()
                case .integer(let number): writer.int(Int(number))
                case .double(let number): writer.double(number)
                case .text(let text): writer.string(text)
                case .blob(let bytes): writer.string(bytes.hexadecimal)
                }
            }
        }
        defer { isEmpty = false }
        return (isEmpty ? "\n" : ",\n") + Self.escapingControls(String(buffer: writer.buffer))
    }

    mutating func end() -> String {
        isEmpty ? "]\n" : "\n]\n"
    }

    private static func unique(_ columns: [String]) -> [String] {
        var seen: Set<String> = []
        return columns.map { name in
            var unique = name
            var number = 2
            while !seen.insert(unique).inserted {
                unique = "\(name)_\(number)"
                number += 1
            }
            return unique
        }
    }

    /// These can only stand inside strings, where an escape means the same.
    private static func escapingControls(_ json: String) -> String {
        guard json.unicodeScalars.contains(where: { $0.value > 0x7E && TerminalText.isHidden($0) }) else { return json }
        var escaped = ""
        for scalar in json.unicodeScalars {
            if scalar.value > 0x7E, TerminalText.isHidden(scalar) {
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    escaped += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
                }
            } else {
                escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
