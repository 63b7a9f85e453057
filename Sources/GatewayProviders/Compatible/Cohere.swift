// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// Cohere's compatibility API.
    ///
    /// Base URL and fields: docs.cohere.com/docs/compatibility-api (read 2026-11-21). It names the roles `developer`, `user`, `assistant` and `tool`; of `system`,
    /// which the gateway writes, it says nothing. It lists `store`, `metadata`, `logit_bias`, `top_logprobs`, `n`, `service_tier` and `parallel_tool_calls` as not
    /// supported, and `dimensions` and `user` of embeddings; `reasoning_effort` knows only `none` and `high`. For a schema it shows
    /// `{"type": "json_object", "schema"}`; of `json_schema`, `stream_options` and `tool_choice` it says nothing.
    package static let cohere = openAICompatible(
        "cohere",
        "Cohere",
        baseURL: "https://api.cohere.ai/compatibility/v1",
        key: "CO_API_KEY",
        [.openAIChat, .openAIEmbeddings],
        traits: .compatible { $0.takesParallelToolCalls = false }
    )
}
