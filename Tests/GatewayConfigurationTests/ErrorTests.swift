// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayConfiguration
import GatewaySchema
import GatewayCore
import Testing

@Suite("Errors of a file")
struct ErrorTests {
    @Test("An unknown key is named with its line, its section and what it might have been")
    func unknownKey() {
        let text = """
            provider_services:
              main.providers.x:
                provider_type: custom
                base_ulr: http://127.0.0.1:1/v1
                base_url: http://127.0.0.1:1/v1
            """
        #expect(
            errors(text) == [
                "gatehouse.yaml:4: unknown key `base_ulr` in `provider_services.main.providers.x`. Did you mean `base_url`? "
                    + "Known keys: `allow_all_targets`, `allow_references`, `api_key_file`, `api_key_header`, `api_key_secret`, `api_key`, `api_version`, `aws_access_key_id_file`, `aws_access_key_id_secret`, `aws_access_key_id`, `aws_secret_access_key_file`, `aws_secret_access_key_secret`, `aws_secret_access_key`, `aws_session_token_file`, `aws_session_token_secret`, `aws_session_token`, `base_url`, `circuit_breaker`, `comment`, `forward_headers`, `forward_query_parameters`, `forward_unmanaged_paths`, `header_policy`, `headers`, `inference_table`, `max_connections`, `native_api_types`, `owner`, `pricing`, `project`, `provider_type`, `proxy`, `rate_limits`, `region`, `relay_credentials`, `resend_unanswered`, `service_account_key_file`, `service_account_key_secret`, `service_account_key`, `targets`, `timeouts`, `tls`, `traits`."
            ]
        )
    }

    @Test("Everything that is wrong is reported at once, in the order of the file")
    func all() {
        let found = errors(
            """
            workspce: {id: 1}
            server:
              max_connections: many
              max_head_bytes: 1GiB
            provider_services:
              main.p.a: {provider_type: watsonx}
            model_services:
              main.ai.m:
                destinations:
                  - {provider: main.p.b, model: m}
            """
        )
        #expect(
            found
                == [
                    "gatehouse.yaml:1: unknown key `workspce` at the top level. Did you mean `workspace`? Known keys: "
                        + "`budgets`, `catalogs`, `default_max_tokens`, `default_price`, `grants`, `groups`, `model_services`, `oidc_issuers`, `provider_services`, `schemas`, `secrets`, `server`, `service_principals`, "
                        + "`simulator`, `usage`, `users`, `workspace`.",
                    "gatehouse.yaml:3: `server.max_connections` must be a whole number from 1 to 1000000, not `many`.",
                    "gatehouse.yaml:4: `server.max_head_bytes` must be a size from 1KiB to 1MiB, such as `32MiB`, not `1GiB`.",
                    "gatehouse.yaml:6: `provider_services.main.p.a.provider_type` must be one of \(Wrong.providerTypes), not `watsonx`.",
                    "gatehouse.yaml:10: `model_services.main.ai.m.destinations[0].provider`: there is no provider service `main.p.b`.",
                ]
        )
    }

    @Test("No more than 20 errors are listed, and the rest is counted")
    func bound() throws {
        let text = (1...25).map { "key\($0): 1" }.joined(separator: "\n")
        let error = try #require(throws: ConfigurationError.self) { try configuration(text) }
        #expect(error.problems.count == 20 && error.omitted == 5)
        #expect(error.problems.first?.line == 1 && error.problems.first?.keyPath == "key1")
        #expect(error.description.hasSuffix("\nand 5 more"))
    }

    @Test("A wrong value is refused on its line", arguments: Wrong.values)
    func wrong(_ wrong: Wrong) throws {
        let error = try #require(throws: ConfigurationError.self) {
            try configuration(wrong.text, environment: ["EMPTY": "", "SET": "x"])
        }
        #expect(error.problems.map(\.line) == [wrong.line], "\(error)")
        #expect(error.problems.first?.message.contains(wrong.message) == true, "\(error)")
    }

    @Test("A provider service that is wrong itself is not also reported as missing")
    func noSecondError() {
        let found = errors(
            """
            provider_services:
              main.p.a: {provider_type: openai}
            model_services:
              main.ai.m: {destinations: [{provider: main.p.a, model: m}]}
            """
        )
        #expect(found.count == 1)
        #expect(
            found.first?.hasPrefix("gatehouse.yaml:2: `provider_services.main.p.a` lacks the key `api_key`") == true
        )
    }

    @Test("A name that is nearly right is suggested")
    func suggestion() {
        let found = errors(
            """
            provider_services:
              main.providers.vllm: {provider_type: custom, base_url: "http://127.0.0.1:1/v1"}
            model_services:
              main.ai.m: {destinations: [{provider: main.providers.vlm, model: m}]}
            """
        )
        #expect(found.count == 1 && found.first?.hasSuffix("Did you mean `main.providers.vllm`?") == true)
    }

    @Test("Control characters of the file do not reach the terminal")
    func controlCharacters() {
        let found = errors("\"a\\e[31mb\": 1")
        #expect(found.count == 1 && found.first?.contains("unknown key `a?[31mb`") == true)
    }
}
