// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

extension ValueType where Value == String {
    /// Text of 1 to `limit` characters on one line.
    package static func text(_ description: String = "text", limit: Int = 255) -> ValueType {
        .scalar("\(description) of 1 to \(limit) characters on one line") { isPlain($0, limit: limit) ? $0 : nil }
    }

    /// Text of 1 to `limit` ASCII letters, digits, `_` and `-`.
    package static func identifier(limit: Int) -> ValueType {
        .scalar("1 to \(limit) letters, digits, `_` or `-`") { text in
            isIdentifier(text, limit: limit) ? text : nil
        }
    }

    /// Whether a text has 1 to `limit` ASCII letters, digits, `_` and `-`.
    package static func isIdentifier(_ text: String, limit: Int) -> Bool {
        ObjectName("\(text).s.n")?.catalog == text && text.utf8.count <= limit
    }

    /// A credential that is valid in a header and never shown.
    package static var secret: ValueType {
        .scalar(
            "text of 1 to 8192 printable ASCII characters without spaces, line ends or quotation marks around it",
            isSecret: true
        ) {
            isHeaderCredential($0) ? $0 : nil
        }
    }

    /// A secret of several lines.
    package static var privateText: ValueType {
        .scalar("text of 1 to 16384 bytes", isSecret: true) { (1...16384).contains($0.utf8.count) ? $0 : nil }
    }

    /// The value of a header; never shown, since it may be a secret.
    package static var headerValue: ValueType {
        .scalar("text of 1 to 8192 printable ASCII characters", isSecret: true) { text in
            let isPrintable = text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
            return (1...8192).contains(text.utf8.count) && isPrintable ? text : nil
        }
    }

    /// Text of 1 to `limit` characters, none of them a control character.
    package static func isPlain(_ text: String, limit: Int) -> Bool {
        guard !text.isEmpty, text.utf8.count <= limit * 4, text.count <= limit else { return false }
        return text.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: false
            default: true
            }
        }
    }
}

/// Whether a credential is valid in a header: 1 to 8192 printable ASCII characters without spaces.
///
/// Quotation marks around it come from a shell or an `.env` file; no vendor's credential has them.
package func isHeaderCredential(_ text: String) -> Bool {
    let isQuoted = text.utf8.count > 1 && ["\"", "'", "`"].contains { text.hasPrefix($0) && text.hasSuffix($0) }
    return (1...8192).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) } && !isQuoted
}

extension ValueType where Value == Int {
    package static func integer(_ range: ClosedRange<Int>) -> ValueType {
        let bounds =
            range.upperBound == .max
            ? "of \(range.lowerBound) or more" : "from \(range.lowerBound) to \(range.upperBound)"
        return .scalar("a whole number \(bounds)", allowsQuotes: false) { text in
            decimal(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// A number of bytes: plain, or with `KiB`, `MiB` or `GiB`.
    package static func size(_ range: ClosedRange<Int>) -> ValueType {
        .scalar("a size from \(sizeText(range.lowerBound)) to \(sizeText(range.upperBound)), such as `32MiB`") { text in
            byteCount(of: text).flatMap { range.contains($0) ? $0 : nil }
        }
    }
}

extension ValueType where Value == Bool {
    package static var boolean: ValueType {
        .scalar("`true` or `false`", allowsQuotes: false) { ["true": true, "false": false][$0] }
    }
}

extension ValueType where Value == Duration {
    /// A time: seconds, or a whole number with `ms`, `s`, `m`, `h` or `d`.
    package static func duration(_ range: ClosedRange<Duration>) -> ValueType {
        let bounds = "from \(durationText(range.lowerBound)) to \(durationText(range.upperBound))"
        return .scalar("a time \(bounds), such as `30s`") { text in
            timeSpan(of: text).flatMap { range.contains($0) ? $0 : nil }
        }
    }
}

extension ValueType {
    /// One of some words.
    package static func choice(_ choices: [(name: String, value: Value)]) -> ValueType {
        let names = choices.map { "`\($0.name)`" }.joined(separator: ", ")
        let words = choices.map(\.name)
        let description = choices.count == 1 ? names : "one of \(names)"
        return ValueType(description) { node, place, reading in
            guard case .scalar(let scalar) = node.content, !node.isNull else {
                reading.reportType(of: node, place, expected: description)
                return nil
            }
            guard let text = reading.text(of: scalar, place) else { return nil }
            if let choice = choices.first(where: { $0.name == text }) { return choice.value }
            let hint = reading.suggestion(for: scalar.text, in: words)
            reading.report(place, "\(place.name) must be \(description), not `\(shown: scalar.text)`.\(hint)")
            return nil
        }
    }

    /// One of the cases of an enumeration.
    package static func choice() -> ValueType where Value: CaseIterable & RawRepresentable<String> {
        .choice(Value.allCases.map { (name: $0.rawValue, value: $0) })
    }
}
