// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import CryptoExtras
import Foundation
import GatewayConfiguration
import GatewayCore
import GatewayProviders
import Testing

@Suite("Provider services of a file")
struct ProviderServiceTests {
    private func service(_ text: String, environment: [String: String] = [:]) throws -> ProviderService {
        let configuration = try configuration("provider_services: {main.p.a: \(text)}", environment: environment)
        return try #require(configuration.providerService("main.p.a"))
    }

    @Test("Azure needs its base URL and a key, and takes a version")
    func azure() throws {
        let service = try service(
            #"{provider_type: azure_openai, base_url: "https://r.openai.azure.com/openai", api_key: k, api_version: 2024-10-21}"#
        )
        #expect(service.settings == [.apiVersion: "2024-10-21"])
        #expect(service.authorizer == nil)
        let found = errors("provider_services: {main.p.a: {provider_type: azure_openai, api_key: k}}")
        #expect(found.count == 1 && found[0].contains("lacks the key `base_url`"))
    }

    @Test("A setting that the provider has no use for is an error")
    func useless() {
        let found = errors("provider_services: {main.p.a: {provider_type: openai, api_key: k, region: x}}")
        #expect(found == ["gatehouse.yaml:1: `provider_services.main.p.a.region`: OpenAI does not use this key."])
    }

    @Test(
        "Vertex AI takes a service account's key from the environment, or a token as api_key; the region decides the host",
        arguments: [true, false]
    )
    func vertex(hasToken: Bool) throws {
        let credential = hasToken ? "api_key: ya29.token" : "service_account_key: \"${KEY}\""
        let service = try service(
            "{provider_type: gemini_enterprise, project: my-project, region: europe-west4, \(credential)}",
            environment: ["KEY": try Self.serviceAccount()]
        )
        #expect(service.address.authority == "europe-west4-aiplatform.googleapis.com")
        #expect((service.authorizer == nil) == hasToken)
        #expect((service.apiKey != nil) == hasToken)
    }

    @Test("A service account's key may stand in a file of its own")
    func keyFile() throws {
        let key = try Self.serviceAccount()
        let reader = ConfigurationReader(
            providers: Providers.all,
            environment: [:],
            simulator: nil,
            readFile: { path, _ in
                guard path == "/etc/gatehouse/key.json" else { throw NoSuchFile(path: path) }
                return Array(key.utf8)
            }
        )
        func read(_ path: String) throws -> Configuration {
            let text =
                "provider_services: {main.p.a: {provider_type: gemini_enterprise, project: p, region: global, service_account_key_file: \(path)}}"
            return try reader.read(file: "gatehouse.yaml", contents: Array(text.utf8))
        }
        #expect(try read("/etc/gatehouse/key.json").providerService("main.p.a")?.authorizer != nil)
        let error = try #require(throws: ConfigurationError.self) { try read("/none.json") }
        #expect(error.description.contains("/none.json cannot be read"))
    }

    @Test(
        "Vertex AI without what it needs names it, and shows no secret",
        arguments: [
            ("{provider_type: gemini_enterprise, region: global, api_key: t}", "lacks the key `project`"),
            ("{provider_type: gemini_enterprise, project: p, api_key: t}", "lacks the key `region`"),
            ("{provider_type: gemini_enterprise, project: p, region: global}", "lacks the key `service_account_key`"),
            ("{provider_type: gemini_enterprise, project: p, region: \"a/b\", api_key: t}", "must be 1 to 64 letters"),
            (
                "{provider_type: gemini_enterprise, project: p, region: global, service_account_key: canary}",
                "`provider_services.main.p.a.service_account_key` must be the JSON text of a service account key"
            ),
            (
                "{provider_type: gemini_enterprise, project: p, region: global, api_key: t, service_account_key: canary}",
                "there is also another credential"
            ),
        ]
    )
    func incomplete(_ text: String, _ expected: String) {
        let found = errors("provider_services: {main.p.a: \(text)}").joined(separator: "\n")
        #expect(found.contains(expected), "\(found)")
        #expect(!found.contains("canary"))
    }

    @Test("Local servers need neither address nor key; hosted ones need their key")
    func local() throws {
        for id in ["vllm", "ollama", "llama_cpp", "lm_studio", "sglang"] {
            #expect(try service("{provider_type: \(id)}").apiKey == nil)
        }
        let found = errors("provider_services: {main.p.a: {provider_type: groq}}")
        #expect(found.count == 1 && found[0].contains("lacks the key `api_key`, which Groq requires"))
        #expect(try service(#"{provider_type: groq, base_url: "http://127.0.0.1:1"}"#).apiKey == nil)
    }

