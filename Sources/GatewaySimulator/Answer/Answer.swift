// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// What the simulated model says to a prompt.
struct Answer: Sendable {
    struct ToolCall: Sendable {
        let tool: OfferedTool
        /// JSON, or plain text for a custom tool.
        let arguments: TokenText
    }

    enum Ending: Sendable, Equatable {
        case stop
        case stopSequence(String)
        case length
        case toolCalls
        case refusal
    }

    /// The reasoning before the response; empty without any.
    var reasoning = TokenText("")
    var text = TokenText("")
    var calls: [ToolCall] = []
    var ending = Ending.stop

    /// All tokens that the model put out.
    var outputTokens: Int { reasoning.count + text.count + calls.reduce(0) { $0 + callTokens($1) } }

    /// Each call counts its arguments and one token for its name.
    private func callTokens(_ call: ToolCall) -> Int { call.arguments.count + 1 }

    /// Reasons, responds and calls tools as the prompt asks, within its limits.
    ///
    /// The first `alternative` is 0; others differ from it.
    init(to prompt: Prompt, alternative: Int = 0) throws(Refusal) {
        if prompt.instructions.isRefusal {
            text = TokenText("I will not answer this, because the prompt asks me to refuse.")
            ending = .refusal
            return
        }
        var budget = prompt.maximumTokens ?? prompt.model.limits.maximumOutput ?? Instructions.maximumTokens
        reasoning = TokenText(Self.thoughts(on: prompt))
        reasoning.keepFirst(min(budget, prompt.reasoning?.limit ?? budget))
        budget -= reasoning.count

        let chosen = try ToolSelection.calls(for: prompt)
        let full = Self.words(to: prompt, calls: chosen, alternative: alternative)
        if let (cut, sequence) = Self.cut(full, at: prompt.stop) {
            text = TokenText(cut)
            ending = .stopSequence(sequence)
        } else {
            text = TokenText(full)
        }
        if text.count > budget {
            text.keepFirst(budget)
            ending = .length
        }
        budget -= text.count
        guard ending == .stop else { return }
        for call in chosen {
            guard callTokens(call) <= budget else {
                ending = .length
                return
            }
            budget -= callTokens(call)
            calls.append(call)
            ending = .toolCalls
        }
    }

    /// The text up to the first of the stop sequences in it, and that sequence.
    private static func cut(_ text: String, at stop: [String]) -> (String, String)? {
        var first: (start: Int, sequence: [UInt8])?
        var batch: [[UInt8]] = []
        var bytes = 0
        func search() {
            guard let found = SequenceMatcher(batch).firstMatch(in: text.utf8) else { return }
            let end = found.start + found.sequence.count
            guard let known = first else { return first = found }
            let knownEnd = known.start + known.sequence.count
            if end < knownEnd || end == knownEnd && found.start < known.start { first = found }
        }
        // A matcher takes many times the memory of what it looks for.
        for sequence in stop where !sequence.isEmpty && sequence.utf8.count <= text.utf8.count {
            batch.append(Array(sequence.utf8))
            bytes += sequence.utf8.count
            guard bytes > 256 << 10 else { continue }
            search()
            (batch, bytes) = ([], 0)
        }
        if !batch.isEmpty { search() }
        return first.map {
            (String(decoding: text.utf8.prefix($0.start), as: UTF8.self), String(decoding: $0.sequence, as: UTF8.self))
        }
    }
}
