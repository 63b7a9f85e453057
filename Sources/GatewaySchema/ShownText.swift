// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

extension DefaultStringInterpolation {
    /// Inserts text of the file in printable form: without control characters, at most 80 characters.
    package mutating func appendInterpolation(shown text: String) {
        var result = ""
        for scalar in text.unicodeScalars.prefix(80) {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned:
                result += "?"
            default:
                result.unicodeScalars.append(scalar)
            }
        }
        if text.unicodeScalars.dropFirst(80).first != nil { result += "..." }
        appendLiteral(result)
    }
}
