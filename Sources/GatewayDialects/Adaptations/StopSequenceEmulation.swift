// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// Stop sequences for targets that have none (OpenAI's Responses): the answer ends for the client where its text meets one.
///
/// The upstream goes on to its own end, and its usage is that of its whole answer: what it bills is what is reported.
struct StopSequenceEmulation: Adaptation {
    /// The most that all sequences may have.
    private static let maximumBytes = 4_096

    private let matcher: SequenceMatcher
    private var candidates: [Candidate] = []

    private struct Candidate {
        var isText = false
        /// What of the text may turn out to be the beginning of a stop sequence is held.
        var state = SequenceMatcher.State()
        /// The sequence that was met.
        var met: JSONString?
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
            throw .invalid("stop", "must contain at most \(maximumBytes) bytes in all for this model.")
        }
        request.stop = []
        return sequences.isEmpty ? nil : Self(matcher: SequenceMatcher(sequences))
    }

    private init(matcher: SequenceMatcher) {
        self.matcher = matcher
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> JSONString {
        // Cut in front of a sequence, which is itself text: never inside a character.
        JSONString(String(decoding: bytes, as: UTF8.self))
    }

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
        case .partEnd:
            let held = matcher.openEnd(candidates[index].state)
            if !held.isEmpty { events.append(.text(candidate: index, Self.text(held))) }
            candidates[index].state = SequenceMatcher.State()
        default: break
        }
        events.append(event)
    }

    private mutating func read(_ text: JSONString, of index: Int, into events: inout [ModelEvent]) {
        let bytes = Array(text.string.utf8)
        let held = matcher.openEnd(candidates[index].state)
        for (place, byte) in bytes.enumerated() {
            guard let met = matcher.consume(byte, &candidates[index].state) else { continue }
            let sequence = matcher.sequences[met]
            pass(held, bytes, held.count + place + 1 - sequence.count, of: index, into: &events)
            events.append(.partEnd(candidate: index))
            candidates[index].met = Self.text(sequence[...])
            return
        }
        let open = matcher.openEnd(candidates[index].state)
        pass(held, bytes, held.count + bytes.count - open.count, of: index, into: &events)
    }

    /// Passes the first bytes of what was held and what came on.
    private func pass(
        _ held: ArraySlice<UInt8>,
        _ bytes: [UInt8],
        _ count: Int,
        of index: Int,
        into events: inout [ModelEvent]
    ) {
        guard count > 0 else { return }
        let text = held.prefix(count) + bytes.prefix(max(0, count - held.count))
        events.append(.text(candidate: index, Self.text(text)))
    }
}
