// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// What changes in an event of which some pieces pass, some have another text and some are left out.
struct EventEdits {
    private let outline: OutlinedEvent.Outline
    /// The texts of the pieces that pass; nil where the text is as it came.
    private let texts: [Int: JSONString?]
    private var edits: [JSONSplice.Edit] = []

    private init(_ outline: OutlinedEvent.Outline, _ texts: [Int: JSONString?]) {
        self.outline = outline
        self.texts = texts
    }

    /// The edits in order of position; none where the event stays as it came.
    static func of(
        _ event: OutlinedEvent.Outline,
        texts: [Int: JSONString?],
        _ parts: WrittenParts,
        _ answer: any AnswerOutline
    ) -> [JSONSplice.Edit] {
        var edits = EventEdits(event, texts)
        let gone = edits.removeElements(parts)
        edits.editPieces(gone, parts, answer)
        edits.editEchoes(gone, answer)
        return edits.edits.sorted { $0.range.lowerBound < $1.range.lowerBound }
    }

    /// Takes out the elements of which no piece passes.
    ///
    /// - Returns: Where what is gone stood: nothing inside is edited.
    private mutating func removeElements(_ parts: WrittenParts) -> [Range<Int>] {
        var gone: [Range<Int>] = []
        for (number, list) in outline.lists.enumerated() {
            var goes = [Bool](repeating: false, count: list.elements.count)
            for (index, part) in list.parts where parts.isLeftOut(part) { goes[index] = true }
            var passes = goes.map { _ in false }
            for (index, piece) in outline.pieces.enumerated() {
                guard let element = piece.element, element.list == number else { continue }
                goes[element.index] = true
                if texts[index] != nil { passes[element.index] = true }
            }
            for index in goes.indices where passes[index] { goes[index] = false }
            guard goes.contains(true) else { continue }
            if goes.allSatisfy({ $0 }) {
                gone.append(list.value.range)
                edits.append(JSONSplice.Edit(list.value.range, with: ByteBuffer(staticString: list.whenEmpty)))
            } else {
                for index in goes.indices where goes[index] { gone.append(list.elements[index]) }
                edits += JSONRemoval.edits(
                    removing: zip(list.elements, goes).map { (range: $0, goes: $1) },
                    from: list.value
                )
            }
        }
        return gone
    }

    private mutating func editPieces(_ gone: [Range<Int>], _ parts: WrittenParts, _ answer: any AnswerOutline) {
        var places: Set<Int> = []
        for (index, piece) in outline.pieces.enumerated() {
            guard let passing = texts[index] else {
                blank(piece.blanks + piece.traces, gone)
                continue
            }
            if let text = passing, let edit = piece.edit(text) {
                edits.append(edit)
                blank(piece.traces, gone)
            } else if piece.kind == .finish, parts.hasLostCalls(piece.candidate), let text = piece.text,
                let reason = answer.reasonWithoutCalls(text), let edit = piece.edit(JSONString(reason))
            {
                edits.append(edit)
            }
            guard let place = piece.place, let position = parts.position(of: piece.part), place.int != position,
                places.insert(place.range.lowerBound).inserted
            else { continue }
            edits.append(JSONSplice.Edit(place.range, with: ByteBuffer(string: String(position))))
        }
    }

    /// Puts what the client has got in place of texts that the event repeats.
    private mutating func editEchoes(_ gone: [Range<Int>], _ answer: any AnswerOutline) {
        for echo in outline.echoes where !gone.contains(where: { $0.contains(echo.value.range.lowerBound) }) {
            guard let text = answer.repeated(echo) else { continue }
            edits.append(JSONSplice.Edit(echo.value.range, with: JSONValue { $0.string(text) }.bytes))
            blank(echo.traces, gone)
        }
    }

    private mutating func blank(_ blanks: [AnswerPiece.Blank], _ gone: [Range<Int>]) {
        for blank in blanks where !gone.contains(where: { $0.contains(blank.range.lowerBound) }) {
            edits.append(JSONSplice.Edit(blank.range, with: ByteBuffer(staticString: blank.text)))
        }
    }
}
