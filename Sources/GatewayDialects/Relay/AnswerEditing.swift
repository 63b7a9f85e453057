// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Finds what must change in an answer that is relayed.
protocol AnswerEditor: Sendable {
    /// Whether anything may change in the events of a piece of a stream: a quick look, which may say so in vain.
    func concerns(_ events: ByteBuffer) -> Bool

    /// What changes, in order of position, by reader indices of the data.
    ///
    /// `data` is the data of one event, or a whole answer.
    mutating func edits(of data: ByteBuffer, isEvent: Bool) -> [JSONSplice.Edit]
}

/// Changes a few values of an answer that is relayed; every other byte stays as it came.
///
/// Of a stream each event is looked at by itself; a whole answer is held until it is complete. One beyond ``maximumWholeAnswer`` passes as it is.
struct AnswerEditing<Editor: AnswerEditor>: ResponseTransform {
    private var inner: any ResponseTransform
    private var editor: Editor
    private let isStreaming: Bool
    private var held = ByteBuffer()
    private var isTooLarge = false

    var contentType: String? { inner.contentType }
    var keepsLength: Bool { false }
    var observation: ResponseObservation { inner.observation }
    var mayQuoteError: Bool { inner.mayQuoteError }
    var recorded: RecordedResponse? { inner.recorded }

    /// Edits the output of another transform, which for a stream must be whole events.
    init(_ inner: any ResponseTransform, _ editor: Editor, isStreaming: Bool) {
        self.inner = inner
        self.editor = editor
        self.isStreaming = isStreaming
    }

    mutating func begin(_ head: UpstreamHead) throws(GatewayError) { try inner.begin(head) }

    mutating func consume(_ bytes: ByteBuffer) throws(GatewayError) -> ByteBuffer {
        let output = try inner.consume(bytes)
        if isStreaming { return try editedEvents(output) }
        guard !isTooLarge else { return output }
        hold(output)
        guard held.readableBytes > Self.maximumWholeAnswer else { return ByteBuffer() }
        isTooLarge = true
        defer { held = ByteBuffer() }
        return held
    }

    mutating func finish() throws(GatewayError) -> ByteBuffer {
        let rest = try inner.finish()
        if isStreaming { return try editedEvents(rest) }
        guard !isTooLarge else { return rest }
        hold(rest)
        defer { held = ByteBuffer() }
        let edits = editor.edits(of: held, isEvent: false)
        return edits.isEmpty ? held : JSONSplice.apply(edits, to: held)
    }

    mutating func fail(_ error: GatewayError) -> ByteBuffer { inner.fail(error) }

    private mutating func hold(_ output: ByteBuffer) {
        if held.readableBytes == 0 { held = output } else { held.writeImmutableBuffer(output) }
    }

    // MARK: Streams

    private mutating func editedEvents(_ output: ByteBuffer) throws(GatewayError) -> ByteBuffer {
        guard output.readableBytes > 0, editor.concerns(output) else { return output }
        // Its own for each piece: pieces end where events end, though a framer cannot know it behind a lone carriage return.
        var framer = EventFramer(maximumEventBytes: .max)
        var edited = ByteBufferAllocator().buffer(capacity: output.readableBytes + 128)
        write(try framer.consume(output), framer, into: &edited)
        write(framer.finish(), framer, into: &edited)
        return edited
    }

    private mutating func write(_ events: ByteBuffer, _ framer: EventFramer, into output: inout ByteBuffer) {
        var copied = 0
        for frame in framer.frames where frame.hasData {
            // By itself, so that nothing depends on which events came together.
            guard editor.concerns(events.view(of: frame.raw)) else { continue }
            let data = frame.joined.map { framer.joinedData[$0] } ?? events.view(of: frame.data)
            let edits = editor.edits(of: data, isEvent: true)
            guard !edits.isEmpty else { continue }
            let edited = JSONSplice.apply(edits, to: data)
            output.writeImmutableBuffer(events.view(of: copied..<frame.raw.lowerBound))
            copied = frame.raw.upperBound
            if frame.joined == nil {
                output.writeImmutableBuffer(events.view(of: frame.raw.lowerBound..<frame.data.lowerBound))
                output.writeImmutableBuffer(edited)
                output.writeImmutableBuffer(events.view(of: frame.data.upperBound..<frame.raw.upperBound))
            } else {
                Self.write(edited, named: events.view(of: frame.name), into: &output)
            }
        }
        output.writeImmutableBuffer(events.view(of: copied..<events.readableBytes))
    }

    /// Writes an event whose data came in several lines: outside strings, where JSON has no line ends, a space means the same.
    private static func write(_ data: ByteBuffer, named name: ByteBuffer, into output: inout ByteBuffer) {
        if name.readableBytes > 0 {
            output.writeStaticString("event: ")
            output.writeImmutableBuffer(name)
            output.writeStaticString("\n")
        }
        output.writeStaticString("data: ")
        output.writeBytes(data.readableBytesView.map { $0 == LineEnd.lineFeed ? UInt8(ascii: " ") : $0 })
        output.writeStaticString("\n\n")
    }
}
