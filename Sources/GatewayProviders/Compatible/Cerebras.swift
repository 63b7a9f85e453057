// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// Cerebras.
    ///
    /// Base URL, key variable, fields and efforts (`low`, `medium`, `high`): PyPI `cerebras-cloud-sdk` 1.67.0 (read 2026-11-21), which deprecates `max_tokens`
    /// and takes reasoning back as `reasoning`.
    package static let cerebras = openAICompatible(
        "cerebras",
        "Cerebras",
        baseURL: "https://api.cerebras.ai/v1",
        key: "CEREBRAS_API_KEY",
        response: ["x-ratelimit-*"],
        traits: .compatible {
            $0.usesMaxCompletionTokens = true
            $0.replaysReasoning = .reasoning
            $0.takesReasoningEffort = true
        }
    )
}
