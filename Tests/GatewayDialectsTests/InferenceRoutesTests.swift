// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import Testing

@Suite("Inference routes")
struct InferenceRoutesTests {
    /// What a serving endpoint is asked for, by the field that the body has.
    private static let invocation = InferenceRoute.Kind.byBody([
        InferenceRoute.BodyChoice(field: "messages", .mlflowChat, purpose: "a chat"),
        InferenceRoute.BodyChoice(field: "input", .mlflowEmbeddings, purpose: "embeddings"),
        InferenceRoute.BodyChoice(field: "prompt", .openAICompletions, purpose: "a completion"),
    ])

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
            ("/serving-endpoints/completions", .openAICompletions),
            ("/openai/v1/completions", .openAICompletions),
            ("/openai/v1/responses/input_tokens", .openAIInputTokens),
            ("/openai/v1/responses/compact", .openAICompactResponses),
            ("/mlflow/v1/responses/compact", .openAICompactResponses),
            ("/codex/v1/responses/compact", .openAICompactResponses),
            ("/anthropic/v1/messages/count_tokens", .anthropicCountTokens),
            ("/codex/v1/responses", .openAIResponses),
            ("/codex/v1/responses/input_tokens", .openAIInputTokens),
            ("/cursor/v1/chat/completions", .cursorChat),
        ]
    )
    func fixedPaths(path: String, apiType: APIType) {
        let expected = InferenceRoute(kind: .api(apiType))
        for target in [path, "/ai-gateway" + path, path + "?beta=true", "/ai-gateway" + path + "?", path + "?a?b"] {
            #expect(Dialects().route(target) == expected, "\(target)")
        }
    }

    @Test("client-04: a base URL may end before, behind or in the middle of the version that an SDK appends")
    func versions() {
        for (path, apiType) in Dialects().routes.all(model: "m") where path.contains("/v1/") {
            for version in ["/", "/v1/v1/"] {
                let other = path.replacing("/v1/", with: version)
                #expect(Dialects().route(other)?.kind == .api(apiType), "\(other)")
            }
            #expect(Dialects().route(path.replacing("/v1/", with: "/v1/v1/v1/")) == nil)
            #expect(Dialects().route(path.replacing("/v1/", with: "/v2/")) == nil)
        }
    }

    @Test("The table of routes is what is matched")
    func table() {
        let all = Dialects().routes.all(model: "system.ai.m")
        #expect(Set(all.map(\.apiType)).count == Dialects().apiTypes.count)
        for (path, apiType) in all { #expect(Dialects().route(path)?.apiType == apiType, "\(path)") }
    }

    @Test(
        "Gemini's other methods",
        arguments: [
            ("countTokens", APIType.geminiCountTokens), ("embedContent", .geminiEmbedContent),
            ("batchEmbedContents", .geminiBatchEmbedContents),
        ]
    )
    func geminiMethods(method: String, apiType: APIType) {
        let route = Dialects().route("/gemini/v1beta/models/m:\(method)?key=x")
        #expect(route?.kind == .api(apiType))
        #expect(route?.model == "m" && route?.isStreaming == false)
    }

    @Test("Gemini's paths name the model, the method and the form of the stream")
    func gemini() {
        for version in ["", "/v1", "/v1beta", "/v1alpha", "/v1beta/v1beta", "/v1/v1beta", "/v1beta1"] {
            for prefix in ["", "/ai-gateway"] {
                let base = "\(prefix)/gemini\(version)/models/system.ai.gemini-3-pro"
                #expect(
                    Dialects().route(base + ":generateContent")
                        == InferenceRoute(
                            kind: .api(.geminiGenerateContent),
                            model: "system.ai.gemini-3-pro",
                            isStreaming: false,
                            wantsServerSentEvents: false
                        )
                )
                let stream = Dialects().route(base + ":streamGenerateContent?key=x&alt=sse")
                #expect(stream?.isStreaming == true)
                #expect(stream?.wantsServerSentEvents == true)
                let array = Dialects().route(base + ":streamGenerateContent?alt=json")
                #expect(array?.wantsServerSentEvents == false)
            }
        }
    }

    @Test(
        "client-07: Clients whose base URL is the root find their APIs there, with the version that their SDK appends",
        arguments: [
            ("/chat/completions", APIType.openAIChat), ("/completions", .openAICompletions),
            ("/embeddings", .openAIEmbeddings), ("/responses", .openAIResponses),
            ("/responses/input_tokens", .openAIInputTokens), ("/messages", .anthropicMessages),
            ("/messages/count_tokens", .anthropicCountTokens),
        ]
    )
    func rootPaths(path: String, apiType: APIType) {
        for version in ["/v1", "", "/v1/v1", "/ai-gateway/v1"] {
            #expect(Dialects().route(version + path) == InferenceRoute(kind: .api(apiType)), "\(version)")
        }
        #expect(Dialects().route("/v2" + path) == nil)
    }

    @Test("client-07: Gemini's and an earlier answer's paths are at the root as well")
    func rootPathsThatVary() {
        let items = Dialects().route("/v1/responses/resp_1/input_items")
        #expect(items?.kind == .response(.openAIResponses, id: "resp_1", .inputItems))
        for version in ["/v1beta", "/v1", "/v1alpha", "/v1beta1", ""] {
            let route = Dialects().route("\(version)/models/gemini-2.5-flash:streamGenerateContent?alt=sse")
            #expect(route?.kind == .api(.geminiGenerateContent))
            #expect(route?.model == "gemini-2.5-flash" && route?.isStreaming == true)
        }
        #expect(Dialects().route("/v1beta/models/m:embedContent")?.kind == .api(.geminiEmbedContent))
    }

    @Test(
        "client-08: An unknown path is told in the dialect of those who call at such paths, with the route that is near",
        arguments: [
            ("/openai/v1/nonsense", APIType.openAIChat, true, nil as String?),
            ("/openai/v1/chat/completion", .openAIChat, true, "POST /openai/v1/chat/completions"),
            (
                "/ai-gateway/openai/v1/chat/completion?x", .openAIChat, true,
                "POST /ai-gateway/openai/v1/chat/completions"
            ),
            ("/openai/deployments/gpt-5/chat/completions", .openAIChat, true, "POST /openai/v1/chat/completions"),
            ("/anthropic/v1/message", .anthropicMessages, true, "POST /anthropic/v1/messages"),
            ("/anthropic/v1/complete", .anthropicMessages, true, nil),
            (
                "/gemini/v1beta/models/g-2.5:generateContents", .geminiGenerateContent, true,
                "POST /gemini/v1beta/models/{model}:generateContent"
            ),
            ("/gemini/x", .geminiGenerateContent, true, nil),
            ("/mlflow/v1/model", .mlflowChat, true, "GET /mlflow/v1/models"),
            ("/serving-endpoints/a.b.c/invocation", .mlflowChat, true, "POST /serving-endpoints/{model}/invocations"),
            ("/v1/chat/completion", .openAIChat, false, "POST /v1/chat/completions"),
            ("/v1/message", .anthropicMessages, false, "POST /v1/messages"),
            ("/v1/audio/speech", .openAIChat, false, nil),
            (
                "/v1beta/models/m:generateContents", .geminiGenerateContent, false,
                "POST /v1beta/models/{model}:generateContent"
            ),
            ("/v1beta/files", .geminiGenerateContent, false, nil),
        ]
    )
    func nearest(path: String, apiType: APIType, isInference: Bool, nearest: String?) {
        let unknown = Dialects().unknownRoute(path)
        #expect(unknown.apiType?.wireFormat == apiType.wireFormat)
        #expect(unknown.isInference == isInference)
        #expect(unknown.nearest == nearest)
    }

    @Test(
        "A path of nobody's is nobody's",
        arguments: ["/", "", "/x", "/health2/long", "/api/2.0/serving", "/ai-gateway/"]
    )
    func nobodysPath(path: String) {
        #expect(Dialects().unknownRoute(path).apiType == nil)
        #expect(Dialects().unknownRoute(path + String(repeating: "x", count: 5000)).nearest == nil)
    }

    @Test("An invocation names its model in the path, percent-encoded or not")
    func invocations() {
        let route = Dialects().route("/serving-endpoints/databricks-gpt%2d5%20%C3%A9/invocations")
        #expect(route == InferenceRoute(kind: Self.invocation, model: "databricks-gpt-5 é"))
        #expect(route?.apiType == .mlflowChat)
    }

    @Test("Earlier answers have a path of their own below every Responses route")
    func responses() {
        let bases = [
            ("/openai/v1", APIType.openAIResponses), ("/mlflow/v1", .mlflowResponses), ("/codex/v1", .openAIResponses),
            ("/serving-endpoints", .openAIResponses),
        ]
        for (base, type) in bases.flatMap({ [$0, ("/ai-gateway" + $0.0, $0.1)] }) {
            let whole = Dialects().route(base + "/responses/resp_1%5f2?include=x")
            #expect(whole == InferenceRoute(kind: .response(type, id: "resp_1_2", .whole)))
            #expect(whole?.apiType == type)
            let items = Dialects().route(base + "/responses/resp_1/input_items?limit=2")
            #expect(items == InferenceRoute(kind: .response(type, id: "resp_1", .inputItems)))
            for path in ["", "compact/input_items", "resp_1/", "resp_1/x", "%2e%2e", "a%2fb"] {
                #expect(Dialects().route(base + "/responses/" + path) == nil, "\(path)")
            }
        }
        // An endpoint may have that name.
        let endpoint = Dialects().route("/serving-endpoints/responses/invocations")
        #expect(endpoint == InferenceRoute(kind: Self.invocation, model: "responses"))
    }

    @Test(
        "Paths that are near but not it match nothing",
        arguments: [
            "", "/", "/mlflow/v1/chat/completions/", "/mlflow/v1/chat", "mlflow/v1/chat/completions",
            "/ai-gateway/ai-gateway/mlflow/v1/chat/completions", "/AI-GATEWAY/mlflow/v1/chat/completions",
            "/openai/v1/models", "/gemini/v2/models/m:generateContent", "/gemini/v1/models/m",
            "/gemini/v1/models/:generateContent", "/gemini/v1/models/m:predict", "/serving-endpoints//invocations",
            "/gemini/v1beta2/models/m:generateContent", "/geminiv1/models/m:generateContent",
            "/serving-endpoints/invocations", "/serving-endpoints/a/b/invocations",
        ]
    )
    func unknownPaths(path: String) {
        #expect(Dialects().route(path) == nil)
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
        #expect(Dialects().route("/gemini/v1beta/models/\(model):generateContent") == nil)
        #expect(Dialects().route("/serving-endpoints/\(model)/invocations") == nil)
    }
}
