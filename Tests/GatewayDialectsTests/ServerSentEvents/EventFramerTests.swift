// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import NIOCore
import Testing

@Suite("Server-sent events")
struct EventFramerTests {
    /// An event as text.
    struct Event: Equatable {
        var raw: String
        var name = ""
        var data: String?
    }

    private func events(_ text: String, _ cut: Cut = .whole) throws -> [Event] {
        try events(ByteBuffer(string: text), cut)
    }

    private func events(_ bytes: ByteBuffer, _ cut: Cut) throws -> [Event] {
        var framer = EventFramer()
        var events: [Event] = []
        func collect(_ buffer: ByteBuffer) {
            func text(_ range: Range<Int>) -> String {
                buffer.getString(at: buffer.readerIndex + range.lowerBound, length: range.count) ?? ""
            }
            for frame in framer.frames {
                let data = frame.joined.map { String(buffer: framer.joinedData[$0]) } ?? text(frame.data)
                events.append(
                    Event(raw: text(frame.raw), name: text(frame.name), data: frame.hasData ? data : nil)
                )
            }
        }
        for piece in cut.pieces(of: bytes) { collect(try framer.consume(piece)) }
        collect(framer.finish())
        return events
    }

    @Test("An event has its name, its data and all of its bytes")
    func simpleEvent() throws {
        let text = "event: ping\ndata: {\"a\":1}\n\ndata: [DONE]\n\n"
        #expect(
            try events(text) == [
                Event(raw: "event: ping\ndata: {\"a\":1}\n\n", name: "ping", data: "{\"a\":1}"),
                Event(raw: "data: [DONE]\n\n", data: "[DONE]"),
            ]
        )
    }

    @Test("Lines may end in LF, CRLF or CR", arguments: ["\n", "\r\n", "\r"])
    func lineEnds(end: String) throws {
        let text = ["event: a", "data: 1", "", "data: 2", "", ""].joined(separator: end)
        let found = try events(text)
        #expect(found.map(\.name) == ["a", ""])
        #expect(found.map(\.data) == ["1", "2"])
        #expect(found.map(\.raw).joined() == text)
    }

    @Test("Several data lines are one text with line feeds between")
    func severalDataLines() throws {
        let found = try events("data: {\ndata:  \"a\": 1\ndata\ndata:}\n\n")
        #expect(found.map(\.data) == ["{\n \"a\": 1\n\n}"])
    }

    @Test("Comments, unknown fields, blank lines and a byte order mark are no data")
    func othersAreNoData() throws {
        let found = try events("\u{FEFF}: hello\n\n\nid: 7\nretry: 10\ndataset: x\n\ndata:x\n\n")
        #expect(found.compactMap(\.data) == ["x"])
        #expect(found.map(\.raw).joined() == "\u{FEFF}: hello\n\n\nid: 7\nretry: 10\ndataset: x\n\ndata:x\n\n")
        #expect(try events("\u{FEFF}data: y\n\n").map(\.data) == ["y"])
    }

    @Test("stream-10 stream-11: The events are the same wherever the bytes are cut")
    func everyCut() throws {
        let text =
            "\u{FEFF}event: a\r\ndata: Zürich 🌦\r\n\r\n: note\n\ndata: one\ndata: two\n\nevent: b\rdata: 3\r\rdata:4\n\n\ndata: last"
        let bytes = ByteBuffer(string: text)
        let expected = try events(bytes, .whole)
        #expect(expected.compactMap(\.data) == ["Zürich 🌦", "one\ntwo", "3", "4", "last"])
        for cut in Cut.all(of: bytes) {
            #expect(try events(bytes, cut) == expected, "\(cut)")
        }
    }

    @Test("What is left at the end counts as an event")
    func unfinishedEvent() throws {
        #expect(try events("data: 1\n\ndata: 2").map(\.data) == ["1", "2"])
        #expect(try events("data: 1\r\n\r").map(\.data) == ["1"])
    }

    @Test("An event beyond the bound is an error, in one piece and in many")
    func boundedEvents() throws {
        var framer = EventFramer(maximumEventBytes: 100)
        _ = try framer.consume(ByteBuffer(string: "data: " + String(repeating: "x", count: 80)))
        #expect(throws: GatewayError.self) {
            _ = try framer.consume(ByteBuffer(string: String(repeating: "x", count: 80)))
        }
        framer = EventFramer(maximumEventBytes: 100)
        #expect(throws: GatewayError.self) {
            _ = try framer.consume(ByteBuffer(string: "data: " + String(repeating: "x", count: 200)))
        }
    }

    @Test("An event in one piece shares the memory that it came in")
    func noCopy() throws {
        let bytes = ByteBuffer(string: "data: 1\n\ndata: 2\n\n")
        var framer = EventFramer()
        let buffer = try framer.consume(bytes)
        let address = bytes.withUnsafeReadableBytes { $0.baseAddress }
        #expect(buffer.withUnsafeReadableBytes { $0.baseAddress } == address)
    }

    @Test("An event that arrives byte by byte is not scanned again and again")
    func linearTime() throws {
        // Each byte is looked at once: a quarter of a mebibyte in single bytes would otherwise take an hour.
        var framer = EventFramer()
        let byte = ByteBuffer(string: "x")
        _ = try framer.consume(ByteBuffer(string: "data: "))
        for _ in 0..<(1 << 18) { _ = try framer.consume(byte) }
        let buffer = try framer.consume(ByteBuffer(string: "\n\n"))
        #expect(framer.frames.count == 1)
        #expect(framer.frames.first?.data.count == 1 << 18)
        #expect(buffer.readableBytes == 1 << 18 + 8)
    }
}
