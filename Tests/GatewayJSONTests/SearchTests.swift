// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore
import Testing

@Suite("Searching for a text")
struct SearchTests {
    @Test("A text is found wherever it begins, and only there")
    func everyPlace() {
        for count in 0..<160 {
            let plain = [UInt8](repeating: UInt8(ascii: "n"), count: count)
            #expect(!ByteBuffer(bytes: plain).contains("needle_"))
            for place in 0...count {
                var bytes = plain
                bytes.insert(contentsOf: "needle_".utf8, at: place)
                var buffer = ByteBuffer(bytes: bytes)
                #expect(buffer.contains("needle_"), "\(count) \(place)")
                // Not what lies outside the readable bytes.
                buffer.moveWriterIndex(to: place + 6)
                #expect(!buffer.contains("needle_"))
            }
        }
    }

    @Test("Texts that are nearly the same are others")
    func nearly() {
        let text = String(repeating: "needlE_ nedle_ neeedle_ need", count: 20)
        #expect(!ByteBuffer(string: text).contains("needle_"))
        #expect(ByteBuffer(string: text + "le_").contains("needle_"))
        #expect(ByteBuffer(string: "a").contains("a"))
        #expect(!ByteBuffer().contains("a"))
    }
}
