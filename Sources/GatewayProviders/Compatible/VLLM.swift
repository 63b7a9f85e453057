// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// vLLM's server, on the local machine.
    ///
    /// Address, port and APIs (chat, embeddings, Responses, Messages): its documents as read in 2026-11. Newer releases name reasoning `reasoning`; older ones take
    /// `traits: {reasoning_member: reasoning_content}`.
    package static let vllm = openAICompatible(
        "vllm",
        "vLLM",
        baseURL: "http://localhost:8000/v1",
        key: nil,
        [.openAIChat, .openAIEmbeddings],
        optional: [.openAIResponses, .anthropicMessages],
        traits: .compatible {
            $0.replaysReasoning = .reasoning
            $0.takesReasoningEffort = true
        }
    )
}
