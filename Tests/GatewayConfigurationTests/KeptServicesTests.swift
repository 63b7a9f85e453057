// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import CryptoExtras
import GatewayConfiguration
import GatewayCore
import GatewayProviders
import Testing

@Suite("A configuration that is read again")
struct KeptServicesTests {
    private let text = """
        simulator: true
        provider_services:
          main.p.a:
            provider_type: custom
            base_url: "http://127.0.0.1:1/v1"
            api_key: "secret"
            headers: {x-team: red}
            timeouts: {connect: 3s}
          main.p.b: {provider_type: anthropic, api_key: "key"}
        model_services:
          main.ai.m:
            destinations:
              - {provider: main.p.a, model: m, traffic_percentage: 100}
            fallback:
              - {provider: main.p.b, model: claude-sonnet-4-5}
          main.ai.n: {destinations: [{provider: main.p.b, model: claude-sonnet-4-5}]}
        """

    private func reread(_ text: String, after first: Configuration) throws -> Configuration {
        try configuration(text).keeping(first.providerServices)
    }

    @Test("The same file gives the same provider services, those of the simulator too")
    func same() throws {
        let first = try configuration(text)
        let second = try reread(text, after: first)
        #expect(first.providerServices.count > 4)
        #expect(second.providerServices.map(ObjectIdentifier.init) == first.providerServices.map(ObjectIdentifier.init))
        for (new, old) in zip(second.modelServices, first.modelServices) {
            let pairs = zip(new.destinations + new.fallback, old.destinations + old.fallback)
            for (new, old) in pairs { #expect(new.service === old.service) }
        }
    }

    @Test(
        "A provider service of which anything has changed is a new one, and the others stay",
        arguments: [
            (#"base_url: "http://127.0.0.1:1/v1""#, #"base_url: "http://127.0.0.1:2/v1""#),
            (#"api_key: "secret""#, #"api_key: "other""#), (#"    api_key: "secret""#, ""),
            ("provider_type: custom", "provider_type: vllm"), ("x-team: red", "x-team: blue"),
            ("x-team: red", "x-group: red"), ("connect: 3s", "connect: 4s"), ("connect: 3s", "keep_alive: 3s"),
            ("timeouts:", "max_connections: 7\n    timeouts:"), ("timeouts:", "resend_unanswered: true\n    timeouts:"),
            ("timeouts:", "native_api_types: [openai/v1/chat/completions]\n    timeouts:"),
            ("timeouts:", "traits: {stream_options: false}\n    timeouts:"),
            ("timeouts:", "header_policy: {request: {allow: [x-a]}}\n    timeouts:"),
            ("timeouts:", "allow_references: [files]\n    timeouts:"),
            ("timeouts:", "circuit_breaker: {failures: 2}\n    timeouts:"),
            ("timeouts:", "proxy: \"http://p\"\n    timeouts:"),
            ("timeouts:", "pricing: {default_discount_basis_points: 5}\n    timeouts:"),
        ]
    )
    func changed(old: String, new: String) throws {
        let first = try configuration(text)
        #expect(text.contains(old))
        let second = try reread(text.replacing(old, with: new), after: first)
        let changed = try #require(second.providerService("main.p.a"))
        #expect(changed !== first.providerService("main.p.a"))
        let kept = try #require(second.providerService("main.p.b"))
        #expect(kept === first.providerService("main.p.b"))
        let service = try #require(second.modelService("main.ai.m"))
        #expect(service.destinations[0].service === changed)
        #expect(service.fallback[0].service === kept)
        #expect(second.modelService("main.ai.n")?.destinations[0].service === kept)
    }

    @Test("Each setting of a provider service counts")
    func complete() throws {
        let service = try #require(try configuration(text).providerServices.first)
        // What follows from the others is not compared.
        let derived: Set<String> = ["references", "redaction"]
        let compared: Set<String> = [
            "name", "provider", "address", "apiKey", "settings", "secretReferences", "authorizer", "traits",
            "headerPolicy",
            "allowedReferences", "wireFormats", "headers", "timeouts", "circuit", "route", "maximumConnections",
            "resendsUnanswered", "directUse", "relaysCredentials", "pricing",
            "isSimulated",
        ]
        #expect(Set(Mirror(reflecting: service).children.compactMap(\.label)) == compared.union(derived))
    }

    @Test("A service keeps its tokens while its key is the same, and gets new ones with a new key in the same file")
    func authorizers() throws {
        func read(_ key: String) throws -> Configuration {
            let file = """
                provider_services:
                  main.p.v:
                    provider_type: gemini_enterprise
                    project: my-project
                    region: europe-west4
                    service_account_key_file: /key.json
                """
            return try ConfigurationReader(
                providers: Providers.all,
                environment: [:],
                simulator: nil,
                readFile: { _, _ in Array(key.utf8) }
            )
            .read(file: "gatehouse.yaml", contents: Array(file.utf8))
        }
        let (one, other) = (try accountKey(), try accountKey())
        let first = try read(one)
        let authorizer = try #require(first.providerServices.first?.authorizer as? OAuthAuthorizer)
        let same = try read(one).keeping(first.providerServices)
        #expect(same.providerServices.first?.authorizer as? OAuthAuthorizer === authorizer)
        let changed = try read(other).keeping(first.providerServices)
        #expect(changed.providerServices.first?.authorizer as? OAuthAuthorizer !== authorizer)
    }

    private func accountKey() throws -> String {
        let pem = try _RSA.Signing.PrivateKey(keySize: .bits2048).pkcs8PEMRepresentation
        return """
            {"type": "service_account", "client_email": "a@b.iam.gserviceaccount.com", \
            "token_uri": "https://oauth2.googleapis.com/token", "private_key_id": "1", \
            "private_key": "\(pem.replacing("\n", with: "\\n"))"}
            """
    }
}
