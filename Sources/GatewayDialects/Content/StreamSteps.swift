// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// The steps of a stream of server-sent events.
struct StreamSteps: AnswerStepCodec {
    private var outline: any AnswerOutline
    private var framer = EventFramer()
    private var parts = WrittenParts()
    private var array: ArrayFrame?
    private var isOver = false

    var contentType: String? { array == nil ? nil : "application/json" }

    /// - Parameters:
    ///   - outline: What finds the pieces.
    ///   - isArray: Whether the client wants the events' data as the elements of a JSON array.
    init(_ outline: any AnswerOutline, isArray: Bool) {
        self.outline = outline
        array = isArray ? ArrayFrame() : nil
    }

    // MARK: Reading

    mutating func read(_ output: ByteBuffer, isLast: Bool) throws(GatewayError) -> [AnswerStep] {
        var steps: [AnswerStep] = []
        let buffer = try framer.consume(output)
        for frame in framer.frames { steps += try event(frame, of: buffer).steps }
        if isLast {
            let rest = framer.finish()
            for frame in framer.frames { steps += try event(frame, of: rest).steps }
        }
        return steps
    }

    private mutating func event(
        _ frame: EventFramer.Frame,
        of buffer: ByteBuffer
    ) throws(GatewayError) -> OutlinedEvent {
        let data = frame.joined.map { framer.joinedData[$0] } ?? buffer.view(of: frame.data)
        let found = frame.hasData ? try read(data) : OutlinedEvent.Outline()
        parts.noteRead(found.pieces)
        let start = frame.raw.lowerBound
        return OutlinedEvent(
            raw: buffer.view(of: frame.raw),
            dataRange: frame.joined == nil ? frame.data.lowerBound - start..<frame.data.upperBound - start : nil,
            data: data,
            name: buffer.view(of: frame.name),
            outline: found
        )
    }

    private mutating func read(_ data: ByteBuffer) throws(GatewayError) -> OutlinedEvent.Outline {
        let isDone = data.withUnsafeReadableBytes { $0.equals("[DONE]") }
        if isDone { return OutlinedEvent.Outline(pieces: [AnswerPiece(.end)]) }
        return outline.read(try .reviewed(data))
    }

    // MARK: Writing

    mutating func write(_ steps: [AnswerStep]) -> ByteBuffer {
        var output = ByteBuffer()
        guard !isOver else { return output }
        // Steps of one event that follow each other go out as one event.
        var open: (event: OutlinedEvent, texts: [Int: JSONString?], last: Int)?
        for step in steps {
            guard let event = step.source as? OutlinedEvent else { continue }
            let pieces = event.outline.pieces
            if step.index < pieces.count, !parts.write(pieces[step.index]) { continue }
            if open?.event !== event || open.map({ $0.last >= step.index }) == true {
                if let open { write(open.event, open.texts, into: &output) }
                open = (event, [:], -1)
            }
            open?.texts.updateValue(step.isEdited ? step.text : nil, forKey: step.index)
            open?.last = step.index
        }
        if let open { write(open.event, open.texts, into: &output) }
        return output
    }

    private mutating func write(_ event: OutlinedEvent, _ texts: [Int: JSONString?], into output: inout ByteBuffer) {
        for (index, piece) in event.outline.pieces.enumerated() {
            guard let text = texts[index] else { continue }
            outline.wrote(piece, text: text ?? piece.text, position: parts.position(of: piece.part))
        }
        let edits = EventEdits.of(event.outline, texts: texts, parts, outline)
        let data = edits.isEmpty ? event.data : JSONSplice.apply(edits, to: event.data)
        if event.outline.isTracked { outline.wrote(data) }
        if array != nil {
            // Nothing but data can stand in an array.
            if event.data.readableBytes > 0 { array?.write(data, into: &output) }
        } else if edits.isEmpty {
            output.writeImmutableBuffer(event.raw)
        } else if let range = event.dataRange {
            output.writeImmutableBuffer(event.raw.view(of: 0..<range.lowerBound))
            output.writeImmutableBuffer(data)
            output.writeImmutableBuffer(event.raw.view(of: range.upperBound..<event.raw.readableBytes))
        } else {
            write(data, name: event.name, into: &output)
        }
    }

    /// Writes an event whose data stood in several lines as one of one line: outside of strings, where JSON has no line ends, a space means the same.
    private func write(_ data: ByteBuffer, name: ByteBuffer, into output: inout ByteBuffer) {
        if name.readableBytes > 0 {
            output.writeStaticString("event: ")
            output.writeImmutableBuffer(name)
            output.writeStaticString("\n")
        }
        output.writeStaticString("data: ")
        output.writeBytes(data.readableBytesView.map { $0 == LineEnd.lineFeed ? 0x20 : $0 })
        output.writeStaticString("\n\n")
    }

    mutating func end(_ reason: FinishReason) -> ByteBuffer {
        var output = ByteBuffer()
        guard !isOver else { return output }
        isOver = true
        for (name, data) in outline.ending(reason) {
            if array != nil {
                array?.write(data, into: &output)
            } else {
                write(data, name: name.map { ByteBuffer(staticString: $0) } ?? ByteBuffer(), into: &output)
            }
        }
        return output
    }

    mutating func finish() -> ByteBuffer {
        isOver = true
        var output = ByteBuffer()
        array?.end(into: &output)
        return output
    }

    /// The frame of a stream that is a JSON array, as Gemini's clients may ask for.
    private struct ArrayFrame {
        private var hasElements = false
        private var hasEnded = false

        mutating func write(_ element: ByteBuffer, into output: inout ByteBuffer) {
            output.writeStaticString(hasElements ? ",\r\n" : "[")
            hasElements = true
            output.writeImmutableBuffer(element)
        }

        mutating func end(into output: inout ByteBuffer) {
            guard !hasEnded else { return }
            hasEnded = true
            output.writeStaticString(hasElements ? "]" : "[]")
        }
    }
}
