// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

extension Gemini {
    package func makeOutline() -> any AnswerOutline { GeminiOutline() }
}

/// The pieces of Gemini's answers: an element of a stream and a non-streaming answer have the same fields.
struct GeminiOutline: AnswerOutline {
    private struct Place: Hashable {
        enum Kind { case text, thought, call, media }

        let candidate: Int
        let kind: Kind
        var index = 0
    }

    private var parts = Numbering<Place>()
    private var calls = 0
    /// The candidates that have begun and not ended.
    private var open: Set<Int> = []
    /// The latest element, for the fields that all have.
    private var latest: JSONValue?

    mutating func read(_ value: JSONValue) -> OutlinedEvent.Outline {
        var found = OutlinedEvent.Outline()
        if let error = value["error"], error.object != nil {
            found.pieces.append(AnswerPiece(.error))
            return found
        }
        latest = value
        let candidates = value["candidates"]?.array.map(Array.init) ?? []
        for (index, candidate) in candidates.enumerated() {
            read(candidate, candidate["index"]?.int ?? index, into: &found)
        }
        if found.pieces.contains(where: { $0.kind == .finish }), value["usageMetadata"]?.object != nil {
            found.pieces.append(AnswerPiece(.usage))
        }
        return found
    }

    private mutating func read(_ value: JSONValue, _ candidate: Int, into found: inout OutlinedEvent.Outline) {
        open.insert(candidate)
        if let list = value["content"]?["parts"], let array = list.array {
            let number = found.lists.count
            // The vendor's SDK drops the turn of a candidate without a part.
            found.lists.append(OutlinedEvent.List(list, whenEmpty: #"[{"text":""}]"#))
            // Looked up once, not for each part.
            let logprobs = value["logprobsResult"]
            for (index, part) in array.enumerated() {
                let element = AnswerPiece.Element(list: number, index: index)
                read(part: part, candidate, element, logprobs: logprobs, into: &found)
            }
        }
        guard let reason = value["finishReason"], reason.text?.isEmpty == false else { return }
        var piece = AnswerPiece(.finish, candidate: candidate, value: reason)
        piece.blanks = [AnswerPiece.Blank(range: reason.range, text: "null")]
        found.pieces.append(piece)
    }

    private mutating func read(
        part: JSONValue,
        _ candidate: Int,
        _ element: AnswerPiece.Element,
        logprobs: JSONValue?,
        into found: inout OutlinedEvent.Outline
    ) {
        if let text = part["text"], text.text?.isEmpty == false {
            let isThought = part["thought"]?.bool == true
            let place = Place(candidate: candidate, kind: isThought ? .thought : .text)
            var piece = AnswerPiece(
                isThought ? .reasoning : .text,
                candidate: candidate,
                part: parts.number(of: place),
                value: text
            )
            piece.trace(logprobs, "null")
            // A signature stays, whatever becomes of the text.
            if part["thoughtSignature"] == nil { piece.element = element }
            piece.blanks = [AnswerPiece.Blank(range: text.range, text: "\"\"")]
            found.pieces.append(piece)
        } else if let call = part["functionCall"], call.object != nil {
            calls += 1
            let part = parts.number(of: Place(candidate: candidate, kind: .call, index: calls))
            var opening = AnswerPiece(.toolCall, candidate: candidate, part: part)
            opening.opensPart = true
            opening.toolName = call["name"]?.text
            opening.element = element
            found.pieces.append(opening)
            guard let arguments = call["args"], arguments.object != nil else { return }
            var piece = AnswerPiece(.toolArguments, candidate: candidate, part: part, value: arguments)
            piece.element = element
            piece.blanks = [AnswerPiece.Blank(range: arguments.range, text: "{}")]
            found.pieces.append(piece)
        } else if part["inlineData"] != nil || part["fileData"] != nil {
            let place = Place(candidate: candidate, kind: .media)
            var piece = AnswerPiece(.media, candidate: candidate, part: parts.number(of: place))
            piece.element = element
            found.pieces.append(piece)
        }
    }

    // MARK: The end

    mutating func wrote(_ piece: AnswerPiece, text: JSONString?, position: Int?) {
        if piece.kind == .finish { open.remove(piece.candidate) }
    }

    func edits(
        ending body: JSONValue,
        _ event: OutlinedEvent.Outline,
        _ reason: FinishReason
    ) -> [JSONSplice.Edit] {
        let name = JSONString(Gemini.name(of: reason))
        return event.pieces.compactMap { $0.kind == .finish ? $0.edit(name) : nil }
    }

    mutating func ending(_ reason: FinishReason) -> [(name: StaticString?, data: ByteBuffer)] {
        let element = JSONValue { writer in
            writer.beginObject()
            writer.key("candidates")
            writer.beginArray()
            for candidate in (open.isEmpty ? [0] : open).sorted() {
                writer.beginObject()
                writer.key("content")
                writer.raw(#"{"parts":[{"text":""}],"role":"model"}"#)
                writer.member("finishReason", Gemini.name(of: reason))
                writer.member("index", candidate)
                writer.endObject()
            }
            writer.endArray()
            if let object = latest?.object {
                let kept: KeyTable<Void> = ["usageMetadata": (), "modelVersion": (), "responseId": ()]
                for (key, value) in object where kept[key] != nil {
                    writer.key(key)
                    writer.value(value.onOneLine)
                }
            }
            writer.endObject()
        }
        return [(nil, element.bytes)]
    }
}
