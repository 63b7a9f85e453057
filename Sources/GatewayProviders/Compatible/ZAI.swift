// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// Z.ai (GLM).
    ///
    /// Base URL as in its documents (not re-read in 2026-11). Its Messages API stands at another base URL: `anthropic_compatible` with `https://api.z.ai/api/anthropic`.
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
