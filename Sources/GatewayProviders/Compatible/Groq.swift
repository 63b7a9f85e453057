// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// Groq.
    ///
    /// Base URL, Responses, and the refusal of `logprobs`, `logit_bias`, `top_logprobs`, `messages[].name` and an `n` above 1: console.groq.com/docs/openai. Key
    /// variable, `max_completion_tokens` in place of the deprecated `max_tokens`, reasoning as `reasoning`: PyPI `groq` 1.6.0 (both read 2026-11-21). gpt-oss
    /// takes the efforts `low` to `high`, Qwen `none` and `default`.
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
