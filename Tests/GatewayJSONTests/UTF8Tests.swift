// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import Testing

@Suite("UTF-8 in strings")
struct UTF8Tests {
    /// Whether both agree about the bytes as the inside of a string.
    private func check(_ bytes: [UInt8]) {
        let isValid = String(validating: bytes, as: UTF8.self) != nil
        let accepted = (try? JSONValue(validating: document([0x22] + bytes + [0x22]))) != nil
        if isValid != accepted { Issue.record("\(bytes) are \(isValid ? "" : "not ")UTF-8") }
    }

    @Test("Every sequence of one, two and three bytes is judged as the standard library judges it")
    func short() {
        let edges: [UInt8] = [0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF]
        for first in UInt8(0x80)...0xFF {
            check([first])
            for second in UInt8(0x7F)...0xFF {
                check([first, second])
                for third in edges { check([first, second, third]) }
            }
        }
    }

    @Test("Every edge of the four-byte sequences is judged as the standard library judges it")
    func long() {
        let edges: [UInt8] = [0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF]
        for first in UInt8(0xE0)...0xFF {
            for second in edges {
                for third in edges {
                    for fourth in edges { check([first, second, third, fourth]) }
                }
            }
        }
    }

    @Test("Every scalar of Unicode passes, spelled out and escaped")
    func scalars() throws {
        for value in stride(from: UInt32(0x80), through: 0x10FFFF, by: 61) {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let string = String(scalar)
            let escaped = string.utf16.map { unit in
                let digits = String(unit, radix: 16)
                return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
            let spelled = try json("\"\(string)\"")
            let other = try json("\"\(escaped.joined())\"")
            guard spelled.string == string, other.string == string, spelled.text == other.text else {
                Issue.record("U+\(String(value, radix: 16))")
                continue
            }
        }
    }

    @Test("A bad byte is found wherever it stands in a long text")
    func positions() {
        for position in 0..<150 { checkBadByte(at: position) }
    }

    private func checkBadByte(at position: Int) {
        var ascii = [UInt8](repeating: UInt8(ascii: "x"), count: 150)
        ascii[position] = 0x80
        #expect(throws: JSONError(.invalidUTF8, offset: position + 1)) {
            try JSONValue(validating: document([0x22] + ascii + [0x22]))
        }
        ascii[position] = 0x1F
        #expect(throws: JSONError(.controlCharacter, offset: position + 1)) {
            try JSONValue(validating: document([0x22] + ascii + [0x22]))
        }
    }
}
