// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// DeepInfra.
    ///
    /// Base URL as in its documents (not re-read in 2026-11).
    package static let deepInfra = openAICompatible(
        "deepinfra",
        "DeepInfra",
        baseURL: "https://api.deepinfra.com/v1/openai",
        key: "DEEPINFRA_API_KEY",
        [.openAIChat, .openAIEmbeddings],
        traits: .compatible {
            $0.replaysReasoning = .reasoningContent
            $0.takesReasoningEffort = true
        }
    )
}
