// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// LM Studio, on the local machine.
    ///
    /// Port and APIs: lmstudio.ai/docs (2026-11): chat, embeddings, Responses, Messages. A key is asked for only with "Require Authentication".
    package static let lmStudio = openAICompatible(
        "lm_studio",
        "LM Studio",
        baseURL: "http://localhost:1234/v1",
        key: nil,
        [.openAIChat, .openAIEmbeddings],
        optional: [.openAIResponses, .anthropicMessages]
    )
}
