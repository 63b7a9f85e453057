// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// SGLang's server, on one's own machine.
    ///
    /// Port, chat, embeddings and `reasoning_content` are those of its documents (not re-read in 2026-11).
    package static let sglang = openAICompatible(
        "sglang",
        "SGLang",
        baseURL: "http://localhost:30000/v1",
        key: nil,
        [.openAIChat, .openAIEmbeddings],
        optional: [.openAIResponses],
        traits: .compatible {
            $0.replaysReasoning = .reasoningContent
            $0.takesReasoningEffort = true
        }
    )
}
