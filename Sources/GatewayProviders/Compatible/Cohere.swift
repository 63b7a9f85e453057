// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// Cohere's compatibility API.
    ///
    /// Base URL, members and roles: docs.cohere.com/docs/compatibility-api (read 2026-11-21). The system's words have the role `developer` there. It lists
    /// `store`, `metadata`, `logit_bias`, `top_logprobs`, `n`, `service_tier` and `parallel_tool_calls` as not supported, and `dimensions` and `user` of
    /// embeddings; `reasoning_effort` knows only `none` and `high`. For a schema it shows `{"type": "json_object", "schema"}`; of `json_schema`, `stream_options`
    /// and `tool_choice` it says nothing.
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
