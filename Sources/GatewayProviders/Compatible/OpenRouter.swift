// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// OpenRouter.
    ///
    /// Base URL, key variable, chat, Responses, embeddings, `cache_control`, the efforts `none` to `max`, and reasoning as `reasoning`: PyPI `openrouter` 1.3.84
    /// (read 2026-11-21). Messages at `/api/v1/messages`: openrouter.ai/docs (2026-11).
    package static let openRouter = openAICompatible(
        "openrouter",
        "OpenRouter",
        baseURL: "https://openrouter.ai/api/v1",
        key: "OPENROUTER_API_KEY",
        [.openAIChat, .openAIEmbeddings],
        optional: [.openAIResponses, .anthropicMessages],
        traits: .compatible {
            $0.replaysReasoning = .reasoning
            $0.takesReasoningEffort = true
            $0.takesCacheControl = true
        }
    )
}
