// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// A guardrail of about 30 lines: puts `[redacted]` in place of a word in the request and in the answer, and lets no call of one tool pass.
///
/// A text that ends like the word begins is held until the next piece tells.
struct WordPolicy: ContentPolicy {
    let word: String
    let tool: String
    /// The step whose text is held.
    private var held: AnswerStep?

    init(word: String, tool: String) {
        self.word = word
        self.tool = tool
    }

    mutating func review(_ content: [ContentSpan]) async throws(GatewayError) -> [ContentEdit] {
        content.compactMap { span in
            span.text.string.contains(word) ? ContentEdit(span, text: redacted(span.text.string)) : nil
        }
    }

    mutating func review(_ step: AnswerStep) async throws(GatewayError) -> ReviewedSteps {
        if step.kind == .toolCall, step.toolName?.string == tool { return .pass(release()) }
        guard let text = step.text?.string, step.part != nil else { return .pass(release() + [step]) }
        let released = held?.part == step.part ? [] : release()
        let original = (held?.text?.string ?? "") + text
        let known = redacted(original)
        let tail = known.suffix(beginning: word)
        held = tail.isEmpty ? nil : step.with(tail)
        if original == text, known == text, tail.isEmpty { return .pass(released + [step]) }
        return .pass(released + [step.with(String(known.dropLast(tail.count)))])
    }

    mutating func finishReview() async throws(GatewayError) -> [AnswerStep] { release() }

    private mutating func release() -> [AnswerStep] {
        defer { held = nil }
        return held.map { [$0] } ?? []
    }

    private func redacted(_ text: String) -> String { text.replacing(word, with: "[redacted]") }
}

extension AnswerStep {
    /// The step with another text.
    fileprivate func with(_ text: String) -> AnswerStep {
        var step = self
        step.text = JSONString(text)
        return step
    }
}

extension String {
    /// The longest end of the text that a word begins with, but for the whole word.
    fileprivate func suffix(beginning word: String) -> String {
        for count in stride(from: word.count - 1, to: 0, by: -1) where hasSuffix(word.prefix(count)) {
            return String(word.prefix(count))
        }
        return ""
    }
}

/// Does what another policy does, after a pause at each step.
struct SlowPolicy: ContentPolicy {
    var policy: any ContentPolicy

    mutating func review(_ content: [ContentSpan]) async throws(GatewayError) -> [ContentEdit] {
        await Task.yield()
        return try await policy.review(content)
    }

    mutating func review(_ step: AnswerStep) async throws(GatewayError) -> ReviewedSteps {
        await Task.yield()
        return try await policy.review(step)
    }

    mutating func finishReview() async throws(GatewayError) -> [AnswerStep] { try await policy.finishReview() }
}

/// Changes nothing.
struct WatchingPolicy: ContentPolicy {}

/// Ends the answer at the first step of a kind.
struct EndingPolicy: ContentPolicy {
    let kind: AnswerStep.Kind
    let reason: FinishReason

    mutating func review(_ step: AnswerStep) async throws(GatewayError) -> ReviewedSteps {
        step.kind == kind ? .end(after: [step], reason) : .pass([step])
    }
}
