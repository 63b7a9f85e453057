// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// Which parts of an answer were read, and which of them the client gets.
///
/// A part that begins with a piece of its own (a tool call, a block, an item) is left out as a whole where that piece is. Parts are numbered in the order in
/// which they are written, so the later ones move up.
struct WrittenParts: Sendable {
    /// What is known of a candidate.
    private struct Candidate {
        /// Its parts in the order in which they were read.
        var read: [Int] = []
        var written = 0
        /// Whether a part was passed over, so that the later ones get other numbers.
        var hasGap = false
        /// The number of the next part after a gap.
        var next = 0
        var readCalls = 0
        var writtenCalls = 0
    }

    private var candidates: [Int: Candidate] = [:]
    /// The numbers that parts came with.
    private var places: [Int: Int] = [:]
    /// The numbers that parts have in the client's answer.
    private var positions: [Int: Int] = [:]

    /// Notes the pieces that were read.
    mutating func noteRead(_ pieces: [AnswerPiece]) {
        for piece in pieces where piece.opensPart {
            guard let part = piece.part, places[part] == nil else { continue }
            var candidate = candidates[piece.candidate] ?? Candidate()
            places[part] = piece.place?.int ?? candidate.read.count
            if candidate.read.isEmpty { candidate.next = places[part] ?? 0 }
            candidate.read.append(part)
            if piece.kind == .toolCall { candidate.readCalls += 1 }
            candidates[piece.candidate] = candidate
        }
    }

    /// Notes a piece that is about to be written.
    ///
    /// - Returns: False if its part was left out, so that it is as well.
    mutating func write(_ piece: AnswerPiece) -> Bool {
        guard let part = piece.part, let place = places[part] else { return true }
        if positions[part] != nil { return true }
        guard piece.opensPart, var candidate = candidates[piece.candidate] else { return false }
        let isNext = candidate.written < candidate.read.count && candidate.read[candidate.written] == part
        candidate.hasGap = candidate.hasGap || !isNext
        let position = candidate.hasGap ? candidate.next : place
        positions[part] = position
        candidate.next = position + 1
        candidate.written += 1
        if piece.kind == .toolCall { candidate.writtenCalls += 1 }
        candidates[piece.candidate] = candidate
        return true
    }

    /// Whether a part was read that the client does not get.
    func isLeftOut(_ part: Int) -> Bool { places[part] != nil && positions[part] == nil }

    /// The number of a part in the client's answer; nil for parts that have none.
    func position(of part: Int?) -> Int? { part.flatMap { positions[$0] } }

    /// Whether a candidate had calls of which the client gets none.
    func hasLostCalls(_ candidate: Int) -> Bool {
        guard let candidate = candidates[candidate] else { return false }
        return candidate.readCalls > 0 && candidate.writtenCalls == 0
    }
}
