// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import Testing

@Suite("Inference routes")
struct InferenceRoutesTests {
    @Test(
        "Every fixed path answers with and without its prefix, whatever the query",
        arguments: [
            ("/mlflow/v1/chat/completions", APIType.mlflowChat),
            ("/openai/v1/chat/completions", .openAIChat),
            ("/openai/v1/embeddings", .openAIEmbeddings),
            ("/mlflow/v1/embeddings", .mlflowEmbeddings),
            ("/openai/v1/responses", .openAIResponses),
            ("/mlflow/v1/responses", .mlflowResponses),
            ("/anthropic/v1/messages", .anthropicMessages),
            ("/serving-endpoints/chat/completions", .mlflowChat),
            ("/serving-endpoints/responses", .openAIResponses),
            ("/serving-endpoints/embeddings", .mlflowEmbeddings),
        ]
    )
    func fixedPaths(path: String, apiType: APIType) {
        let expected = InferenceRoute(kind: .api(apiType))
        for target in [path, "/ai-gateway" + path, path + "?beta=true", "/ai-gateway" + path + "?", path + "?a?b"] {
            #expect(InferenceRoutes.match(path: target) == expected, "\(target)")
            #expect(Dialects().route(target) == expected)
        }
    }

    @Test("Gemini's paths name the model, the method and the form of the stream")
    func gemini() {
        for version in ["v1", "v1beta"] {
            for prefix in ["", "/ai-gateway"] {
                let base = "\(prefix)/gemini/\(version)/models/system.ai.gemini-3-pro"
                #expect(
                    InferenceRoutes.match(path: base + ":generateContent")
                        == InferenceRoute(
                            kind: .api(.geminiGenerateContent),
                            model: "system.ai.gemini-3-pro",
                            isStreaming: false,
                            wantsServerSentEvents: false
                        )
                )
                let stream = InferenceRoutes.match(path: base + ":streamGenerateContent?key=x&alt=sse")
                #expect(stream?.isStreaming == true)
                #expect(stream?.wantsServerSentEvents == true)
                let array = InferenceRoutes.match(path: base + ":streamGenerateContent?alt=json")
                #expect(array?.wantsServerSentEvents == false)
            }
        }
    }

    @Test("An invocation names its model in the path, percent-encoded or not")
    func invocations() {
        let route = InferenceRoutes.match(path: "/serving-endpoints/databricks-gpt%2d5%20%C3%A9/invocations")
        #expect(route == InferenceRoute(kind: .invocations, model: "databricks-gpt-5 é"))
        #expect(route?.apiType == .mlflowChat)
    }

    @Test(
        "Paths that are near but not it match nothing",
        arguments: [
            "", "/", "/mlflow/v1/chat/completions/", "/mlflow/v1/chat", "mlflow/v1/chat/completions",
            "/ai-gateway/ai-gateway/mlflow/v1/chat/completions", "/AI-GATEWAY/mlflow/v1/chat/completions",
            "/openai/v1/models", "/gemini/v2/models/m:generateContent", "/gemini/v1/models/m",
            "/gemini/v1/models/:generateContent", "/gemini/v1/models/m:countTokens", "/serving-endpoints//invocations",
            "/serving-endpoints/invocations", "/serving-endpoints/a/b/invocations",
        ]
    )
    func unknownPaths(path: String) {
        #expect(InferenceRoutes.match(path: path) == nil)
    }

    @Test(
        "A model that could leave its place in a path is refused",
        arguments: [
            "..", "%2e%2e", "%2E.", ".", "a%2Fb", "a%2fb", "a/b", "a%5Cb", "a\\b", "a%00b", "a%0Ab", "a%7f", "a%",
            "a%2", "a%zz",
            "%FF", "%C3%28",
        ]
    )
    func unsafeModels(model: String) {
        #expect(InferenceRoutes.match(path: "/gemini/v1beta/models/\(model):generateContent") == nil)
        #expect(InferenceRoutes.match(path: "/serving-endpoints/\(model)/invocations") == nil)
    }
}
