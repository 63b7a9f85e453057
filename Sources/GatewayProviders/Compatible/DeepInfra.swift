// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// DeepInfra.
    ///
    /// Base URL and embeddings: deepinfra.com/docs/advanced/openai_api (read 2026-11-21). Key variable: npm `@ai-sdk/deepinfra` of 2026-08. The name of its
    /// reasoning field is that of most servers; no page of the vendor confirms it.
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
