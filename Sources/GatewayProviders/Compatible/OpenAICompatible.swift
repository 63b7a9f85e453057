// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

extension Provider {
    /// A vendor or server that imitates OpenAI's API.
    ///
    /// Chat is what all of them have. Responses and Messages, which differ more between them and between their releases, are used only where `native_api_types`
    /// names them.
    static func openAICompatible(
        _ id: String,
        _ displayName: String,
        baseURL: String,
        key: String?,
        _ formats: [WireFormat] = [.openAIChat],
        optional: [WireFormat] = [],
        response: [String] = [],
        references: [RequestReference] = [],
        traits: UpstreamTraits = .compatible()
    ) -> Provider {
        let spoken = formats + optional
        return Provider(
            id: id,
            displayName: displayName,
            defaultBaseURL: baseURL,
            environmentKey: key,
            requiresCredential: key != nil,
            wireFormats: formats,
            optionalWireFormats: optional,
            preferredFormat: preferringChat,
            credential: .bearer,
            traits: traits,
            fixedHeaders: spoken.contains(.anthropicMessages) ? [(name: "anthropic-version", value: "2023-06-01")] : [],
            headerPolicy: HeaderPolicy(
                request: NameFilter(allow: spoken.contains(.anthropicMessages) ? ["anthropic-version"] : []),
                response: NameFilter(allow: response)
            ),
            references: RequestReference.usual + references,
            path: { openAIPath(of: $0.format) }
        )
    }

    /// Chat for every call that is not in one of the upstream's own formats; then Responses, then Messages.
    static let preferringChat: @Sendable (WireFormat, [WireFormat]) -> WireFormat? = { ingress, spoken in
        firstSpoken(of: [.openAIChat, .openAIResponses, .anthropicMessages], ingress: ingress, spoken: spoken)
    }
}

extension UpstreamTraits {
    /// The defaults for a server that imitates OpenAI's chat completions, where a provider does not override them.
    static func compatible(_ change: (inout UpstreamTraits) -> Void = { _ in }) -> UpstreamTraits {
        var traits = UpstreamTraits()
        traits.structuredOutput = .schema
        traits.usesMaxCompletionTokens = false
        traits.takesStreamOptions = true
        traits.replaysReasoning = ReasoningMember.none
        traits.takesReasoningEffort = false
        traits.takesParallelToolCalls = true
        traits.takesDeveloperRole = false
        traits.repeatsIDs = true
        change(&traits)
        return traits
    }
}
