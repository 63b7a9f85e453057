// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// Hugging Face's router of inference providers.
    ///
    /// Base URL: huggingface.co/changelog/inference-providers-openai-compatible (read in 2026-11). A model's name may end in `:provider`.
    package static let huggingFace = openAICompatible(
        "huggingface",
        "Hugging Face",
        baseURL: "https://router.huggingface.co/v1",
        key: "HF_TOKEN",
        optional: [.openAIResponses]
    )
}
