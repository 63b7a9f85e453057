// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayProviders
import Testing

@Suite("Paths of clouds")
struct CloudPathTests {
    private func path(_ id: String, _ call: Provider.Call) throws -> String {
        try #require(Providers.all.first { $0.id == id }).path(call)
    }

    @Test(
        "Azure: the v1 API has OpenAI's paths; a dated version puts the deployment into them",
        arguments: [
            (WireFormat.openAIChat, nil as String?, "/openai/v1", "/chat/completions"),
            (.openAIResponses, nil, "/openai/v1", "/responses"),
            (.openAIEmbeddings, nil, "/openai/v1", "/embeddings"),
            (.openAIChat, "preview", "/openai/v1", "/chat/completions?api-version=preview"),
            (.openAIChat, "2024-10-21", "/openai", "/deployments/my%20gpt/chat/completions?api-version=2024-10-21"),
            (.openAIEmbeddings, "2024-10-21", "/openai", "/deployments/my%20gpt/embeddings?api-version=2024-10-21"),
            (.openAIResponses, "2025-04-01-preview", "/openai", "/responses?api-version=2025-04-01-preview"),
            (.openAIChat, "2024-10-21", "/openai/deployments/d", "/chat/completions?api-version=2024-10-21"),
        ]
    )
    func azure(_ format: WireFormat, _ version: String?, _ base: String, _ expected: String) throws {
        let settings: ProviderSettings = version.map { [.apiVersion: $0] } ?? [:]
        let call = Provider.Call(format, model: "my gpt", settings: settings, basePath: base)
        #expect(try path("azure_openai", call) == expected)
    }

    @Test(
        "Vertex AI: the publisher follows from the model's API",
        arguments: [
            (
                WireFormat.geminiGenerateContent, "gemini-2.5-pro", false,
                "/v1/projects/my-project/locations/europe-west4/publishers/google/models/gemini-2.5-pro:generateContent"
            ),
            (
                .geminiGenerateContent, "gemini-2.5-pro", true,
                "/v1/projects/my-project/locations/europe-west4/publishers/google/models/gemini-2.5-pro:streamGenerateContent?alt=sse"
            ),
            (
                .geminiGenerateContent, "projects/p/locations/l/endpoints/12", false,
                "/v1/projects/p/locations/l/endpoints/12:generateContent"
            ),
            (
                .anthropicMessages, "claude-opus-4@20250514", false,
                "/v1/projects/my-project/locations/europe-west4/publishers/anthropic/models/claude-opus-4@20250514:rawPredict"
            ),
            (
                .anthropicMessages, "claude-opus-4", true,
                "/v1/projects/my-project/locations/europe-west4/publishers/anthropic/models/claude-opus-4:streamRawPredict"
            ),
            (
                .openAIChat, "meta/llama-4", true,
                "/v1/projects/my-project/locations/europe-west4/endpoints/openapi/chat/completions"
            ),
            (
                .geminiGenerateContent, "../a/../b?c", false,
                "/v1/projects/my-project/locations/europe-west4/publishers/google/models/..%2Fa%2F..%2Fb%3Fc:generateContent"
            ),
            (.geminiGenerateContent, "projects/../x", false, "/v1/projects/%2E/x:generateContent"),
        ]
    )
    func vertex(_ format: WireFormat, _ model: String, _ isStreaming: Bool, _ expected: String) throws {
        let settings: ProviderSettings = [.project: "my-project", .region: "europe-west4"]
        let call = Provider.Call(format, model: model, isStreaming: isStreaming, settings: settings)
        #expect(try path("gemini_enterprise", call) == expected)
    }

    @Test(
        "Vertex AI: a location has its host",
        arguments: [
            ("europe-west4", "europe-west4-aiplatform.googleapis.com"), ("global", "aiplatform.googleapis.com"),
            ("us", "aiplatform.us.rep.googleapis.com"), ("eu", "aiplatform.eu.rep.googleapis.com"),
        ]
    )
    func location(_ region: String, _ host: String) {
        #expect(Provider.vertexAI.address(for: [.region: region])?.authority == host)
    }

    @Test("Vertex AI: what a model speaks follows from its name")
    func models() {
        #expect(Provider.vertexAI.modelFormats("claude-sonnet-4-5@20250929") == [.anthropicMessages])
        #expect(Provider.vertexAI.modelFormats("gemini-2.5-pro") == [.geminiGenerateContent])
        #expect(Provider.vertexAI.modelFormats("projects/p/locations/l/endpoints/1") == [.geminiGenerateContent])
        #expect(Provider.vertexAI.modelFormats("meta/llama-4") == [.openAIChat])
    }

    @Test(
        "Databricks: serving endpoints share their paths, the gateway has one for each API",
        arguments: [
            (WireFormat.openAIChat, "/serving-endpoints", "/chat/completions"),
            (.openAIEmbeddings, "/serving-endpoints", "/embeddings"),
            (.openAIResponses, "/serving-endpoints", "/responses"),
            (.anthropicMessages, "/serving-endpoints", "/anthropic/v1/messages"),
            (.openAIChat, "/ai-gateway", "/mlflow/v1/chat/completions"),
            (.openAIEmbeddings, "/ai-gateway", "/mlflow/v1/embeddings"),
            (.openAIResponses, "/ai-gateway", "/openai/v1/responses"),
            (.anthropicMessages, "/ai-gateway", "/anthropic/v1/messages"),
            (.geminiGenerateContent, "/ai-gateway", "/gemini/v1beta/models/m:generateContent"),
            (.openAIChat, "/ai-gateway/mlflow/v1", "/chat/completions"),
        ]
    )
    func databricks(_ format: WireFormat, _ base: String, _ expected: String) throws {
        #expect(try path("databricks", Provider.Call(format, model: "m", basePath: base)) == expected)
    }
}
