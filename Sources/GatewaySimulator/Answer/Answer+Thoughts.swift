// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// The reasoning of the simulated model before its response.
extension Answer {
    /// One sentence for each step of depth; empty for a prompt that asks for no reasoning.
    static func thoughts(on prompt: Prompt) -> String {
        guard let reasoning = prompt.reasoning else { return "" }
        let topic =
            prompt.results.isEmpty
            ? "The last message is \"\(prompt.userText.prefix(80))\"." : "The tools have answered."
        let steps = [
            topic,
            "The conversation has \(prompt.messageCount) messages.",
            "I am offered \(prompt.tools.count) tools.",
            "Nothing else has to be looked up.",
            "So I can answer now.",
        ]
        return steps.prefix(max(1, reasoning.depth)).joined(separator: " ")
    }
}
