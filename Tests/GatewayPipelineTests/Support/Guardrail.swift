// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import GatewayPipeline

/// A guardrail: puts `***` in place of a word, lets no call of one tool pass, and waits at each step.
struct Guardrail: ReviewPolicy, ContentPolicy {
    var word = "secret"
    var tool = "erase"
    var pause = Duration.zero
    var endsAt: String?

    func contentPolicy(for call: borrowing Call) -> (any ContentPolicy)? { self }

    mutating func review(_ content: [ContentSpan]) async throws(GatewayError) -> [ContentEdit] {
        if content.contains(where: { $0.text == "forbidden" }) {
            throw GatewayError(.forbidden, "The guardrail refuses this.")
        }
        return content.compactMap { span in
            let text = span.text.string
            return text.contains(word) ? ContentEdit(span, text: text.replacing(word, with: "***")) : nil
        }
    }

    mutating func review(_ step: AnswerStep) async throws(GatewayError) -> ReviewedSteps {
        try? await Task.sleep(for: pause)
        if step.kind == .toolCall, step.toolName?.string == tool { return .pass([]) }
        guard let text = step.text?.string else { return .pass([step]) }
        if text == endsAt { return .end(after: [], .contentFilter) }
        var step = step
        if text.contains(word) { step.text = JSONString(text.replacing(word, with: "***")) }
        return .pass([step])
    }
}
