// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// DeepSeek.
    ///
    /// Base URL, and Messages below `/anthropic`: api-docs.deepseek.com (2026-11). `response_format` takes `json_object` only, and reasoning is
    /// `reasoning_content`, which a reasoning model requires back. It takes `reasoning_effort` from `low` to `max`; `thinking` turns reasoning off (npm
    /// `@ai-sdk/deepseek` of 2026-08 and PyPI `litellm` 1.109.1, read 2026-11-21): where clients never ask for `none`, `traits: {reasoning_effort: true}` lets it
    /// pass.
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
