// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore

/// Takes the text out of `{"input": "..."}` while the JSON is still coming, however it is cut.
///
/// What does not begin like that is kept until its end. If it then is an object with a text `input`, that is the text; anything else stands for itself, since a
/// model that leaves the wrapping out has said what it meant.
struct WrappedText {
    private enum State {
        /// Within what comes before the text.
        case head
        case text
        /// Behind the text.
        case over
        /// In something else.
        case other
    }

    /// The most that is kept of what is not unwrapped as it comes; more of it is passed on as it is.
    private static let maximumKept = 1 << 20
    /// The most of a head that is read again with each piece.
    private static let maximumHead = 1 << 10

    private var state = State.head
    /// What came and is not read yet: the head, an escape that is cut, or something else.
    private var kept = ""
    private var isTooLong = false

    /// Reads the next piece.
    ///
    /// - Returns: What it adds to the text.
    mutating func read(_ piece: String) -> String {
        switch state {
        case .over: return ""
        case .other: return keep(piece)
        case .head:
            kept += piece
            switch Self.head(of: kept) {
            case .text(let rest):
                state = .text
                kept = ""
                return readText(rest)
            // Longer, it is nothing but space, which some models write without end; it is looked at no more until its end.
            case .incomplete where kept.utf8.count < Self.maximumHead: return ""
            case .incomplete, .other:
                state = .other
                return keep("")
            }
        case .text: return readText(piece[...])
        }
    }

    /// Takes the end.
    ///
    /// - Returns: The rest of the text.
    mutating func finish() -> String {
        defer { kept = "" }
        switch state {
        case .text, .over: return ""
        case .head, .other: break
        }
        if isTooLong { return kept }
        guard let value = try? JSONValue(answer: ByteBuffer(string: kept)) else { return kept }
        if let text = value["input"]?.string { return text }
        return value.object?.isEmpty == true ? "" : kept
    }

    private mutating func keep(_ piece: String) -> String {
        kept += piece
        guard isTooLong || kept.utf8.count > Self.maximumKept else { return "" }
        isTooLong = true
        defer { kept = "" }
        return kept
    }

    private enum Head {
        case text(Substring)
        case incomplete
        case other
    }

    /// Looks whether JSON begins with the wrapping: its four tokens with space around them.
    private static func head(of json: String) -> Head {
        var rest = json[...]
        for token in ["{", "\"input\"", ":", "\""] {
            rest = rest.drop { $0 == " " || $0 == "\n" || $0 == "\r" || $0 == "\t" || $0 == "\r\n" }
            if rest.utf8.count < token.utf8.count {
                return token.hasPrefix(rest) ? .incomplete : .other
            }
            // By bytes: the text may begin with a character that joins the quote.
            guard rest.utf8.starts(with: token.utf8) else { return .other }
            rest = Substring(rest.utf8.dropFirst(token.utf8.count))
        }
        return .text(rest)
    }

    /// Decodes the inside of a JSON string up to its end or to an escape that is not whole yet.
    private mutating func readText(_ piece: Substring) -> String {
        let bytes = Array((kept + piece).utf8)
        kept = ""
        var end = bytes.count
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "\"") {
                state = .over
                end = index
                break
            }
            guard bytes[index] == UInt8(ascii: "\\") else {
                index += 1
                continue
            }
            guard let length = Self.escapeLength(bytes[index...]) else {
                kept = String(decoding: bytes[index...], as: UTF8.self)
                end = index
                break
            }
            index += length
        }
        var quoted = ByteBuffer(staticString: "\"")
        quoted.writeBytes(bytes[..<end])
        quoted.writeStaticString("\"")
        // Models also write bare line ends, which JSON does not allow.
        return (try? JSONValue(answer: quoted))?.string ?? String(decoding: bytes[..<end], as: UTF8.self)
    }

    /// How long the escape is that begins here, both halves of a surrogate pair together; nil while it is cut.
    private static func escapeLength(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard bytes.count > 1 else { return nil }
        guard bytes[bytes.startIndex + 1] == UInt8(ascii: "u") else { return 2 }
        guard bytes.count >= 6 else { return nil }
        let digits = bytes[(bytes.startIndex + 2)..<(bytes.startIndex + 6)]
        guard let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16), unit & 0xFC00 == 0xD800 else {
            return 6
        }
        return bytes.count >= 12 ? 12 : nil
    }
}
