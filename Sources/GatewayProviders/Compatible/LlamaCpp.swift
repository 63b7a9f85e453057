// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// The server of llama.cpp, on the local machine.
    ///
    /// Chat, embeddings (of a model with pooling), Responses, Messages, and `reasoning_content` for reasoning: `tools/server/README.md` of its repository (read
    /// 2026-11-21), which has `parallel_tool_calls` too, and `reasoning_effort`, of which templates make what they like. The port is that of its newer releases;
    /// older ones listen on 8080.
    package static let llamaCpp = openAICompatible(
        "llama_cpp",
        "llama.cpp",
        baseURL: "http://localhost:9931/v1",
        key: nil,
        [.openAIChat, .openAIEmbeddings],
        optional: [.openAIResponses, .anthropicMessages],
        traits: .compatible {
            $0.replaysReasoning = .reasoningContent
        }
    )
}
