// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// Moonshot AI (Kimi).
    ///
    /// Base URL, key variable, chat and Responses: platform.kimi.ai/docs (2026-11). Its Messages API stands at another base URL: `anthropic_compatible` with
    /// `https://api.moonshot.ai/anthropic`.
    package static let moonshot = openAICompatible(
        "moonshot",
        "Moonshot AI",
        baseURL: "https://api.moonshot.ai/v1",
        key: "MOONSHOT_API_KEY",
        optional: [.openAIResponses],
        traits: .compatible {
            $0.replaysReasoning = .reasoningContent
            $0.structuredOutput = .object
        }
    )
}
