// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayConfiguration
import GatewayCore
import GatewayProviders
import Testing

@Suite("Files that people write")
struct ExampleTests {
    static let example = """
        workspace: {id: "1234567890123456"}
        provider_services:
          system.providers.openai:    {provider_type: openai,    base_url: "https://api.openai.com/v1", api_key: "${OPENAI_API_KEY}"}
          system.providers.anthropic: {provider_type: anthropic, base_url: "https://api.anthropic.com", api_key: "${ANTHROPIC_API_KEY}"}
          system.providers.gemini:    {provider_type: gemini,    base_url: "https://generativelanguage.googleapis.com", api_key: "${GEMINI_API_KEY}"}
          main.providers.vllm:        {provider_type: custom,    base_url: "http://127.0.0.1:8000/v1", native_api_types: ["openai/v1/chat/completions"]}
        model_services:
          system.ai.gpt-5:
            destinations:
              - {provider: system.providers.openai, model: gpt-5, traffic_percentage: 100}
            fallback:
              - {provider: system.providers.anthropic, model: claude-sonnet-4-5}
            rate_limits:
              - {key: user_default, renewal_period: minute, requests: 100, tokens: 100000}
            inference_table: {schema: main.logs, table_name_prefix: gpt5}
        users:              {alice@example.com: {groups: [analysts]}}
        service_principals: {app-1: {groups: []}}
        grants:
          - {principal: analysts, privileges: [USE_CATALOG], on: {catalog: main}}
          - {principal: analysts, privileges: [EXECUTE], on: {model_service: main.ai.helper}}
        """
    static let keys = ["OPENAI_API_KEY": "sk-o", "ANTHROPIC_API_KEY": "sk-a", "GEMINI_API_KEY": "sk-g"]

