// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// Cerebras.
    ///
    /// Base URL, key variable and `max_completion_tokens` are those of its SDK; thoughts are `reasoning` (not re-read in 2026-11).
    package static let cerebras = openAICompatible(
        "cerebras",
        "Cerebras",
        baseURL: "https://api.cerebras.ai/v1",
        key: "CEREBRAS_API_KEY",
        response: ["x-ratelimit-*"],
        traits: .compatible {
            $0.usesMaxCompletionTokens = true
            $0.replaysReasoning = .reasoning
            $0.takesReasoningEffort = true
        }
    )
}
