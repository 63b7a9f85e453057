// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// Perplexity's Sonar models.
    ///
    /// Base URL, without a version: docs.perplexity.ai/docs/sonar/openai-compatibility and PyPI `perplexityai` 0.38.0 (both read 2026-11-21). That SDK has no
    /// `stream_options`; that it is ignored, and that every chunk of a stream reports the usage, was not found again. It has `parallel_tool_calls`, `tools` and
    /// `reasoning_effort`, but PyPI `litellm` 1.109.1 says that Sonar knows no tools.
    package static let perplexity = openAICompatible(
        "perplexity",
        "Perplexity",
        baseURL: "https://api.perplexity.ai",
        key: "PERPLEXITY_API_KEY",
        traits: .compatible {
            $0.takesParallelToolCalls = false
        }
    )
}
