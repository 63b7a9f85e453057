// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayProviders
import Testing

@Suite("Traits of providers")
struct TraitsTests {
    @Test("OpenAI takes what its API has; other servers get what all of them take")
    func defaults() {
        #expect(Provider.openAI.traits.usesMaxCompletionTokens == true)
        #expect(Provider.openAI.traits.takesDeveloperRole == true)
        #expect(Provider.custom.traits.usesMaxCompletionTokens == false)
        #expect(Provider.custom.traits.takesDeveloperRole == false)
        #expect(Provider.custom.traits.takesReasoningEffort == false)
        #expect(Provider.azureOpenAI.traits == Provider.openAI.traits)
    }

    @Test("Ids are as they are of the vendors whose API it is, and may repeat elsewhere (tools-15)")
    func repeatedIDs() {
        let own: Set = [
            "openai", "azure_openai", "anthropic", "gemini", "gemini_enterprise", "amazon_bedrock", "databricks",
        ]
        for provider in Providers.all {
            #expect((provider.traits.repeatsIDs == true) == !own.contains(provider.id), "\(provider.id)")
        }
    }

    @Test("Mistral gets neither stream_options nor max_completion_tokens")
    func mistral() {
        #expect(Provider.mistral.traits.takesStreamOptions == false)
        #expect(Provider.mistral.traits.usesMaxCompletionTokens == false)
    }

    @Test("What a destination says wins over its provider service, and that over the provider")
    func order() throws {
        var service = UpstreamTraits()
        service.takesStreamOptions = false
        service.takesDeveloperRole = true
        var own = UpstreamTraits()
        own.takesDeveloperRole = false
        let destination = Destination(
            service: ProviderService(
                name: try #require(ObjectName("main.p.a")),
                provider: .openAI,
                address: try #require(UpstreamAddress(baseURL: "http://h")),
                apiKey: nil,
                traits: service,
                wireFormats: [.openAIChat]
            ),
            model: "m",
            trafficPercentage: 100,
            traits: own
        )
        #expect(destination.traits.takesDeveloperRole == false)
        #expect(destination.traits.takesStreamOptions == false)
        #expect(destination.traits.usesMaxCompletionTokens == true)
    }

    @Test("Flags of anthropic-beta pass to Anthropic alone (client-01)")
    func betaFlags() {
        for provider in Providers.all {
            #expect(
                provider.headerPolicy.anthropicBeta == (provider.id == "anthropic" ? .all : .none),
                "\(provider.id)"
            )
        }
    }

    @Test("No provider lets a credential pass, in either direction")
    func credentials() {
        for provider in Providers.all {
            for name in ["authorization", "x-api-key", "x-goog-api-key", "api-key", "cookie", "openai-organization"] {
                #expect(!provider.headerPolicy.request.passes(name), "\(provider.id)")
            }
            #expect(!provider.headerPolicy.response.passes("set-cookie"))
        }
    }
}
