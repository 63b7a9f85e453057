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
            || OpenAIResponses.refusesThoughts(error)
    }
}
