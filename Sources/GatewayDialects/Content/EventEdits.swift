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
        return edits.distinct
    }

    /// The edits in order of position, one for each place: several texts of an event may share what is attached to them.
    private var distinct: [JSONSplice.Edit] {
        var distinct: [JSONSplice.Edit] = []
        for edit in edits.sorted(by: { $0.range.lowerBound < $1.range.lowerBound })
        where distinct.last?.range != edit.range {
            distinct.append(edit)
        }
        return distinct
    }

    /// Takes out the elements of which no piece passes.
    ///
    /// - Returns: Where what is gone stood: nothing inside is edited.
    private mutating func removeElements(_ parts: WrittenParts) -> Gone {
        var goes = outline.lists.map { [Bool](repeating: false, count: $0.elements.count) }
        for (number, list) in outline.lists.enumerated() {
            for (index, part) in list.parts where parts.isLeftOut(part) { goes[number][index] = true }
        }
        for piece in outline.pieces {
            if let element = piece.element { goes[element.list][element.index] = true }
        }
        for index in texts.keys where index < outline.pieces.count {
            if let element = outline.pieces[index].element { goes[element.list][element.index] = false }
        }
        var gone = Gone()
        for (number, list) in outline.lists.enumerated() where goes[number].contains(true) {
            if goes[number].allSatisfy({ $0 }) {
                gone.ranges.append(list.value.range)
                edits.append(JSONSplice.Edit(list.value.range, with: ByteBuffer(staticString: list.whenEmpty)))
            } else {
                for (index, range) in list.elements.enumerated() where goes[number][index] { gone.ranges.append(range) }
                let elements = zip(list.elements, goes[number]).map { (range: $0, goes: $1) }
                edits += JSONRemoval.edits(removing: elements, from: list.value)
            }
        }
        gone.ranges.sort { $0.lowerBound < $1.lowerBound }
        return gone
    }

    /// Where the elements stood that are gone, in order of position.
    private struct Gone {
        var ranges: [Range<Int>] = []

        func contains(_ position: Int) -> Bool {
            // The first that begins behind the position.
            var (low, high) = (0, ranges.count)
            while low < high {
                let middle = (low + high) / 2
                if ranges[middle].lowerBound <= position { low = middle + 1 } else { high = middle }
            }
            return low > 0 && ranges[low - 1].contains(position)
        }
    }

    private mutating func editPieces(_ gone: Gone, _ parts: WrittenParts, _ answer: any AnswerOutline) {
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
    private mutating func editEchoes(_ gone: Gone, _ answer: any AnswerOutline) {
        for echo in outline.echoes where !gone.contains(echo.value.range.lowerBound) {
            guard let text = answer.repeated(echo) else { continue }
            edits.append(JSONSplice.Edit(echo.value.range, with: JSONValue { $0.string(text) }.bytes))
            blank(echo.traces, gone)
        }
    }

    private mutating func blank(_ blanks: [AnswerPiece.Blank], _ gone: Gone) {
        for blank in blanks where !gone.contains(blank.range.lowerBound) {
            edits.append(JSONSplice.Edit(blank.range, with: ByteBuffer(staticString: blank.text)))
        }
    }
}