    @Test("Traits of the file win over the provider's, and a destination's over its service's")
    func traits() throws {
        let configuration = try configuration(
            """
            provider_services:
              main.p.a:
                provider_type: custom
                base_url: http://127.0.0.1:1
                traits: {stream_options: false, max_completion_tokens: true, structured_output: object, reasoning_member: reasoning}
            model_services:
              main.ai.m:
                destinations:
                  - {provider: main.p.a, model: x, traits: {max_completion_tokens: false, developer_role: true}}
              main.ai.n:
                destinations:
                  - {provider: main.p.a, model: y}
            """
        )
        let own = try #require(configuration.modelService("main.ai.m")?.destinations.first?.traits)
        #expect(own.takesStreamOptions == false && own.usesMaxCompletionTokens == false)
        #expect(own.takesDeveloperRole == true && own.structuredOutput == .object && own.replaysReasoning == .reasoning)
        let plain = try #require(configuration.modelService("main.ai.n")?.destinations.first?.traits)
        #expect(plain.usesMaxCompletionTokens == true && plain.takesDeveloperRole == false)
    }

    @Test("An unknown trait is named with what it might have been")
    func unknownTrait() {
        let found = errors("provider_services: {main.p.a: {provider_type: vllm, traits: {stream_option: true}}}")
        #expect(found.count == 1 && found[0].contains("Did you mean `stream_options`?"))
    }

    @Test("A header policy replaces the parts that it names (client-01)")
    func headerPolicy() throws {
        let service = try service(
            """
            {provider_type: anthropic, api_key: k, header_policy: {anthropic_beta: {deny: ["*-2026-07-01"]}, request: {allow: [X-Trace-*]}}}
            """
        )
        #expect(service.headerPolicy.anthropicBeta == NameFilter(allow: ["*"], deny: ["*-2026-07-01"]))
        #expect(service.headerPolicy.request == NameFilter(allow: ["x-trace-*"]))
        #expect(service.headerPolicy.response == Provider.anthropic.headerPolicy.response)
    }

    @Test(
        "A header policy lets no credential pass by its name",
        arguments: [
            ("request", "Authorization"), ("request", "x-api-key"), ("request", "cookie"), ("request", "Host"),
            ("request", "content-length"), ("response", "Set-Cookie"), ("response", "content-length"),
            ("response", "x-request-id"),
        ]
    )
    func refusedHeaders(_ part: String, _ name: String) {
        let found = errors(
            "provider_services: {main.p.a: {provider_type: vllm, header_policy: {\(part): {allow: [\(name)]}}}}"
        )
        #expect(found.count == 1 && found[0].contains("header_policy.\(part).allow[0]"), "\(found)")
    }

    @Test("A model of Vertex AI speaks what its name says, unless the file says else")
    func modelFormats() throws {
        let configuration = try configuration(
            """
            provider_services:
              main.p.v: {provider_type: gemini_enterprise, project: p, region: global, api_key: t}
            model_services:
              main.ai.c: {destinations: [{provider: main.p.v, model: "claude-sonnet-4-5@20250929"}]}
              main.ai.g: {destinations: [{provider: main.p.v, model: gemini-2.5-pro}]}
              main.ai.l: {destinations: [{provider: main.p.v, model: meta/llama-4}]}
              main.ai.o: {destinations: [{provider: main.p.v, model: mine, native_api_types: ["openai/v1/chat/completions"]}]}
            """
        )
        func formats(_ name: String) -> [WireFormat]? {
            configuration.modelService(name)?.destinations.first?.wireFormats
        }
        #expect(formats("main.ai.c") == [.anthropicMessages])
        #expect(formats("main.ai.g") == [.geminiGenerateContent])
        #expect(formats("main.ai.l") == [.openAIChat])
        #expect(formats("main.ai.o") == [.openAIChat])
    }

    private static func serviceAccount() throws -> String {
        let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        let members = [
            "type": "service_account", "client_email": "a@b.c", "private_key": key.pemRepresentation,
            "token_uri": "https://oauth2.googleapis.com/token",
        ]
        return String(decoding: try JSONSerialization.data(withJSONObject: members), as: UTF8.self)
    }
}
