// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Records an answer of the Responses API while it passes to its client.
///
/// Of a stream it looks at the events that carry the answer: the first for its id, the terminal one for all of it. Only answers that are complete or incomplete
/// by themselves are recorded, not failed ones. It never holds more than the bound that it was given, and what it cannot record it lets pass.
struct RecordingTransform: ResponseTransform {
    private var inner: any ResponseTransform
    private let recording: ResponseRecording
    private let isStreaming: Bool
    private var framer = EventFramer(maximumEventBytes: maximumIdentifierBytes)
    private var kept = ByteBuffer()
    /// The bytes of a whole answer so far.
    private var size = 0
    private var isBroken = false
    private(set) var recorded: RecordedResponse?

    /// How much of an answer is looked at for its id.
    private static let maximumIdentifierBytes = 64 << 10

    var contentType: String? { inner.contentType }
    var keepsLength: Bool { inner.keepsLength }
    var observation: ResponseObservation { inner.observation }
    var mayQuoteError: Bool { inner.mayQuoteError }

    init(_ inner: any ResponseTransform, _ recording: ResponseRecording, isStreaming: Bool) {
        self.inner = inner
        self.recording = recording
        self.isStreaming = isStreaming
        if case .whole(let maximum) = recording {
            // The event is a little larger than the answer in it.
            framer = EventFramer(maximumEventBytes: maximum + 4096)
        }
    }

    mutating func consume(_ bytes: ByteBuffer) throws(GatewayError) -> ByteBuffer {
        let output = try inner.consume(bytes)
        record(output)
        return output
    }

    mutating func finish() throws(GatewayError) -> ByteBuffer {
        let output = try inner.finish()
        record(output)
        if isStreaming {
            if !isBroken { readEvents(of: framer.finish()) }
        } else {
            readWhole()
        }
        kept = ByteBuffer()
        return output
    }

    mutating func fail(_ error: GatewayError) -> ByteBuffer {
        recorded = nil
        return inner.fail(error)
    }

    private mutating func record(_ output: ByteBuffer) {
        guard output.readableBytes > 0, !isBroken else { return }
        guard isStreaming else { return keep(output) }
        if recording == .identifier, recorded != nil { return }
        do throws(GatewayError) {
            readEvents(of: try framer.consume(output))
        } catch {
            isBroken = true
        }
    }

    // MARK: Whole answers

    private mutating func keep(_ output: ByteBuffer) {
        size += output.readableBytes
        let room = maximumKept - kept.readableBytes
        guard room > 0 else { return }
        if kept.readableBytes == 0, output.readableBytes <= room {
            kept = output
        } else {
            kept.writeBytes(output.readableBytesView.prefix(room))
        }
    }

    private var maximumKept: Int {
        // A little of an answer that is too large still has the id.
        if case .whole(let maximum) = recording {
            max(maximum, Self.maximumIdentifierBytes)
        } else {
            Self.maximumIdentifierBytes
        }
    }

    private mutating func readWhole() {
        kept.withUnsafeReadableBytes { bytes in
            recorded = record(of: bytes, 0..<bytes.count, size: size)
        }
        guard case .whole(let maximum) = recording, size <= maximum else { return }
        recorded?.body = kept
    }

    // MARK: Streams

    private mutating func readEvents(of buffer: ByteBuffer) {
        for frame in framer.frames where frame.hasData {
            if let joined = frame.joined {
                readEvent(framer.joinedData[joined], 0..<framer.joinedData[joined].readableBytes, name: 0..<0)
            } else {
                readEvent(buffer, frame.data, name: frame.name)
            }
        }
    }

    private mutating func readEvent(_ buffer: ByteBuffer, _ data: Range<Int>, name: Range<Int>) {
        var range = 0..<0
        let found: RecordedResponse? = buffer.withUnsafeReadableBytes { bytes in
            let event = UnsafeRawBufferPointer(rebasing: bytes[data])
            range = responseRange(in: event, named: UnsafeRawBufferPointer(rebasing: bytes[name]))
            return range.isEmpty ? nil : record(of: event, range, size: range.count)
        }
        guard var record = found else { return }
        if case .whole(let maximum) = recording, range.count <= maximum {
            // A copy: the event's buffer may hold much besides.
            let start = data.lowerBound + range.lowerBound
            record.body = ByteBuffer(bytes: buffer.readableBytesView.dropFirst(start).prefix(range.count))
        }
        recorded = record
    }

    /// Where the answer stands in the data of an event that carries it; empty for any other event.
    private func responseRange(in event: UnsafeRawBufferPointer, named name: UnsafeRawBufferPointer) -> Range<Int> {
        // Most events say what they are before their data, and are not looked into.
        guard name.isEmpty || Self.carriesResponse(name, recording) else { return 0..<0 }
        var type = name
        var response = 0..<0
        var walk = JSONWalk(event)
        guard walk.enterObject() else { return 0..<0 }
        while let key = walk.nextKey() {
            if walk.isKey(key, "type"), let text = walk.text() {
                type = UnsafeRawBufferPointer(rebasing: event[text.range])
            } else if walk.isKey(key, "response") {
                response = walk.value()
            } else {
                walk.value()
            }
        }
        return Self.carriesResponse(type, recording) ? response : 0..<0
    }

    private static func carriesResponse(_ type: UnsafeRawBufferPointer, _ recording: ResponseRecording) -> Bool {
        if recording == .identifier { return type.equals("response.created") }
        return type.equals("response.completed") || type.equals("response.incomplete")
    }

    /// Reads the id of an answer of which only the beginning may be there; nil if there is none, if it is too long, or if the answer failed.
    private func record(of bytes: UnsafeRawBufferPointer, _ range: Range<Int>, size: Int) -> RecordedResponse? {
        var walk = JSONWalk(bytes, at: range.lowerBound)
        guard walk.enterObject() else { return nil }
        var id: String?
        while let key = walk.nextKey() {
            if walk.isKey(key, "id"), let text = walk.text(), walk.index < bytes.count {
                id = String(decoding: bytes[text.range], as: UTF8.self)
                if recording == .identifier { break }
            } else if walk.isKey(key, "status"), let text = walk.text() {
                let status = UnsafeRawBufferPointer(rebasing: bytes[text.range])
                if status.equals("failed") || status.equals("cancelled") { return nil }
            } else {
                walk.value()
            }
        }
        guard let id, !id.isEmpty, id.utf8.count <= StoredResponse.Key.maximumIDBytes else { return nil }
        return RecordedResponse(id: id, bytes: recording == .identifier ? 0 : size)
    }
}
