// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON
import NIOCore

/// OpenAI's chat completions, and Databricks' variant of it behind `/mlflow/v1`.
///
/// Shapes: the types of PyPI `openai` 3.52.0 (2026-11). The variant differs in answers only: every chunk of a stream carries usage
/// (Databricks documentation, "Query foundation models by type", 2026-11).
package struct OpenAIChat: RelayedDialect {
    package var format: WireFormat { .openAIChat }

    package init() {}

    /// Servers of this format stand in front of models of all vendors, and pass their words on.
    package func refusesState(_ error: GatewayError) -> Bool {
        AnthropicMessages.refusesThoughts(error.message) || Gemini.refusesSignature(error.message)
            || OpenAIResponses.refusesThoughts(error) || Self.refusesReasoning(error)
    }

    /// Whether a server refuses the reasoning of another in an assistant's message, since it has no field of that name.
    ///
    /// Words of Cerebras, Groq and Mistral: egoist/chatwise-releases, issue 1442; agentjido/req_llm, issue 772; charmbracelet/crush, issue 1590;
    /// suitenumerique/conversations, issue 402 (2025-12 to 2026-07).
    private static func refusesReasoning(_ error: GatewayError) -> Bool {
        let text = "\(error.parameter ?? "") \(error.message)".lowercased()
        if text.contains("reasoning input is not enabled") { return true }
        guard
            text.contains("reasoning_content") || text.contains("reasoning_details") || text.contains(".reasoning")
                || text.contains("'reasoning'")
        else { return false }
        return [
            "unsupported", "not supported", "not permitted", "not allowed", "unknown", "unrecognized", "unexpected",
        ]
        .contains { text.contains($0) }
    }
}
