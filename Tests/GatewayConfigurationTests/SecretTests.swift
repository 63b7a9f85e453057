// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayConfiguration
import GatewayCore
import GatewayProviders
import Testing

@Suite("Secrets and environment variables")
struct SecretTests {
    private static let canary = "sk-canary 0123"

    @Test(
        "No error shows what an environment variable holds",
        arguments: [
            "workspace: {id: \"${KEY}\"}",
            "server: {max_connections: \"${KEY}\"}",
            "server: {max_body_bytes: \"${KEY}\"}",
            "server: {client_timeout: \"${KEY}\"}",
            "server: {tls: \"${KEY}\"}",
            "simulator: ${KEY}",
            "provider_services: {main.p.a: {provider_type: \"${KEY}\", api_key: \"${KEY}\", base_url: \"${KEY}\", headers: {a: \"${KEY}\\n\"}}}",
            "provider_services: {main.p.a: {provider_type: openai, api_key: \"${KEY}\"}}",
            "model_services: {main.ai.m: {destinations: [{provider: \"${KEY}\", model: \"${KEY}\\n\"}]}}",
            "grants: [{principal: a, privileges: [\"${KEY}\"], on: {schema: \"${KEY}\"}}]",
        ]
    )
    func environment(_ text: String) throws {
        let error = try #require(throws: ConfigurationError.self) {
            try configuration(text, environment: ["KEY": Self.canary])
        }
        #expect(!error.description.contains("canary"), "\(error)")
    }

    @Test(
        "No error shows a credential that stands in the file",
        arguments: [
            "provider_services: {main.p.a: {provider_type: openai, api_key: \"sk-canary 0123\"}}",
            "provider_services: {main.p.a: {provider_type: openai, api_key: [sk-canary]}}",
            "provider_services: {main.p.a: {provider_type: custom, base_url: \"https://user:sk-canary@host/\"}}",
            "provider_services: {main.p.a: {provider_type: custom, base_url: \"https://h\", headers: {x-a: \"sk-canary\\n\"}}}",
            "provider_services:\n  main.p.a: {provider_type: openai, api_key: sk-canary\n  b: [",
            "provider_services: {main.p.a: {api_key: sk-canary, api_key: sk-canary}}",
        ]
    )
    func literal(_ text: String) throws {
        let error = try #require(throws: ConfigurationError.self) { try configuration(text) }
        #expect(!error.description.contains("canary"), "\(error)")
    }

    @Test("What a variable holds is neither YAML nor another variable")
    func injection() throws {
        let value = "a}, administrator: true} ${HOME} # x"
        let configuration = try configuration(
            "users: {alice: {groups: [\"${GROUP}\"]}}",
            environment: ["GROUP": value, "HOME": "/root"]
        )
        #expect(configuration.principals.first?.groups == [value])
        #expect(configuration.principals.first?.isAdministrator == false)
    }

    @Test("A dollar sign is itself unless a brace follows, and `$${` stands for `${`")
    func escapes() throws {
        let groups = "users: {alice: {groups: [\"$5\", \"a$${B}\", \"$$\", \"${A}${A}\", \"x${A}y\", \"$A\"]}}"
        let configuration = try configuration(groups, environment: ["A": "1"])
        #expect(configuration.principals.first?.groups == ["$5", "a${B}", "$$", "11", "x1y", "$A"])
    }

    @Test("A variable may give a number, in quotes too")
    func numbers() throws {
        let text = "server: {max_connections: \"${N}\", max_body_bytes: \"${SIZE}\"}\nsimulator: \"${ON}\""
        let configuration = try configuration(text, environment: ["N": "12", "SIZE": "1MiB", "ON": "true"])
        #expect(configuration.server.maximumConnections == 12)
        #expect(configuration.server.maximumBodyBytes == 1 << 20)
        #expect(configuration.providerService("system.providers.simulator-openai") != nil)
    }

    @Test("A vendor's key that no header can carry is named, not shown")
    func vendorKey() throws {
        let reader = ConfigurationReader(
            providers: Providers.all,
            environment: ["OPENAI_API_KEY": "sk-canary\n"],
            simulator: simulator
        )
        let error = try #require(throws: ConfigurationError.self) { try reader.builtIn() }
        #expect(error.description.contains("`OPENAI_API_KEY`") && !error.description.contains("canary"))
    }

    @Test(
        "Quotation marks, blanks and line ends around a credential are named, not sent",
        arguments: ["\"sk-key\"", "'sk-key'", "`sk-key`", "sk-key\n", " sk-key"]
    )
    func quotes(value: String) throws {
        let found = errors(
            "provider_services: {main.p.a: {provider_type: openai, api_key: \"${KEY}\"}}",
            environment: ["KEY": value]
        )
        #expect(found.count == 1)
        #expect(found.first?.contains("api_key") == true && found.first?.contains("quotation marks") == true)
        #expect(throws: ConfigurationError.self) {
            try ConfigurationReader(providers: Providers.all, environment: ["OPENAI_API_KEY": value], simulator: nil)
                .builtIn()
        }
    }
}
