// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

/// The providers that this gateway knows.
package enum Providers {
    /// Every provider, in the order in which people look for them.
    package static let all: [Provider] = [
        .openAI, .anthropic, .gemini, .azureOpenAI, .vertexAI, .amazonBedrock, .databricks,
        .vllm, .ollama, .llamaCpp, .lmStudio, .sglang,
        .cerebras, .cohere, .deepInfra, .deepSeek, .fireworks, .groq, .huggingFace, .mistral, .moonshot, .nvidia,
        .openRouter, .perplexity, .qwen, .sambaNova, .together, .xAI, .zAI,
        .anthropicCompatible, .custom,
    ]
}
