// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// Qwen and others in Alibaba Cloud Model Studio (DashScope).
    ///
    /// The base URL is the international one; mainland China has `https://dashscope.aliyuncs.com/compatible-mode/v1` (npm `@ai-sdk/alibaba` of 2026-08 and PyPI
    /// `litellm` 1.109.1, read 2026-11-21). Responses: help.aliyun.com/en/model-studio/qwen-api-via-openai-responses. Only some models take `json_schema`. Its
    /// Messages API has another base URL: `anthropic_compatible` with `https://dashscope-intl.aliyuncs.com/apps/anthropic`.
    package static let qwen = openAICompatible(
        "qwen",
        "Alibaba Cloud Model Studio",
        baseURL: "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        key: "DASHSCOPE_API_KEY",
        [.openAIChat, .openAIEmbeddings],
        optional: [.openAIResponses],
        references: RequestReference.filesInTexts,
        traits: .compatible {
            $0.replaysReasoning = .reasoningContent
            $0.structuredOutput = .object
        }
    )
}
