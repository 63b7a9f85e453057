// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore
import Testing

@Suite("Bounds of what is written")
struct WriterBoundTests {
    @Test("A writer never goes beyond its bytes, whatever comes next", arguments: 0...120)
    func bytes(_ maximum: Int) {
        let text = JSONString("a \"long\" text")
        var prefix = ByteBuffer(string: "data: ")
        prefix.moveReaderIndex(forwardBy: 2)
        var writer = JSONWriter(into: prefix, maximumBytes: maximum)
        for _ in 0..<4 {
            writer.beginArray()
            writer.object { writer in
                writer.member("key", text)
                writer.member("number", 12)
                writer.member("flag", true)
                writer.member("value", JSONValue { $0.array { $0.string("copied") } })
            }
            writer.beginString()
            writer.appendString("piece")
            writer.endString()
            writer.endArray()
            #expect(writer.buffer.readableBytes - prefix.readableBytes <= maximum)
        }
        #expect(writer.excess == .bytes)
        #expect(writer.remainingBytes == 0)
    }

    @Test("A writer that has room for everything writes what one without a bound does")
    func room() throws {
        func write(into writer: inout JSONWriter) {
            writer.object { writer in
                writer.member("a", "b\n")
                writer.member("c", array: { $0.double(0.5) })
            }
        }
        var unbounded = JSONWriter()
        write(into: &unbounded)
        var bounded = JSONWriter(maximumBytes: unbounded.buffer.readableBytes + 4)
        write(into: &bounded)
        #expect(bounded.excess == nil)
        #expect(bounded.buffer == unbounded.buffer)
    }

    @Test("A text that does not fit is left out whole, and nothing follows it")
    func wholePieces() {
        var writer = JSONWriter(maximumBytes: 32)
        writer.beginArray()
        writer.string("short")
        writer.string(String(repeating: "x", count: 100))
        writer.string("y")
        writer.endArray()
        #expect(writer.buffer.text == #"["short""#)
        #expect(writer.excess == .bytes)
    }

    @Test("Escapes count as they are written")
    func escapes() {
        var writer = JSONWriter(maximumBytes: 100)
        writer.string(String(repeating: "\u{1}", count: 50))
        #expect(writer.excess == .bytes)
        #expect(writer.buffer.readableBytes == 0)
    }

    /// Nests as a schema's writer does: by calling itself, until the writer stops it.
    private func nest(_ writer: inout JSONWriter, _ calls: inout Int, _ levels: Int) {
        guard writer.excess == nil, levels > 0 else { return }
        calls += 1
        writer.beginObject()
        writer.key("a")
        if levels == 1 { writer.null() } else { nest(&writer, &calls, levels - 1) }
        writer.endObject()
    }

    @Test("A writer stops below 128 levels, and so does a function that asks it")
    func depth() throws {
        var writer = JSONWriter()
        var calls = 0
        nest(&writer, &calls, 128)
        #expect(writer.excess == nil)
        _ = try json(writer.buffer.text)
        writer = JSONWriter()
        calls = 0
        nest(&writer, &calls, 1_000_000)
        #expect(writer.excess == .depth)
        #expect(calls == 129)
    }

    @Test("Containers beside one another do not add to the depth")
    func breadth() throws {
        let value = try JSONValue(maximumBytes: 10_000) { writer in
            writer.array { writer in
                for _ in 0..<1_000 {
                    writer.array { _ in }
                    writer.object { _ in }
                }
            }
        }
        #expect(value.array?.underestimatedCount ?? 0 <= 2_000)
        #expect(value.range.count == 6_001)
    }

    @Test("A value beyond its bounds is none")
    func values() {
        #expect(throws: JSONWriter.Excess.bytes) {
            try JSONValue(maximumBytes: 10) { $0.string("more than ten bytes") }
        }
        #expect(throws: JSONWriter.Excess.depth) {
            try JSONValue(maximumBytes: .max) { writer in for _ in 0..<200 { writer.beginArray() } }
        }
        #expect(JSONValue { writer in for _ in 0..<200 { writer.beginArray() } }.isNull)
        let stopped = JSONValue { writer in
            writer.int(1)
            writer.stop(.bytes)
        }
        #expect(stopped.isNull)
    }

    @Test("The member at which a writer stopped is known")
    func lastMember() {
        var writer = JSONWriter(maximumBytes: 60)
        #expect(writer.lastMember == nil)
        writer.beginObject()
        #expect(writer.lastMember == nil)
        writer.member("model", "m")
        writer.key("messages")
        writer.beginArray()
        for _ in 0..<10 { writer.object { $0.member("content", "text") } }
        writer.endArray()
        writer.member("tools", "t")
        #expect(writer.excess == .bytes)
        #expect(writer.lastMember == "messages")
    }
}
