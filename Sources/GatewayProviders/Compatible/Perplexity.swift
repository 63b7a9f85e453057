// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// Perplexity's Sonar models.
    ///
    /// The base URL has no version. Every chunk of a stream reports the usage (not re-read in 2026-11).
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
