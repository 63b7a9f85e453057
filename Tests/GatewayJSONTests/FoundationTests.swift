// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayJSON
import NIOCore
import Testing

@Suite("Beside Foundation's JSONSerialization")
struct FoundationTests {
    private func foundation(_ bytes: [UInt8]) -> Any? {
        try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
    }

    private func ours(_ bytes: [UInt8]) -> JSONValue? {
        try? JSONValue(validating: document(bytes))
    }

    @Test("Generated documents mean the same to both")
    func generated() throws {
        var generator = DocumentGenerator(seed: 1)
        for _ in 0..<4000 {
            let bytes = generator.document()
            let value = try #require(ours(bytes), "\(String(decoding: bytes, as: UTF8.self))")
            let other = try #require(foundation(bytes), "\(String(decoding: bytes, as: UTF8.self))")
            if !means(value, other) { Issue.record("\(String(decoding: bytes, as: UTF8.self))") }
        }
    }

    @Test("What the gateway writes means to Foundation what was read")
    func written() throws {
        var generator = DocumentGenerator(seed: 2)
        for _ in 0..<2000 {
            let value = try #require(ours(generator.document()))
            let rewritten = JSONValue { copy(value, &$0) }
            #expect(try JSONValue(validating: rewritten.bytes) == rewritten)
            let other = try #require(foundation(Array(rewritten.bytes.readableBytesView)))
            if !means(value, other) { Issue.record("\(rewritten.bytes.text)") }
        }
    }

    @Test("Broken documents are judged alike, the known differences apart")
    func mutated() throws {
        var generator = DocumentGenerator(seed: 3)
        var accepted = 0
        var refused = 0
        for _ in 0..<20_000 {
            let bytes = generator.mutated(generator.document())
            // A document with NUL among its first bytes is UTF-16 or UTF-32 to Foundation.
            if bytes.prefix(4).contains(0) { continue }
            let value = ours(asFoundationReads(bytes))
            let other = foundation(bytes)
            if value == nil { refused += 1 } else { accepted += 1 }
            if value.map(hasOnlyDoubles) ?? false != (other != nil) {
                Issue.record("\(other == nil ? "refused" : "accepted") by Foundation: \(bytes)")
            }
        }
        #expect(accepted > 1000 && refused > 1000)
    }

    @Test("Foundation accepts a comma before the end and a byte order mark; here they are refused")
    func laxer() {
        for text in ["[1,]", "{\"a\":1,}", "\u{FEFF}{}"] {
            #expect(foundation(Array(text.utf8)) != nil)
            #expect(ours(Array(text.utf8)) == nil)
        }
    }

    @Test("Foundation refuses numbers beyond the doubles; here they are kept as written")
    func stricter() {
        for text in ["1e400", "[-1e400]", "1e99999999999999999999"] {
            #expect(foundation(Array(text.utf8)) == nil)
            #expect(ours(Array(text.utf8))?.bytes.text == text)
        }
    }

    /// The document without what Foundation lets pass: a byte order mark, and commas before the end of a container.
    private func asFoundationReads(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
        while true {
            do throws(JSONError) {
                _ = try JSONValue(validating: document(bytes))
                return bytes
            } catch {
                let isSpace = { (byte: UInt8) in [0x20, 0x09, 0x0A, 0x0D].contains(byte) }
                guard error.reason == .unexpectedByte,
                    [UInt8(ascii: "]"), UInt8(ascii: "}")].contains(bytes[error.offset]),
                    let comma = bytes[..<error.offset].lastIndex(where: { !isSpace($0) }),
                    bytes[comma] == UInt8(ascii: ","),
                    let before = bytes[..<comma].last(where: { !isSpace($0) }), !Array("[{,:".utf8).contains(before)
                else { return bytes }
                bytes.remove(at: comma)
            }
        }
    }

    /// Whether every number in it is a finite double.
    private func hasOnlyDoubles(_ value: JSONValue) -> Bool {
        switch value.kind {
        case .number: value.double != nil
        case .array: value.array?.allSatisfy(hasOnlyDoubles) ?? false
        case .object: value.object?.allSatisfy { hasOnlyDoubles($0.value) } ?? false
        default: true
        }
    }

    /// Foundation reads long numbers as `Decimal`, whose double is off by a few units in the last place.
    private func isClose(_ double: Double?, _ other: Double) -> Bool {
        guard let double else { return false }
        return abs(double - other) <= 16 * double.ulp
    }

    /// Whether both are the same value, Foundation's with what it cannot keep: duplicates and the spelling of numbers.
    private func means(_ value: JSONValue, _ other: Any) -> Bool {
        switch value.kind {
        case .object:
            guard let other = other as? [String: Any], let object = value.object else { return false }
            var candidates: [String: [JSONValue]] = [:]
            for (key, value) in object { candidates[key.string, default: []].append(value) }
            return candidates.count == other.count
                && other.allSatisfy { key, other in candidates[key]?.contains { means($0, other) } ?? false }
        case .array:
            guard let other = other as? [Any], let array = value.array else { return false }
            return array.count == other.count && zip(array, other).allSatisfy { means($0, $1) }
        case .string:
            guard let other = other as? String, let string = value.string else { return false }
            return string.utf8.elementsEqual(other.utf8)
        case .number:
            guard let other = other as? NSNumber else { return false }
            return isClose(value.double, other.doubleValue) && value.int.map { $0 == other.intValue } ?? true
        case .bool: return value.bool == other as? Bool
        case .null: return other is NSNull
        }
    }
}
