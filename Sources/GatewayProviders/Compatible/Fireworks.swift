// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// Fireworks AI.
    ///
    /// Base URL: docs.langchain.com and npm `@ai-sdk/fireworks` of 2026-08. Messages: docs.fireworks.ai/tools-sdks/anthropic-compatibility. Key variable,
    /// `reasoning_content` and `reasoning_effort` (`none`, `low`, `medium`, `high` or a number): PyPI `fireworks-ai`, `types/chat` of 2026-07 (all read
    /// 2026-11-21). Responses was not found again.
    package static let fireworks = openAICompatible(
        "fireworks",
        "Fireworks AI",
        baseURL: "https://api.fireworks.ai/inference/v1",
        key: "FIREWORKS_API_KEY",
        [.openAIChat, .openAIEmbeddings],
        optional: [.openAIResponses, .anthropicMessages],
        response: ["x-ratelimit-*"],
        traits: .compatible {
            $0.replaysReasoning = .reasoningContent
            $0.takesReasoningEffort = true
        }
    )
}
