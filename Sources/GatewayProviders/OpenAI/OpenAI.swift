// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// OpenAI's own API.
    ///
    /// Base URL, key variable and paths are those of PyPI `openai` 3.52.0 (2026-11). Headers of organisation and project are not
    /// forwarded: they decide who pays, and that is not the caller's to choose. Responses is the first choice for every call that is not
    /// chat, since only Responses carries reasoning between turns.
    package static let openAI = Provider(
        id: "openai",
        displayName: "OpenAI",
        defaultBaseURL: "https://api.openai.com/v1",
        environmentKey: "OPENAI_API_KEY",
        wireFormats: [.openAIResponses, .openAIChat, .openAIEmbeddings],
        optionalWireFormats: [.openAICompletions],
        preferredFormat: { ingress, spoken in
            let order: [WireFormat] =
                ingress == .openAIChat || ingress == .openAICompletions
                ? [.openAIChat, .openAIResponses] : [.openAIResponses, .openAIChat]
            return firstSpoken(of: order, ingress: ingress, spoken: spoken)
        },
        credential: .bearer,
        traits: {
            var traits = UpstreamTraits()
            traits.structuredOutput = .schema
            traits.usesMaxCompletionTokens = true
            traits.takesStreamOptions = true
            traits.replaysReasoning = UpstreamTraits.ReasoningMember.none
            traits.takesReasoningEffort = true
            traits.takesParallelToolCalls = true
            traits.takesDeveloperRole = true
            traits.keepsResponses = true
            return traits
        }(),
        headerPolicy: HeaderPolicy(
            request: NameFilter(allow: ["openai-beta"]),
            response: NameFilter(allow: ["openai-processing-ms", "openai-version", "x-ratelimit-*"])
        ),
        references: RequestReference.openAIServers,
        path: { openAIPath(of: $0.format) },
        tokenCountPath: { $0.format == .openAIResponses ? "/responses/input_tokens" : nil },
        compactPath: { $0.format == .openAIResponses ? "/responses/compact" : nil }
    )
}
