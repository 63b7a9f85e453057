// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// Ollama, on one's own machine or in its cloud (`https://ollama.com/v1` with a key).
    ///
    /// Address and APIs: docs.ollama.com (2026-11): chat, embeddings, Responses (from 0.13.3, without state), Messages. `tool_choice` and `parallel_tool_calls` are not
    /// among what its chat API takes.
    package static let ollama = openAICompatible(
        "ollama",
        "Ollama",
        baseURL: "http://localhost:11434/v1",
        key: nil,
        [.openAIChat, .openAIEmbeddings],
        optional: [.openAIResponses, .anthropicMessages],
        traits: .compatible {
            $0.replaysReasoning = .reasoning
            $0.takesReasoningEffort = true
            $0.takesParallelToolCalls = false
        }
    )
}
