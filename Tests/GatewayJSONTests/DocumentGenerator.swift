// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Makes random JSON documents with all the spellings that RFC 8259 allows, and breaks them.
struct DocumentGenerator {
    var random: SplitMix

    init(seed: UInt64) {
        random = SplitMix(seed: seed)
    }

    /// The bytes of a valid document.
    mutating func document() -> [UInt8] {
        Array((space() + value(depth: 0) + space()).utf8)
    }

    /// The bytes of a valid document whose root is an object.
    mutating func object() -> [UInt8] {
        Array((space() + object(depth: 0) + space()).utf8)
    }

    /// The document with one to three small mistakes; it may still be valid.
    mutating func mutated(_ document: [UInt8]) -> [UInt8] {
        var bytes = document
        let interesting = Array("{}[]\",:\\/ue0-+.19tfn \n\t\0\u{1F}é😀".utf8) + [0x80, 0xC0, 0xED, 0xF5, 0xFF]
        for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
            let index = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes.remove(at: index)
            case 1: bytes.insert(pick(interesting), at: index)
            case 2: bytes[index] = pick(interesting)
            case 3: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 4: bytes.removeSubrange(index..<min(bytes.count, index + Int.random(in: 1...8, using: &random)))
            default:
                let end = min(bytes.count, index + Int.random(in: 1...8, using: &random))
                bytes.insert(contentsOf: bytes[index..<end], at: Int.random(in: 0...bytes.count, using: &random))
            }
        }
        return bytes
    }

    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &random)]
    }

    private mutating func space() -> String {
        Int.random(in: 0..<4, using: &random) == 0 ? pick([" ", "\n", "\t", "\r\n", "    ", " \n  "]) : ""
    }

    private mutating func value(depth: Int) -> String {
        switch Int.random(in: 0..<(depth < 5 ? 10 : 6), using: &random) {
        case 0, 1: number()
        case 2, 3: "\"" + text() + "\""
        case 4: pick(["true", "false", "null"])
        case 5: pick(["{}", "[]", "\"\"", "0", "[ ]", "{ }"])
        case 6, 7: array(depth: depth)
        default: object(depth: depth)
        }
    }

    private mutating func array(depth: Int) -> String {
        var elements: [String] = []
        for _ in 0..<Int.random(in: 0..<5, using: &random) {
            elements.append(space() + value(depth: depth + 1) + space())
        }
        return "[" + elements.joined(separator: ",") + "]"
    }

    /// An object; duplicate keys occur.
    private mutating func object(depth: Int) -> String {
        var members: [String] = []
        for _ in 0..<Int.random(in: 0..<6, using: &random) {
            let key = Bool.random(using: &random) ? pick(["a", "b", "\\u0061", "é", "\\u00e9", "key"]) : text()
            members.append(space() + "\"" + key + "\"" + space() + ":" + space() + value(depth: depth + 1) + space())
        }
        return "{" + members.joined(separator: ",") + "}"
    }

    private mutating func number() -> String {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return String(Int.random(in: -100...100, using: &random))
        case 1: return String(Int64.random(in: .min ... .max, using: &random))
        case 2: return pick(["-0", "0.0", "1e0", "1E+2", "1.50", "-0.0e-1", "123456789012345678901234567890"])
        case 3: return "\(Int.random(in: 0...9, using: &random)).\(UInt32.random(in: 0 ... .max, using: &random))"
        case 4: return "\(Int.random(in: 1...9, using: &random))e\(Int.random(in: -200...200, using: &random))"
        default: return String(Double.random(in: -1000...1000, using: &random))
        }
    }

    private mutating func text() -> String {
        var text = ""
        for _ in 0..<Int.random(in: 0..<6, using: &random) {
            switch Int.random(in: 0..<8, using: &random) {
            case 0: text += pick(["\\n", "\\t", "\\\"", "\\\\", "\\/", "\\b", "\\f", "\\r"])
            case 1: text += pick(["\\u0041", "\\u00e9", "\\uFFFF", "\\u0000", "\\ud83d\\ude00", "\\uDBFF\\uDFFF"])
            case 2: text += pick(["é", "€", "😀", "\u{7F}", "\u{80}", "\u{FFFF}", "\u{10FFFF}", "網", "e\u{301}"])
            case 3: text += String(repeating: "x", count: Int.random(in: 0..<80, using: &random))
            default: text += pick(["a", "hello ", "{", "}", "[", "]", ",", ":", "/", "'", "usage"])
            }
        }
        return text
    }
}
