// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// DeepSeek.
    ///
    /// Base URL, and Messages below `/anthropic`: api-docs.deepseek.com (2026-11). `response_format` takes `json_object` only, and thoughts are `reasoning_content`.
    package static let deepSeek: Provider = {
        var provider = openAICompatible(
            "deepseek",
            "DeepSeek",
            baseURL: "https://api.deepseek.com",
            key: "DEEPSEEK_API_KEY",
            optional: [.anthropicMessages],
            traits: .compatible {
                $0.replaysReasoning = .reasoningContent
                $0.structuredOutput = .object
            }
        )
        provider.path = { $0.format == .anthropicMessages ? "/anthropic/v1/messages" : openAIPath(of: $0.format) }
        return provider
    }()
}
