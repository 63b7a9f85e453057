// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayProviders
import Testing

@Suite("Providers")
struct ProviderTests {
    @Test("Every provider has an id of its own and speaks something")
    func ids() {
        let ids = Providers.all.map(\.id)
        #expect(Set(ids).count == ids.count)
        #expect(ids.allSatisfy { id in id.utf8.allSatisfy { $0 == 0x5F || (0x61...0x7A).contains($0) } })
        for provider in Providers.all {
            #expect(!provider.wireFormats.isEmpty)
            #expect(Set(provider.wireFormats).isDisjoint(with: provider.optionalWireFormats))
            let region: ProviderSettings = provider.requiredSettings.contains(.region) ? [.region: "r-1"] : [:]
            #expect(provider.defaultBaseURL == nil || provider.address(for: region) != nil)
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
            ("custom", .anthropicMessages, "a/b", true, "/messages"),
            ("vllm", .anthropicMessages, "a/b", true, "/messages"),
            ("deepseek", .openAIChat, "deepseek-chat", true, "/chat/completions"),
            ("deepseek", .anthropicMessages, "deepseek-chat", true, "/anthropic/v1/messages"),
            ("anthropic_compatible", .anthropicMessages, "kimi-k3", false, "/v1/messages"),
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
            ("gemini", "x-goog-api-key"), ("azure_openai", "api-key"), ("databricks", "authorization"),
            ("gemini_enterprise", "authorization"), ("anthropic_compatible", "x-api-key"),
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
            ("azure_openai", .openAIChat, .openAIChat), ("azure_openai", .anthropicMessages, .openAIResponses),
            ("vllm", .openAIResponses, .openAIChat), ("databricks", .anthropicMessages, .openAIChat),
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
            let formats = Set(Providers.all.flatMap { $0.wireFormats + $0.optionalWireFormats })
            for ingress in formats where !ingress.isEmbeddings {
                #expect(provider.preferredFormat(ingress, formats.filter(\.isEmbeddings)) == nil)
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
