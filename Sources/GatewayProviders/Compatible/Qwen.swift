// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// Qwen and others in Alibaba Cloud Model Studio (DashScope).
    ///
    /// The base URL is the international one; mainland China has `https://dashscope.aliyuncs.com/compatible-mode/v1` (not re-read in 2026-11).
    package static let qwen = openAICompatible(
        "qwen",
        "Alibaba Cloud Model Studio",
        baseURL: "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        key: "DASHSCOPE_API_KEY",
        [.openAIChat, .openAIEmbeddings],
        optional: [.openAIResponses],
        traits: .compatible {
            $0.replaysReasoning = .reasoningContent
            $0.structuredOutput = .object
        }
    )
}
