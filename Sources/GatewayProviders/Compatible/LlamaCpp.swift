// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// The server of llama.cpp, on one's own machine.
    ///
    /// Its README names chat, embeddings (with `--embeddings`), Responses and Messages, and `reasoning_content` for thoughts (not re-read in 2026-11).
    package static let llamaCpp = openAICompatible(
        "llama_cpp",
        "llama.cpp",
        baseURL: "http://localhost:8080/v1",
        key: nil,
        [.openAIChat, .openAIEmbeddings],
        optional: [.openAIResponses, .anthropicMessages],
        traits: .compatible {
            $0.replaysReasoning = .reasoningContent
        }
    )
}
