// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// SambaNova.
    ///
    /// Base URL and key variable are those of its documents (not re-read in 2026-11).
    package static let sambaNova = openAICompatible(
        "sambanova",
        "SambaNova",
        baseURL: "https://api.sambanova.ai/v1",
        key: "SAMBANOVA_API_KEY",
        [.openAIChat, .openAIEmbeddings]
    )
}
