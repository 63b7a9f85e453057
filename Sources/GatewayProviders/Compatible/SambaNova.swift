// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// SambaNova.
    ///
    /// Base URL: docs.pipecat.ai. Key variable, embeddings, `stream_options`, reasoning as `reasoning`, and the efforts `low`, `medium` and `high`: PyPI
    /// `sambanova` 1.12.1. Responses and Messages: docs.sambanova.ai, "Responses" and "Messages" (all read 2026-11-21).
    package static let sambaNova = openAICompatible(
        "sambanova",
        "SambaNova",
        baseURL: "https://api.sambanova.ai/v1",
        key: "SAMBANOVA_API_KEY",
        [.openAIChat, .openAIEmbeddings],
        optional: [.openAIResponses, .anthropicMessages],
        traits: .compatible {
            $0.replaysReasoning = .reasoning
            $0.takesReasoningEffort = true
        }
    )
}
