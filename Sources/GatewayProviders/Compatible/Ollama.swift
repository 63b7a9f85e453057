// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// Ollama, on the local machine or in its cloud (`https://ollama.com/v1` with a key).
    ///
    /// Address and APIs: `docs/api` of its repository as of 2026-08 (read 2026-11-21): chat, embeddings, Responses (from 0.13.3, without state), Messages.
    /// `tool_choice` and `parallel_tool_calls` are not among what its chat API takes, and images must be data. `reasoning_effort` may be `none` to `max`.
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
