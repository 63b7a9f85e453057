// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayProviders
import Testing

@Suite("Providers")
struct ProviderTests {
    @Test("Every provider has an id of its own and speaks something")
    func ids() {
        #expect(Providers.all.map(\.id) == ["openai", "anthropic", "gemini", "amazon_bedrock", "custom"])
        for provider in Providers.all {
            #expect(!provider.wireFormats.isEmpty)
            #expect(Set(provider.wireFormats).isDisjoint(with: provider.optionalWireFormats))
            #expect(provider.defaultBaseURL.map { UpstreamAddress(baseURL: $0) != nil } ?? true)
        }
    }

    @Test(
        "A path below the base URL that the vendor's own SDK takes",
        arguments: [
            ("openai", WireFormat.openAIChat, "gpt-5", false, "/chat/completions"),
            ("openai", .openAIChat, "gpt-5", true, "/chat/completions"),
            ("openai", .openAIResponses, "gpt-5", true, "/responses"),
            ("openai", .openAIEmbeddings, "text-embedding-3-small", false, "/embeddings"),
            ("custom", .openAIChat, "a/b", false, "/chat/completions"),
            ("custom", .openAIResponses, "a/b", false, "/responses"),
            ("custom", .openAIEmbeddings, "a/b", false, "/embeddings"),
            ("anthropic", .anthropicMessages, "claude-sonnet-4-5", true, "/v1/messages"),
            (
                "gemini", .geminiGenerateContent, "gemini-2.5-pro", false,
                "/v1beta/models/gemini-2.5-pro:generateContent"
            ),
            (
                "gemini", .geminiGenerateContent, "gemini-2.5-pro", true,
                "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse"
            ),
            (
                "gemini", .geminiGenerateContent, "models/gemini-2.5-pro", false,
                "/v1beta/models/gemini-2.5-pro:generateContent"
            ),
            ("gemini", .geminiGenerateContent, "tunedModels/my-1", false, "/v1beta/tunedModels/my-1:generateContent"),
            (
                "gemini", .geminiGenerateContent, "../x?key=y é", false,
                "/v1beta/models/..%2Fx%3Fkey%3Dy%20%C3%A9:generateContent"
            ),
        ]
    )
    func path(_ id: String, _ format: WireFormat, _ model: String, _ isStreaming: Bool, _ expected: String) throws {
        let provider = try #require(Providers.all.first { $0.id == id })
        #expect(provider.path(Provider.Call(format, model: model, isStreaming: isStreaming)) == expected)
    }

    @Test(
        "A credential goes into a header, never into the path",
        arguments: [
            ("openai", "authorization"), ("custom", "authorization"), ("anthropic", "x-api-key"),
            ("gemini", "x-goog-api-key"),
        ]
    )
    func credential(_ id: String, _ header: String) throws {
        let provider = try #require(Providers.all.first { $0.id == id })
        switch provider.credential {
        case .bearer: #expect(header == "authorization")
        case .header(let name): #expect(header == name)
        }
        for format in provider.wireFormats {
            #expect(!provider.path(Provider.Call(format, model: "m", isStreaming: true)).contains("key"))
        }
    }

    @Test(
        "OpenAI gets Responses for everything but chat, other servers get chat",
        arguments: [
            ("openai", WireFormat.openAIChat, WireFormat.openAIChat),
            ("openai", .anthropicMessages, .openAIResponses),
            ("openai", .geminiGenerateContent, .openAIResponses),
            ("custom", .anthropicMessages, .openAIChat),
            ("custom", .openAIResponses, .openAIChat),
            ("anthropic", .openAIChat, .anthropicMessages),
            ("gemini", .openAIChat, .geminiGenerateContent),
        ]
    )
    func preferred(_ id: String, _ ingress: WireFormat, _ expected: WireFormat) throws {
        let provider = try #require(Providers.all.first { $0.id == id })
        #expect(provider.preferredFormat(ingress, provider.wireFormats) == expected)
    }

    @Test("A format that the destination does not speak is not preferred")
    func narrowed() {
        #expect(Provider.openAI.preferredFormat(.anthropicMessages, [.openAIChat]) == .openAIChat)
        #expect(Provider.openAI.preferredFormat(.openAIChat, [.openAIResponses]) == .openAIResponses)
    }

    @Test("Embeddings turn into nothing else, and nothing else into embeddings")
    func embeddings() {
        for provider in Providers.all {
            let expected = provider.wireFormats.first(where: \.isEmbeddings)
            #expect(provider.preferredFormat(.openAIEmbeddings, provider.wireFormats) == expected)
            for ingress in WireFormat.allCases where !ingress.isEmbeddings {
                #expect(provider.preferredFormat(ingress, WireFormat.allCases.filter(\.isEmbeddings)) == nil)
            }
        }
    }

    @Test("A caller chooses beta features but neither organisation nor project")
    func forwarded() {
        #expect(Provider.openAI.headerPolicy.request.allow == ["openai-beta"])
        #expect(Provider.anthropic.headerPolicy.request.allow == ["anthropic-version"])
        #expect(Provider.anthropic.fixedHeaders.map(\.name) == ["anthropic-version"])
        #expect(Provider.gemini.headerPolicy == HeaderPolicy() && Provider.custom.headerPolicy == HeaderPolicy())
    }
}
