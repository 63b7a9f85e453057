// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// Mistral.
    ///
    /// It refuses fields that it does not know with 422: `stream_options` (github.com/openai/openai-agents-python/issues/442) and `max_completion_tokens`
    /// (github.com/editor-code-assistant/eca/issues/231), both 2025; the last chunk of a stream reports the usage unasked (read in 2026-11). PyPI `mistralai`
    /// 2.5.1 (read 2026-11-21) has neither of them, and calls the seed `random_seed`. It has `reasoning_effort`, which few models take.
    package static let mistral = openAICompatible(
        "mistral",
        "Mistral",
        baseURL: "https://api.mistral.ai/v1",
        key: "MISTRAL_API_KEY",
        [.openAIChat, .openAIEmbeddings],
        traits: .compatible {
            $0.takesStreamOptions = false
            // github.com/nearai/ironclaw/issues/1241 (2026-03).
            $0.demandsShortCallIDs = true
        }
    )
}
