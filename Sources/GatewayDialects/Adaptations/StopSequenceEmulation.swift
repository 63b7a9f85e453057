// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// Stop sequences for targets that have none (OpenAI's Responses): the answer ends for the client where its text meets one.
///
/// The upstream goes on to its own end, and its usage is that of its whole answer: what it bills is what is reported.
struct StopSequenceEmulation: Adaptation {
    /// The most that all sequences may have: every byte of the answer is looked for in each.
    private static let maximumBytes = 4_096

    private let sequences: [[UInt8]]
    private var candidates: [Candidate] = []

    private struct Candidate {
        var isText = false
        /// What may turn out to be the beginning of a stop sequence.
        var held: [UInt8] = []
        /// The sequence that was met.
        var met: JSONString?
    }

    /// The index of the byte where the first sequence begins, and which one it is.
    private func firstMatch(in text: [UInt8]) -> (start: Int, sequence: [UInt8])? {
        for start in text.indices {
            for sequence in sequences where text[start...].starts(with: sequence) { return (start, sequence) }
        }
        return nil
    }

    /// How many bytes at the end of the text may be the beginning of a sequence.
    private func openEnd(of text: [UInt8]) -> Int {
        let longest = sequences.reduce(0) { max($0, $1.count) } - 1
        guard longest > 0 else { return 0 }
        for count in stride(from: min(longest, text.count), to: 0, by: -1) {
            let end = text.suffix(count)
            if sequences.contains(where: { $0.count > count && $0.starts(with: end) }) { return count }
        }
        return 0
    }

    static let concerns: RequestContents = .stopSequences

    static func adapt(
        _ request: inout ModelRequest,
        to target: TranslationTarget,
        _ features: UpstreamFeatures,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> (any Adaptation)? {
        guard !features.contains(.stopSequences) else { return nil }
        let sequences = request.stop.map { Array($0.string.utf8) }.filter { !$0.isEmpty }
        guard sequences.reduce(0, { $0 + $1.count }) <= maximumBytes else {
            throw .invalid("stop", "must hold at most \(maximumBytes) bytes in all for this model.")
        }
        request.stop = []
        return sequences.isEmpty ? nil : Self(sequences: sequences)
    }

    private init(sequences: [[UInt8]]) {
        self.sequences = sequences
    }

    // MARK: Whole answers

    func undo(in response: inout ModelResponse) {
        for index in response.candidates.indices { undo(in: &response.candidates[index]) }
    }

    private func undo(in candidate: inout ModelResponse.Candidate) {
        for index in candidate.parts.indices {
            guard let text = candidate.parts[index].text else { continue }
            let bytes = Array(text.string.utf8)
            guard let (start, sequence) = firstMatch(in: bytes) else { continue }
            candidate.parts[index].content = .text(Self.text(bytes[..<start]))
            candidate.parts.removeSubrange((index + 1)...)
            candidate.finishReason = .stopSequence(Self.text(sequence[...]))
            return
        }
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> JSONString {
        // Cut in front of a sequence, which is itself text: never inside a character.
        JSONString(String(decoding: bytes, as: UTF8.self))
    }

    // MARK: Streams

    mutating func undo(_ event: ModelEvent, into events: inout [ModelEvent]) {
        guard let index = event.candidate else {
            events.append(event)
            return
        }
        while candidates.count <= index { candidates.append(Candidate()) }
        if let met = candidates[index].met {
            // The client's answer is over.
            if case .finish = event { events.append(.finish(candidate: index, .stopSequence(met))) }
            return
        }
        switch event {
        case .partStart(_, let kind):
            if case .text = kind { candidates[index].isText = true } else { candidates[index].isText = false }
        case .text(_, let text) where candidates[index].isText:
            read(text, of: index, into: &events)
            return
        case .partEnd where !candidates[index].held.isEmpty:
            events.append(.text(candidate: index, Self.text(candidates[index].held[...])))
            candidates[index].held = []
        default: break
        }
        events.append(event)
    }

    private mutating func read(_ text: JSONString, of index: Int, into events: inout [ModelEvent]) {
        let bytes = candidates[index].held + Array(text.string.utf8)
        if let (start, sequence) = firstMatch(in: bytes) {
            if start > 0 { events.append(.text(candidate: index, Self.text(bytes[..<start]))) }
            events.append(.partEnd(candidate: index))
            candidates[index].met = Self.text(sequence[...])
            candidates[index].held = []
            return
        }
        let count = openEnd(of: bytes)
        if count < bytes.count { events.append(.text(candidate: index, Self.text(bytes[..<(bytes.count - count)]))) }
        candidates[index].held = Array(bytes.suffix(count))
    }
}
