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
            (
                .geminiBatchEmbedContents, "gemini-embedding-001", false,
                "/v1/projects/my-project/locations/europe-west4/publishers/google/models/gemini-embedding-001:batchEmbedContents"
            ),
            (
                .geminiEmbedContent, "gemini-embedding-001", false,
                "/v1/projects/my-project/locations/europe-west4/publishers/google/models/gemini-embedding-001:embedContent"
            ),
            (
                .vertexPredictEmbeddings, "text-embedding-005", false,
                "/v1/projects/my-project/locations/europe-west4/publishers/google/models/text-embedding-005:predict"
            ),
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
        #expect(
            Provider.vertexAI.modelFormats("gemini-embedding-001") == [.geminiBatchEmbedContents, .geminiEmbedContent]
        )
        #expect(Provider.vertexAI.modelFormats("text-embedding-005") == [.vertexPredictEmbeddings])
    }

    @Test(
        "Counts of tokens have paths of their own",
        arguments: [
            (
                "gemini_enterprise", WireFormat.geminiGenerateContent, "gemini-2.5-pro",
                "/v1/projects/my-project/locations/europe-west4/publishers/google/models/gemini-2.5-pro:countTokens"
            ),
            (
                "gemini_enterprise", .anthropicMessages, "claude-opus-4@20250514",
                "/v1/projects/my-project/locations/europe-west4/publishers/anthropic/models/count-tokens:rawPredict"
            ),
            ("gemini_enterprise", .openAIChat, "meta/llama-4", nil),
            ("gemini_enterprise", .vertexPredictEmbeddings, "text-embedding-005", nil),
            (
                "amazon_bedrock", .bedrockConverse, "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
                "/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/count-tokens"
            ),
            (
                "amazon_bedrock", .bedrockConverse,
                "arn:aws:bedrock:eu-central-1:123456789012:inference-profile/global.anthropic.claude-opus-4-6-v1",
                "/model/anthropic.claude-opus-4-6-v1/count-tokens"
            ),
            ("amazon_bedrock", .bedrockConverse, "amazon.nova-pro-v1:0", nil),
            ("amazon_bedrock", .bedrockConverse, "arn:aws:bedrock:x:1:application-inference-profile/a1b2", nil),
            ("amazon_bedrock", .bedrockTitanEmbeddings, "amazon.titan-embed-text-v2:0", nil),
        ] as [(String, WireFormat, String, String?)]
    )
    func counts(_ id: String, _ format: WireFormat, _ model: String, _ expected: String?) throws {
        let settings: ProviderSettings = [.project: "my-project", .region: "europe-west4"]
        let provider = try #require(Providers.all.first { $0.id == id })
        #expect(provider.tokenCountPath(Provider.Call(format, model: model, settings: settings)) == expected)
    }

    @Test(
        "Bedrock: embeddings go to InvokeModel, and a model's id tells what it speaks",
        arguments: [
            ("amazon.titan-embed-text-v2:0", [WireFormat.bedrockTitanEmbeddings], "invoke"),
            ("arn:aws:bedrock:x::foundation-model/amazon.titan-embed-text-v1", [.bedrockTitanEmbeddings], "invoke"),
            ("eu.cohere.embed-v4:0", [.bedrockCohereEmbeddings], "invoke"),
            ("cohere.command-r-v1:0", [.bedrockConverse], "converse"),
            ("arn:aws:bedrock:x:1:application-inference-profile/a1b2", [.bedrockConverse], "converse"),
        ]
    )
    func bedrock(_ model: String, _ formats: [WireFormat], _ operation: String) throws {
        #expect(Provider.amazonBedrock.modelFormats(model) == formats)
        let path = try path("amazon_bedrock", Provider.Call(try #require(formats.first), model: model))
        #expect(path.hasPrefix("/model/") && path.hasSuffix("/\(operation)"))
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
