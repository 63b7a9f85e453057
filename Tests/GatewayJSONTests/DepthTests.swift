// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import Testing

@Suite("Nesting")
struct DepthTests {
    @Test("The depth bound counts arrays and objects alike", arguments: [1, 2, 63, 64, 65, 127, 128, 129, 200, 1000])
    func bound(_ depth: Int) throws {
        let arrays = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        let objects = String(repeating: #"{"a":"#, count: depth - 1) + "{}" + String(repeating: "}", count: depth - 1)
        let mixed =
            String(repeating: #"[{"a":"#, count: depth / 2) + (depth % 2 == 1 ? "[]" : "0")
            + String(repeating: "}]", count: depth / 2)
        for text in [arrays, objects, mixed] {
            #expect(throws: Never.self) { try JSONValue(validating: document(text), maximumDepth: depth) }
            #expect { try JSONValue(validating: document(text), maximumDepth: depth - 1) } throws: { error in
                (error as? JSONError)?.reason == .tooDeep
            }
        }
        #expect(throws: Never.self) { try JSONScan(document(objects), maximumDepth: depth) }
        #expect { try JSONScan(document(objects), maximumDepth: depth - 1) } throws: { error in
            (error as? JSONError)?.reason == .tooDeep
        }
    }

    @Test("128 levels are allowed by default, 129 are not")
    func standard() throws {
        _ = try json(String(repeating: "[", count: 128) + String(repeating: "]", count: 128))
        #expect(throws: JSONError(.tooDeep, offset: 128)) { try json(String(repeating: "[", count: 129)) }
    }

    @Test("A million open brackets are refused without using the stack, also where they would be allowed")
    func million() throws {
        let count = 1_000_000
        let open = String(repeating: "[", count: count)
        #expect(throws: JSONError(.tooDeep, offset: 128)) { try json(open) }
        let value = try JSONValue(
            validating: document(open + String(repeating: "]", count: count)),
            maximumDepth: count
        )
        #expect(value.array?.first?.range.count == 2 * count - 2)
    }

    @Test("Containers close in the order in which they were opened, at every depth")
    func order() throws {
        var generator = SplitMix(seed: 7)
        for _ in 0..<200 {
            let isObject = (0..<Int.random(in: 1...300, using: &generator)).map { _ in Bool.random(using: &generator) }
            let open = isObject.map { $0 ? #"{"a":"# : "[" }.joined()
            var close = isObject.reversed().map { $0 ? "}" : "]" }
            #expect(throws: Never.self) {
                try JSONValue(validating: document(open + "0" + close.joined()), maximumDepth: 300)
            }
            let wrong = Int.random(in: 0..<close.count, using: &generator)
            close[wrong] = close[wrong] == "}" ? "]" : "}"
            #expect(throws: JSONError(.unexpectedByte, offset: open.utf8.count + 1 + wrong)) {
                try JSONValue(validating: document(open + "0" + close.joined()), maximumDepth: 300)
            }
        }
    }
}
