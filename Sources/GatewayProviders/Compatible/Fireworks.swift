// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// Fireworks AI.
    ///
    /// Base URL and key variable are those of its documents, and so are Responses and Messages (not re-read in 2026-11).
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
