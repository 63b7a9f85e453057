// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// OpenRouter.
    ///
    /// Base URL and APIs: openrouter.ai/docs (2026-11): chat, Responses, and Messages at `/api/v1/messages`. Embeddings were not re-read. Thoughts are `reasoning`.
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
