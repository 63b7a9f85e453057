// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore
import Testing

@Suite("Splicing")
struct SpliceTests {
    private func spliced(_ edits: [JSONSplice.Edit], _ document: ByteBuffer) -> String {
        let whole = JSONSplice.apply(edits, to: document)
        let pieces = JSONSplice.pieces(edits, of: document)
        #expect(pieces.map(\.text).joined() == whole.text)
        #expect(pieces.allSatisfy { $0.readableBytes > 0 })
        return whole.text
    }

    @Test("Only the spliced value changes; every other byte stays")
    func replace() throws {
        let scan = try JSONScan(document(#"{ "a":1.0,"model" : "gpt-5", "b":"\u00e9"}"#))
        let model = try #require(try scan.unique("model"))
        let edit = JSONSplice.Edit(model.range, with: ByteBuffer(string: "\"a much longer name\""))
        #expect(spliced([edit], scan.value.document) == #"{ "a":1.0,"model" : "a much longer name", "b":"\u00e9"}"#)
    }

    @Test("A member is inserted before the closing brace")
    func insert() throws {
        let scan = try JSONScan(document(#"{"a":1}"#))
        let end = scan.closingBrace
        let insertion = JSONSplice.Edit(end..<end, with: ByteBuffer(string: #","b":2"#))
        #expect(spliced([insertion], scan.value.document) == #"{"a":1,"b":2}"#)
    }

    @Test("Several edits take place in one go, at the edges too")
    func several() {
        let base = document("0123456789")
        let edit = { (range: Range<Int>, text: String) in
            JSONSplice.Edit(range.lowerBound + 3..<range.upperBound + 3, with: ByteBuffer(string: text))
        }
        #expect(spliced([], base) == "0123456789")
        #expect(spliced([edit(0..<1, "a"), edit(1..<1, "b"), edit(3..<5, ""), edit(9..<10, "c")], base) == "ab125678c")
        #expect(spliced([edit(0..<10, "")], base) == "")
        #expect(spliced([edit(0..<0, "<"), edit(10..<10, ">")], base) == "<0123456789>")
    }

    @Test("Edits outside the document or out of order do no harm")
    func outside() {
        let base = document("0123456789")
        let text = ByteBuffer(string: "x")
        #expect(spliced([.init(0..<4, with: text)], base) == "x123456789")
        #expect(spliced([.init(12..<1000, with: text)], base) == "012345678x")
        #expect(spliced([.init(5000..<6000, with: text)], base) == "0123456789x")
        #expect(spliced([.init(8..<10, with: text), .init(4..<9, with: text)], base) == "01234xx789")
    }

    @Test("The pieces of a large document share its memory, beyond 16 MiB too")
    func sharing() {
        let size = 40 << 20
        var base = ByteBufferAllocator().buffer(capacity: size)
        base.writeRepeatingByte(UInt8(ascii: "x"), count: size)
        let place = 17 << 20
        let pieces = JSONSplice.pieces([.init(place..<place + 5, with: ByteBuffer(string: "y"))], of: base)
        #expect(pieces.map(\.readableBytes) == [place, 1, size - place - 5])
        let address = { (buffer: ByteBuffer) in buffer.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) } }
        #expect(address(pieces[0]) == address(base))
        #expect(address(pieces[2]) == address(base) + UInt(place + 5))
    }
}
