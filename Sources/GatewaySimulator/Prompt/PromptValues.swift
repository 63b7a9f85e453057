// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// The values that a prompt names: numbers, and texts between quotation marks.
///
/// Instances of schemas take them in their order.
struct PromptValues: Sendable {
    private var numbers: [Double] = []
    private var texts: [String] = []
    private let asksForKeys: Bool

    /// Bytes of the text that are looked at.
    private static let longestText = 16_384
    /// Most values of each kind.
    private static let most = 64

    /// The values in the start of a text, instructions to the simulator left out.
    init(in text: String) {
        let bytes = InstructionScanner.withoutMarkers(Array(text.utf8.prefix(Self.longestText)))
        let scalars = Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
        texts = Self.texts(in: scalars)
        let words = Self.words(in: scalars)
        numbers = Array(words.compactMap(Self.number).prefix(Self.most))
        asksForKeys = words.contains { $0 == "key" || $0 == "keys" }
    }

    /// Takes the next number that fits.
    mutating func takeNumber(where fits: (Double) -> Bool) -> Double? {
        numbers.firstIndex(where: fits).map { index in
            defer { numbers.removeFirst(index + 1) }
            return numbers[index]
        }
    }

    /// Takes the next text that fits.
    mutating func takeText(where fits: (String) -> Bool) -> String? {
        texts.firstIndex(where: fits).map { index in
            defer { texts.removeFirst(index + 1) }
            return texts[index]
        }
    }

    /// Writes the fields that an object of any shape is to have: the words that are quoted in a text that speaks of keys.
    ///
    /// Each has its own name as its value.
    ///
    /// - Returns: Whether there are any.
    @discardableResult
    func writeKeys(into writer: inout JSONWriter) -> Bool {
        var written: [String] = []
        for key in asksForKeys ? texts : []
        where !written.contains(key) && key.unicodeScalars.allSatisfy(Self.isWordPart) {
            written.append(key)
            writer.key(key)
            writer.string(key)
        }
        return !written.isEmpty
    }

    /// Text between quotation marks.
    ///
    /// An apostrophe in a word opens nothing.
    private static func texts(in scalars: [Unicode.Scalar]) -> [String] {
        let pairs: [Unicode.Scalar: Unicode.Scalar] = ["\"": "\"", "'": "'", "“": "”", "‘": "’", "`": "`"]
        var texts: [String] = []
        // Marks that do not come any more are looked for once, so that a text of opening marks takes no longer than others.
        var missing: [Unicode.Scalar] = []
        var index = 0
        while index < scalars.count, texts.count < most {
            let start = index + 1
            guard let closing = pairs[scalars[index]], !missing.contains(closing),
                index == 0 || !isWordPart(scalars[index - 1])
            else {
                index = start
                continue
            }
            let end = (start..<scalars.count).first { position in
                scalars[position] == closing
                    && (position + 1 == scalars.count || !isWordPart(scalars[position + 1]))
            }
            guard let end else {
                missing.append(closing)
                index = start
                continue
            }
            if end > start { texts.append(String(String.UnicodeScalarView(scalars[start..<end]))) }
            index = end + 1
        }
        return texts
    }

    /// Runs of letters, digits and the signs of versions, dates and times; signs at the end are punctuation.
    private static func words(in scalars: [Unicode.Scalar]) -> [String] {
        scalars.split { !isWordPart($0) && !isJoint($0) }.map { run in
            let end = run.lastIndex { isWordPart($0) } ?? run.startIndex
            return String(String.UnicodeScalarView(run[...end]))
        }
    }

    private static func number(_ word: String) -> Double? {
        let digits = word.utf8.dropFirst(word.utf8.first == UInt8(ascii: "-") ? 1 : 0)
        let isPlain = digits.allSatisfy { $0 &- UInt8(ascii: "0") < 10 || $0 == UInt8(ascii: ".") }
        return isPlain && digits.count <= 15 ? Double(word) : nil
    }

    private static func isWordPart(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
    }

    private static func isJoint(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "." || scalar == "-" || scalar == ":" || scalar == "/"
    }
}
