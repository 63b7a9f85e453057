// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// Any server that speaks OpenAI's API: vLLM, Ollama, llama.cpp, LM Studio and many hosted ones.
    ///
    /// Chat and embeddings are what they all have. Responses and completions are used only where `native_api_types` says that the server has them.
    package static let custom = Provider(
        id: "custom",
        displayName: "OpenAI-compatible server",
        wireFormats: [.openAIChat, .openAIEmbeddings],
        optionalWireFormats: [.openAIResponses, .openAICompletions],
        preferredFormat: { ingress, spoken in
            firstSpoken(of: [.openAIChat, .openAIResponses], ingress: ingress, spoken: spoken)
        },
        credential: .bearer,
        path: { openAIPath(of: $0.format) }
    )
}
