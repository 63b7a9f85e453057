// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// The steps of a non-streaming answer: held until it is complete, and written as one body with what did not pass cut out.
struct BodySteps: AnswerStepCodec {
    private var outline: any AnswerOutline
    private var body = ByteBuffer()
    private var event: OutlinedEvent?
    private var parts = WrittenParts()
    /// What passes: the texts of each piece, several where a consumer passes on more than there was.
    private var texts: [Int: [JSONString?]] = [:]
    private var reason: FinishReason?

    var contentType: String? { nil }

    init(_ outline: any AnswerOutline) {
        self.outline = outline
    }

    mutating func read(_ output: ByteBuffer, isLast: Bool) throws(GatewayError) -> [AnswerStep] {
        if body.readableBytes == 0 { body = output } else { body.writeImmutableBuffer(output) }
        guard body.readableBytes <= PassThrough.maximumWholeAnswer else {
            throw .unreadableAnswer("the response has more than \(PassThrough.maximumWholeAnswer) bytes")
        }
        guard isLast, event == nil else { return [] }
        let found = body.readableBytes == 0 ? OutlinedEvent.Outline() : outline.read(try .reviewed(body))
        parts.noteRead(found.pieces)
        let event = OutlinedEvent(
            raw: body,
            dataRange: 0..<body.readableBytes,
            data: body,
            name: ByteBuffer(),
            outline: found
        )
        self.event = event
        return event.steps
    }

    mutating func write(_ steps: [AnswerStep]) -> ByteBuffer {
        for step in steps where step.source === event {
            let pieces = event?.outline.pieces ?? []
            if step.index < pieces.count, !parts.write(pieces[step.index]) { continue }
            texts[step.index, default: []].append(step.isEdited ? step.text : nil)
        }
        return ByteBuffer()
    }

    mutating func end(_ reason: FinishReason) -> ByteBuffer {
        self.reason = reason
        return ByteBuffer()
    }

    mutating func finish() -> ByteBuffer {
        guard let event else { return ByteBuffer() }
        defer { self.event = nil }
        let pieces = event.outline.pieces
        var passing: [Int: JSONString?] = [:]
        for (index, texts) in texts {
            if texts.count == 1 {
                passing.updateValue(texts[0], forKey: index)
            } else if index < pieces.count {
                let joined = texts.map { ($0 ?? pieces[index].text)?.string ?? "" }.joined()
                passing.updateValue(JSONString(joined), forKey: index)
            }
        }
        // Why it ends is told whoever ends it.
        for (index, piece) in pieces.enumerated() where reason != nil && piece.kind == .finish {
            if passing[index] == nil { passing.updateValue(nil, forKey: index) }
        }
        for (index, piece) in pieces.enumerated() {
            guard let text = passing[index] else { continue }
            outline.wrote(piece, text: text ?? piece.text, position: parts.position(of: piece.part))
        }
        var edits = EventEdits.of(event.outline, texts: passing, parts, outline)
        if let reason, let value = try? JSONValue(answer: body, maximumDepth: JSONWriter.maximumWrittenDepth) {
            let ending = outline.edits(ending: value, event.outline, reason)
            edits.removeAll { edit in ending.contains { $0.range.overlaps(edit.range) } }
            edits = (edits + ending).sorted { $0.range.lowerBound < $1.range.lowerBound }
        }
        return edits.isEmpty ? body : JSONSplice.apply(edits, to: body)
    }
}

extension JSONValue {
    /// What a consumer of steps is to see of an answer.
    ///
    /// - Throws: ``GatewayError/Code/upstreamUnavailable`` if it cannot be read: what nobody can look into must not pass those who asked to look.
    static func reviewed(_ data: ByteBuffer) throws(GatewayError) -> JSONValue {
        do throws(JSONError) {
            return try JSONValue(answer: data, maximumDepth: JSONWriter.maximumWrittenDepth)
        } catch {
            throw .unreadableAnswer("what is to be reviewed is not JSON: \(error)")
        }
    }
}
