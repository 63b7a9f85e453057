// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// Groq.
    ///
    /// Base URL and key variable: its documents (not re-read in 2026-11). `max_tokens` is deprecated there in favour of `max_completion_tokens`; thoughts are `reasoning`.
    package static let groq = openAICompatible(
        "groq",
        "Groq",
        baseURL: "https://api.groq.com/openai/v1",
        key: "GROQ_API_KEY",
        optional: [.openAIResponses],
        response: ["x-ratelimit-*"],
        traits: .compatible {
            $0.usesMaxCompletionTokens = true
            $0.replaysReasoning = .reasoning
            $0.takesReasoningEffort = true
        }
    )
}
