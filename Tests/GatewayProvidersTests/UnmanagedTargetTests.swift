// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayProviders
import Testing

@Suite("Where providers have paths that are none of the gateway's")
struct UnmanagedTargetTests {
    private func target(
        _ path: String,
        at provider: Provider,
        _ baseURL: String,
        settings: ProviderSettings = [:],
        formats: [WireFormat]? = nil
    ) throws -> String? {
        let service = ProviderService(
            name: try #require(ObjectName("main.p.x")),
            provider: provider,
            address: try #require(UpstreamAddress(baseURL: baseURL)),
            apiKey: "k",
            settings: settings,
            wireFormats: formats ?? provider.wireFormats
        )
        return try #require(Dialects().unmanagedPath(path)).target(at: service)?.path
    }

    @Test(
        "The version stands once, where the provider has it",
        arguments: [
            ("/openai/v1/files", Provider.openAI, "https://api.openai.com/v1", "/v1/files"),
            ("/openai/files", .openAI, "https://api.openai.com/v1", "/v1/files"),
            ("/v1/files/f-1/content", .openAI, "https://proxy.example/openai/v1/", "/openai/v1/files/f-1/content"),
            ("/openai/v1/models", .custom, "http://127.0.0.1:9/api", "/api/models"),
            ("/anthropic/v1/models", .anthropic, "https://api.anthropic.com", "/v1/models"),
            ("/anthropic/models", .anthropic, "https://proxy.example/a", "/a/v1/models"),
            ("/v1/files", .anthropic, "https://api.anthropic.com", "/v1/files"),
            ("/gemini/v1beta/files", .gemini, "https://generativelanguage.googleapis.com", "/v1beta/files"),
            ("/gemini/v1alpha/files", .gemini, "https://generativelanguage.googleapis.com", "/v1alpha/files"),
            ("/openai/v1/files", .azureOpenAI, "https://r.openai.azure.com/openai/v1", "/openai/v1/files"),
        ]
    )
    func versions(path: String, provider: Provider, baseURL: String, expected: String) throws {
        #expect(try target(path, at: provider, baseURL) == expected)
    }

    @Test("Azure's older paths keep the version in their query")
    func azure() throws {
        let path = try target(
            "/openai/v1/files",
            at: .azureOpenAI,
            "https://r.openai.azure.com/openai",
            settings: [.apiVersion: "2026-05-01"]
        )
        #expect(path == "/openai/files?api-version=2026-05-01")
    }

    @Test("A provider without the API of the path, or with its paths elsewhere, has no target")
    func none() throws {
        #expect(try target("/anthropic/v1/models", at: .openAI, "https://api.openai.com/v1") == nil)
        #expect(try target("/openai/v1/files", at: .anthropic, "https://api.anthropic.com") == nil)
        #expect(try target("/openai/v1/files", at: .amazonBedrock, "https://bedrock.example") == nil)
        for path in ["/openai/v1/files", "/anthropic/v1/files", "/gemini/v1beta/files"] {
            let settings: ProviderSettings = [.project: "p", .region: "us-east1"]
            #expect(try target(path, at: .vertexAI, "https://vertex.example", settings: settings) == nil)
        }
        #expect(try target("/openai/v1/files", at: .databricks, "https://host.example/ai-gateway") == nil)
    }

    @Test("Whatever the provider, the target stays below its base URL")
    func prefix() throws {
        for provider in Providers.all {
            for path in ["/openai/v1/files", "/anthropic/v1/files", "/gemini/v1beta/files", "/v1/files"] {
                let found = try target(
                    path,
                    at: provider,
                    "https://upstream.example/base",
                    formats: provider.wireFormats + provider.optionalWireFormats
                )
                if let found { #expect(found.hasPrefix("/base/") && found.contains("/files")) }
            }
        }
    }
}
