// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// NVIDIA's hosted NIMs; a NIM of one's own is the same with another base URL.
    ///
    /// Base URL, key variable and `reasoning_content`: PyPI `langchain-nvidia-ai-endpoints`, NVIDIA's own, as of 2026-07 (read 2026-11-21).
    package static let nvidia = openAICompatible(
        "nvidia",
        "NVIDIA NIM",
        baseURL: "https://integrate.api.nvidia.com/v1",
        key: "NVIDIA_API_KEY",
        [.openAIChat, .openAIEmbeddings],
        traits: .compatible {
            $0.replaysReasoning = .reasoningContent
        }
    )
}
