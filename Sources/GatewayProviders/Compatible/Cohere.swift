// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// Cohere's compatibility API.
    ///
    /// Its documents name the roles `developer`, `user` and `assistant`, and list `parallel_tool_calls` and `logit_bias` among what it does not take (not re-read in 2026-11).
    package static let cohere = openAICompatible(
        "cohere",
        "Cohere",
        baseURL: "https://api.cohere.ai/compatibility/v1",
        key: "CO_API_KEY",
        [.openAIChat, .openAIEmbeddings],
        traits: .compatible {
            $0.takesParallelToolCalls = false
            $0.takesDeveloperRole = true
        }
    )
}
