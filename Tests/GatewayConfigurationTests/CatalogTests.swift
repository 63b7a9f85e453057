// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayConfiguration
import GatewayCore
import GatewayProviders
import Testing

@Suite("The catalogue without and with a file")
struct CatalogTests {
    private func builtIn(_ environment: [String: String] = [:]) throws -> Configuration {
        try ConfigurationReader(providers: Providers.all, environment: environment, simulator: simulator).builtIn()
    }

    @Test("Without a file and without keys the simulator serves every model")
    func simulated() throws {
        let configuration = try builtIn()
        #expect(configuration.modelServices.map(\.name.description) == BuiltInModels.all.map(\.fullName))
        for service in configuration.modelServices {
            let destination = try #require(service.destinations.first)
            #expect(service.destinations.count == 1 && destination.trafficPercentage == 100)
            #expect(destination.service.isSimulated && service.createdBy == "system")
            #expect(destination.wireFormats.allSatisfy(destination.service.wireFormats.contains))
        }
        let bases = configuration.providerServices.map { "\($0.name) \($0.address.authority)\($0.address.pathPrefix)" }
        #expect(
            bases == [
                "system.providers.simulator-amazon_bedrock 127.0.0.1:9100",
                "system.providers.simulator-anthropic 127.0.0.1:9100",
                "system.providers.simulator-gemini 127.0.0.1:9100",
                "system.providers.simulator-openai 127.0.0.1:9100/v1",
            ]
        )
        #expect(configuration.providerServices.allSatisfy { $0.apiKey == "simulator-key" && !$0.address.isSecure })
    }

    @Test(
        "A simulated model speaks its family's own API and no other",
        arguments: [
            ("claude-sonnet-4-5", [WireFormat.anthropicMessages]),
            ("gpt-5", [.openAIResponses, .openAIChat]),
            ("gpt-5-3-codex", [.openAIResponses]),
            ("gemini-3-1-pro", [.geminiGenerateContent]),
            ("gpt-oss-120b", [.openAIChat]),
            ("meta-llama-3-3-70b-instruct", [.openAIChat]),
            ("gte-large-en", [.openAIEmbeddings]),
        ]
    )
    func families(_ model: String, _ formats: [WireFormat]) throws {
        let service = try #require(try builtIn().modelService("system.ai.\(model)"))
        #expect(service.destinations.first?.wireFormats == formats)
        #expect(service.destinations.first?.model == model)
    }

    @Test("A vendor takes over its own models where its usual key is set, and no others")
    func vendors() throws {
        let configuration = try builtIn(["OPENAI_API_KEY": "sk-o", "ANTHROPIC_API_KEY": "", "GEMINI_API_KEY": "g"])
        func destination(_ model: String) throws -> Destination {
            try #require(configuration.modelService("system.ai.\(model)")?.destinations.first)
        }
        #expect(try destination("gpt-5-1").label == "system.providers.openai/gpt-5.1")
        #expect(try destination("gpt-5-1").service.apiKey == "sk-o")
        #expect(try destination("gpt-5-1").service.address.authority == "api.openai.com")
        #expect(try destination("gemini-3-1-pro").label == "system.providers.gemini/gemini-3.1-pro-preview")
        #expect(try destination("claude-sonnet-4-5").service.isSimulated)
        #expect(try destination("gpt-oss-120b").service.isSimulated)
        #expect(try destination("gpt-image-1").service.isSimulated)
        #expect(configuration.providerService("system.providers.anthropic") == nil)
    }

    @Test("Without the simulator only the vendors' models are there")
    func withoutSimulator() throws {
        let reader = ConfigurationReader(
            providers: Providers.all,
            environment: ["ANTHROPIC_API_KEY": "a"],
            simulator: nil
        )
        let configuration = try reader.builtIn()
        #expect(!configuration.modelServices.isEmpty)
        #expect(configuration.modelServices.allSatisfy { $0.destinations.first?.service.provider.id == "anthropic" })
    }

    @Test("With a file nothing is simulated and no key of the environment counts, unless the file says so")
    func file() throws {
        let configuration = try configuration("workspace: {id: 1}", environment: ["OPENAI_API_KEY": "sk-o"])
        #expect(configuration.modelServices.isEmpty && configuration.providerServices.isEmpty)
    }

    @Test("With `simulator: true` the file's own models win, and may use the simulator")
    func both() throws {
        let configuration = try configuration(
            """
            simulator: true
            provider_services:
              main.p.a: {provider_type: custom, base_url: "http://127.0.0.1:1/v1"}
            model_services:
              system.ai.gpt-5:
                destinations: [{provider: main.p.a, model: local}]
                fallback: [{provider: system.providers.simulator-anthropic, model: claude-sonnet-4-5}]
            """
        )
        let own = configuration.modelServices.filter { $0.name.description == "system.ai.gpt-5" }
        #expect(own.count == 1 && own.first?.destinations.first?.model == "local")
        #expect(own.first?.fallback.first?.service.isSimulated == true)
        #expect(own.first?.fallback.first?.limits.maximumOutput == 64_000)
        #expect(configuration.modelServices.count == BuiltInModels.all.count)
        #expect(configuration.modelService("system.ai.gpt-5-1")?.destinations.first?.service.isSimulated == true)
    }

    @Test(
        "A file can be asked whether it wants the simulator before it is read",
        arguments: [
            ("simulator: true", true), ("simulator: \"${ON}\"", true), ("simulator: false", false),
            ("users: {}", false),
            ("simulator: maybe", false), ("simulator: true\nnonsense: [", false), ("", false), ("- simulator", false),
        ]
    )
    func wantsSimulator(_ text: String, _ expected: Bool) {
        let reader = ConfigurationReader(providers: Providers.all, environment: ["ON": "true"], simulator: nil)
        #expect(reader.wantsSimulator(contents: Array(text.utf8)) == expected)
    }

    @Test("A file that wants a simulator that does not run is an error")
    func noSimulator() throws {
        let error = try #require(throws: ConfigurationError.self) {
            try configuration("simulator: true", simulator: nil)
        }
        #expect(error.description.contains("the simulator is not running"))
    }

    @Test("What is known of a vendor's model narrows what a destination speaks, unless the file says it")
    func narrowing() throws {
        let text = """
            provider_services:
              main.p.o: {provider_type: openai, api_key: k}
              main.p.c: {provider_type: openai, api_key: k, native_api_types: [openai/v1/chat/completions]}
            model_services:
              main.ai.codex:    {destinations: [{provider: main.p.o, model: gpt-5.3-codex}]}
              main.ai.explicit: {destinations: [{provider: main.p.o, model: gpt-5.3-codex, native_api_types: [openai/v1/chat/completions]}]}
              main.ai.narrow:   {destinations: [{provider: main.p.c, model: gpt-5.3-codex}]}
              main.ai.unknown:  {destinations: [{provider: main.p.o, model: text-embedding-3-small}]}
            """
        let configuration = try configuration(text)
        func formats(_ name: String) -> [WireFormat]? {
            configuration.modelService(name)?.destinations.first?.wireFormats
        }
        #expect(formats("main.ai.codex") == [.openAIResponses])
        #expect(formats("main.ai.explicit") == [.openAIChat])
        #expect(formats("main.ai.narrow") == [.openAIChat])
        #expect(formats("main.ai.unknown") == [.openAIResponses, .openAIChat, .openAIEmbeddings])
    }
}
