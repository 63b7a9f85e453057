// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// Together AI.
    ///
    /// Base URL and key variable are those of its SDK (not re-read in 2026-11).
    package static let together = openAICompatible(
        "together",
        "Together AI",
        baseURL: "https://api.together.xyz/v1",
        key: "TOGETHER_API_KEY",
        [.openAIChat, .openAIEmbeddings],
        response: ["x-ratelimit-*"],
        traits: .compatible {
            $0.replaysReasoning = .reasoning
            $0.takesReasoningEffort = true
        }
    )
}
