// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// Z.ai (GLM).
    ///
    /// Base URL: docs.z.ai/api-reference/llm/chat-completion. Key variable and `reasoning_content`: PyPI `zai-sdk` 0.2.2 (both read 2026-11-21).
    /// `response_format` is `text` or `json_object`. Its Messages API has another base URL: `anthropic_compatible` with `https://api.z.ai/api/anthropic`
    /// (2026-11).
    package static let zAI = openAICompatible(
        "zai",
        "Z.ai",
        baseURL: "https://api.z.ai/api/paas/v4",
        key: "ZAI_API_KEY",
        traits: .compatible {
            $0.replaysReasoning = .reasoningContent
            $0.structuredOutput = .object
        }
    )
}
