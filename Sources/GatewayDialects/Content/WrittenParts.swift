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

        /// Notes a part that begins, and returns the number that it came with.
        mutating func noteRead(_ part: Int, at place: Int?) -> Int {
            let place = place ?? read.count
            if read.isEmpty { next = place }
            read.append(part)
            return place
        }

        /// The number that a part gets which is written next.
        mutating func position(of part: Int, at place: Int) -> Int {
            let isNext = written < read.count && read[written] == part
            hasGap = hasGap || !isNext
            let position = hasGap ? next : place
            // A place may be any number that an upstream writes.
            next = position &+ 1
            written += 1
            return position
        }
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
            // In place: a copy of what was read would be made for each part.
            let place = candidates[piece.candidate, default: Candidate()].noteRead(part, at: piece.place?.int)
            places[part] = place
            if piece.kind == .toolCall { candidates[piece.candidate]?.readCalls += 1 }
        }
    }

    /// Notes a piece that is about to be written.
    ///
    /// - Returns: False if its part was left out, so that it is as well.
    mutating func write(_ piece: AnswerPiece) -> Bool {
        guard let part = piece.part, let place = places[part] else { return true }
        if positions[part] != nil { return true }
        guard piece.opensPart else { return false }
        let position = candidates[piece.candidate]?.position(of: part, at: place) ?? place
        positions[part] = position
        if piece.kind == .toolCall { candidates[piece.candidate]?.writtenCalls += 1 }
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
