// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// Together AI.
    ///
    /// Base URL and key variable: docs.together.ai/docs/inference/openai-compatibility and PyPI `together` 3.1.1, which has reasoning as `reasoning` and the
    /// efforts `low`, `medium` and `high`. Responses, without state: docs.together.ai/docs/inference/responses-api (all read 2026-11-21).
    package static let together = openAICompatible(
        "together",
        "Together AI",
        baseURL: "https://api.together.ai/v1",
        key: "TOGETHER_API_KEY",
        [.openAIChat, .openAIEmbeddings],
        optional: [.openAIResponses],
        response: ["x-ratelimit-*"],
        traits: .compatible {
            $0.replaysReasoning = .reasoning
            $0.takesReasoningEffort = true
        }
    )
}