    @Test("The example of the design says what it looks like")
    func example() throws {
        let configuration = try configuration(Self.example, environment: Self.keys)
        #expect(configuration.workspaceID == "1234567890123456")
        #expect(configuration.providerServices.map(\.apiKey) == ["sk-o", "sk-a", "sk-g", nil])
        #expect(configuration.modelServices.count == 1)

        let service = try #require(configuration.modelService("system.ai.gpt-5"))
        #expect(service.createdBy == "gatehouse.yaml")
        let primary = try #require(service.destinations.first)
        #expect(primary.label == "system.providers.openai/gpt-5")
        #expect(primary.trafficPercentage == 100)
        #expect(primary.wireFormats == [.openAIResponses, .openAIChat])
        #expect(primary.service.address.host == "api.openai.com" && primary.service.address.pathPrefix == "/v1")
        let fallback = try #require(service.fallback.first)
        #expect(fallback.service.provider.id == "anthropic" && fallback.trafficPercentage == nil)
        #expect(fallback.limits == ModelLimits(context: 200_000, maximumOutput: 64_000))
        let limit = RateLimit(key: .userDefault, renewalPeriod: .minute, requests: 100, tokens: 100_000)
        #expect(service.rateLimits == [limit])
        #expect(service.inferenceTable == InferenceTable(schema: "main.logs", tableNamePrefix: "gpt5"))

        #expect(configuration.providerService("main.providers.vllm")?.wireFormats == [.openAIChat])
        #expect(
            configuration.principals == [
                .init(name: "alice@example.com", kind: .user, groups: ["analysts"]),
                .init(name: "app-1", kind: .servicePrincipal),
            ]
        )
        let helper = try #require(ObjectName("main.ai.helper"))
        #expect(
            configuration.grants == [
                Grant(principal: "analysts", privileges: [.useCatalog], securable: .catalog("main")),
                Grant(principal: "analysts", privileges: [.execute], securable: .modelService(helper)),
            ]
        )
    }

    @Test("A file of JSON works, as the benchmark writes it")
    func json() throws {
        let text = """
            {"provider_services": {"bench.providers.openai_json": {"provider_type": "openai", "base_url": \
            "http://127.0.0.1:19100/json/openai/v1", "api_key": "sk-x", "native_api_types": ["openai/v1/chat/completions"]}, \
            "bench.providers.anthropic_sse": {"provider_type": "anthropic", "base_url": "http://127.0.0.1:19100/sse/anthropic", \
            "api_key": "sk-x"}}, "model_services": {"bench.ai.openai_json": {"destinations": [{"provider": \
            "bench.providers.openai_json", "model": "m", "traffic_percentage": 100}], "rate_limits": [{"key": "user_default", \
            "renewal_period": "minute", "requests": 1000000000, "tokens": 1000000000000}], "inference_table": {"schema": \
            "bench.logs", "table_name_prefix": "openai_json"}}, "bench.ai.anthropic_sse": {"destinations": [{"provider": \
            "bench.providers.anthropic_sse", "model": "m", "traffic_percentage": 100}]}}}
            """
        let configuration = try configuration(text)
        let chat = try #require(configuration.modelService("bench.ai.openai_json"))
        #expect(chat.destinations.map(\.wireFormats) == [[.openAIChat]])
        #expect(chat.rateLimits.first?.tokens == 1_000_000_000_000)
        #expect(chat.destinations.first?.service.address.pathPrefix == "/json/openai/v1")
        let messages = try #require(configuration.modelService("bench.ai.anthropic_sse"))
        #expect(messages.destinations.map(\.wireFormats) == [[.anthropicMessages]])
    }

    @Test("Indented JSON, Windows line ends and a byte order mark are no trouble")
    func spellings() throws {
        #expect(try configuration("{\n\t\"workspace\": {\n\t\t\"id\": \"7\"\n\t}\n}").workspaceID == "7")
        #expect(try configuration("\u{FEFF}workspace:\r\n  id: 7\r\n").workspaceID == "7")
    }

    @Test(
        "An empty file, and sections with nothing in them, are an empty configuration",
        arguments: [
            "", "\n", "# nothing\n", "---\n", "{}",
            "grants:\nusers:\nprovider_services: ~\nmodel_services: null\nserver:\n",
        ]
    )
    func empty(_ text: String) throws {
        let configuration = try configuration(text)
        #expect(configuration.modelServices.isEmpty && configuration.providerServices.isEmpty)
        #expect(configuration.server == Configuration.Server())
        #expect(configuration.workspaceID == "0")
    }

    @Test("The server's settings take sizes and times with units")
    func server() throws {
        let configuration = try configuration(
            """
            server:
              tls: {certificate: /etc/tls/chain.pem, key: /etc/tls/key.pem}
              max_body_bytes: 8MiB
              max_body_bytes_in_flight: 134217728
              max_head_bytes: 32KiB
              max_connections: 100
              client_timeout: 10
              keep_alive_timeout: 2m
              shutdown_timeout: 250ms
            default_max_tokens: 4096
            """
        )
        var server = Configuration.Server()
        server.tls = .init(certificate: "/etc/tls/chain.pem", key: "/etc/tls/key.pem")
        server.maximumBodyBytes = 8 << 20
        server.maximumBodyBytesInFlight = 128 << 20
        server.maximumHeadBytes = 32 << 10
        server.maximumConnections = 100
        server.clientTimeout = .seconds(10)
        server.keepAliveTimeout = .seconds(120)
        server.shutdownTimeout = .milliseconds(250)
        #expect(configuration.server == server)
        #expect(configuration.defaultMaximumOutput == 4096)
    }

    @Test("A provider service takes headers, timeouts and a bound on connections")
    func providerService() throws {
        let configuration = try configuration(
            """
            provider_services:
              main.p.a:
                provider_type: custom
                base_url: http://127.0.0.1:8000/v1/
                native_api_types: [openai/v1/responses, openai/v1/chat/completions]
                headers: {X-Team: "${TEAM}"}
                timeouts: {connect: 2s, first_byte: 5m, idle: 1500ms}
                max_connections: 7
            """,
            environment: ["TEAM": "red team"]
        )
        let service = try #require(configuration.providerService("main.p.a"))
        #expect(service.wireFormats == [.openAIResponses, .openAIChat])
        #expect(service.headers.map(\.name) == ["x-team"] && service.headers.map(\.value) == ["red team"])
        #expect(service.timeouts.connect == .seconds(2))
        #expect(service.timeouts.firstByte == .seconds(300))
        #expect(service.timeouts.idle == .milliseconds(1500))
        #expect(service.maximumConnections == 7)
        #expect(service.address.pathPrefix == "/v1")
        #expect(service.apiKey == nil)
    }

    @Test("Circuit breakers, time-outs and retries are read; what is not set has its default")
    func reliability() throws {
        let configuration = try configuration(
            """
            provider_services:
              main.p.a:
                provider_type: custom
                base_url: http://127.0.0.1:8000/v1
                circuit_breaker: {failures: 3, maximum_ejection: 1h}
            model_services:
              main.ai.m:
                destinations: [{provider: main.p.a, model: m}]
                timeouts: {connect: 1s, first_token: 20s, total: 5m}
                retries: {attempts: 2, backoff: 100ms, retry_unsafe: true}
            """
        )
        let circuit = try #require(configuration.providerService("main.p.a")).circuit
        #expect(circuit.failures == 3)
        #expect(circuit.ejection == CircuitSettings().ejection)
        #expect(circuit.maximumEjection == .seconds(3600))
        let service = try #require(configuration.modelService("main.ai.m"))
        #expect(service.timeouts.connect == .seconds(1))
        #expect(service.timeouts.firstToken == .seconds(20))
        #expect(service.timeouts.idle == nil)
        #expect(service.timeouts.total == .seconds(300))
        #expect(service.retries.attempts == 2)
        #expect(service.retries.backoff == .milliseconds(100))
        #expect(service.retries.maximumBackoff == RetryPolicy().maximumBackoff)
        #expect(service.retries.retriesUnsafe)
    }

    @Test("An alias stands for a whole value")
    func alias() throws {
        let configuration = try configuration(
            """
            provider_services:
              main.p.a: &service {provider_type: custom, base_url: "http://127.0.0.1:1/v1"}
              main.p.b: *service
            """
        )
        #expect(configuration.providerServices.map(\.address.port) == [1, 1])
    }

    @Test("Privileges may be spelled as in SQL")
    func privileges() throws {
        let text = "grants: [{principal: g, privileges: [USE CATALOG, use_schema, Execute], on: {catalog: main}}]"
        #expect(try configuration(text).grants.first?.privileges == [.useCatalog, .useSchema, .execute])
    }
}
