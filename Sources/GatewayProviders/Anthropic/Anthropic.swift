// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// Anthropic's own API.
    ///
    /// Base URL, key variable, key header and path are those of PyPI `anthropic` 2.11.0 (2026-11). `anthropic-version` is mandatory; a client's
    /// own value stands, and clients of other dialects get the version that this gateway's codec is written for.
    package static let anthropic = Provider(
        id: "anthropic",
        displayName: "Anthropic",
        defaultBaseURL: "https://api.anthropic.com",
        environmentKey: "ANTHROPIC_API_KEY",
        wireFormats: [.anthropicMessages],
        preferredFormat: { ingress, spoken in
            firstSpoken(of: [.anthropicMessages], ingress: ingress, spoken: spoken)
        },
        credential: .header("x-api-key"),
        fixedHeaders: [(name: "anthropic-version", value: "2023-06-01")],
        headerPolicy: HeaderPolicy(
            request: NameFilter(allow: ["anthropic-version"]),
            response: NameFilter(allow: ["anthropic-ratelimit-*"]),
            anthropicBeta: .all
        ),
        path: { _ in "/v1/messages" },
        tokenCountPath: { $0.format == .anthropicMessages ? "/v1/messages/count_tokens" : nil }
    )
}
