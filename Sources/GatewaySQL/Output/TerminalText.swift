// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Text that is safe and of known width on a terminal.
///
/// Values come from strangers (a user agent, a model's name). What could drive a terminal, reorder a line or hide is
/// spelled out: `\n`, `\t`, else `\u{1b}`.
package struct TerminalText {
    /// A text from elsewhere as one may print it, on one line.
    package static func escaping(_ raw: String) -> String { TerminalText(raw).text }

    let text: String
    /// How many cells of a terminal the text takes.
    let width: Int

    init(_ raw: String) {
        if raw.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) {
            text = raw
            width = raw.utf8.count
            return
        }
        var text = ""
        var width = 0
        for scalar in raw.unicodeScalars {
            if let escape = Self.escape(scalar) {
                text += escape
                width += escape.utf8.count
            } else {
                text.unicodeScalars.append(scalar)
                width += Self.width(of: scalar)
            }
        }
        self.text = text
        self.width = width
    }

    /// How a scalar is spelled out; nil when it may stand as it is.
    private static func escape(_ scalar: Unicode.Scalar) -> String? {
        switch scalar {
        case "\n": return "\\n"
        case "\r": return "\\r"
        case "\t": return "\\t"
        default: break
        }
        return isHidden(scalar) ? "\\u{\(String(scalar.value, radix: 16))}" : nil
    }

    /// Whether a scalar could drive a terminal, reorder a line or hide.
    static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: true
        default: false
        }
    }

    /// Two for the wide characters of East Asia and for emoji, none for combining marks, else one.
    private static func width(of scalar: Unicode.Scalar) -> Int {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return 0
        default: break
        }
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF,
            0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF,
            0x20000...0x3FFFD:
            return 2
        default:
            return scalar.properties.isEmojiPresentation ? 2 : 1
        }
    }
}
