// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// Any server that speaks OpenAI's API: vLLM, Ollama, llama.cpp, LM Studio and many hosted ones.
    ///
    /// Chat and embeddings are what they all have. Responses, Messages and completions are used only where `native_api_types` says that the server has
    /// them.
    package static let custom = Provider(
        id: "custom",
        displayName: "OpenAI-compatible server",
        wireFormats: [.openAIChat, .openAIEmbeddings],
        optionalWireFormats: [.openAIResponses, .openAICompletions, .anthropicMessages],
        preferredFormat: preferringChat,
        credential: .bearer,
        traits: .compatible(),
        path: { openAIPath(of: $0.format) }
    )
}
