// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import Testing

@Suite("Paths of vendors that are none of the gateway's")
struct UnmanagedPathTests {
    private let dialects = Dialects()

    @Test(
        "A path below a vendor's prefix, or at the root behind a version, is one of that vendor's",
        arguments: [
            ("/openai/v1/files", APIType.openAIChat, "/v1", "/files"),
            ("/openai/files/f-1/content", .openAIChat, "", "/files/f-1/content"),
            ("/openai/v1/v1/files", .openAIChat, "/v1", "/files"),
            ("/openai/v1/conversations/x/items", .openAIChat, "/v1", "/conversations/x/items"),
            ("/openai/v1/a%20b", .openAIChat, "/v1", "/a%20b"),
            ("/anthropic/v1/files", .anthropicMessages, "/v1", "/files"),
            ("/gemini/v1beta/cachedContents", .geminiGenerateContent, "/v1beta", "/cachedContents"),
            ("/gemini/upload/v1beta/files", .geminiGenerateContent, "", "/upload/v1beta/files"),
            ("/v1beta/files", .geminiGenerateContent, "/v1beta", "/files"),
            ("/v1/files", .openAIChat, "/v1", "/files"),
        ]
    )
    func found(path: String, apiType: APIType, version: String, rest: String) throws {
        for target in [path, "/ai-gateway" + path, path + "?limit=2&a=/../"] {
            let found = try #require(dialects.unmanagedPath(target), "\(target)")
            #expect(found.managed.first?.apiType == apiType)
            #expect(found.version == version && found.rest == rest && !found.isModelList)
        }
    }

    @Test("At the root the path may be any vendor's that has its version")
    func root() throws {
        let formats = Set(try #require(dialects.unmanagedPath("/v1/files")).managed.map(\.apiType.wireFormat))
        #expect(formats.isSuperset(of: [.openAIChat, .openAIResponses, .anthropicMessages, .geminiGenerateContent]))
    }

    @Test("The model lists are known, since the gateway has its own there", arguments: ["", "/gpt-5"])
    func modelLists(model: String) {
        for list in ["/openai/v1/models", "/anthropic/v1/models", "/gemini/v1beta/models", "/v1/models"] {
            #expect(dialects.unmanagedPath(list + model)?.isModelList == true, "\(list + model)")
        }
        #expect(dialects.unmanagedPath("/openai/v1/models/a/b")?.isModelList == false)
    }

    @Test("A route of the gateway in another spelling is not passed on: its rules would not count")
    func managed() {
        for (path, _) in dialects.routes.all(model: "m") {
            let escaped = path.dropLast() + "%" + String(path.utf8.last ?? 0, radix: 16)
            for spelling in [path, path + "/", String(escaped), path.replacing("/v1/", with: "/v1//")] {
                #expect(dialects.unmanagedPath(spelling) == nil, "\(spelling)")
            }
        }
    }

    @Test(
        "security-07: what is below one stored response is not passed on: whose it is could not be checked",
        arguments: ["/openai/v1/responses/resp_1/cancel", "/v1/responses/resp_1/x/y", "/openai/v1/responses/%72/z"]
    )
    func responses(path: String) { #expect(dialects.unmanagedPath(path) == nil) }

    @Test(
        "Nothing leaves its place in the provider's path",
        arguments: [
            "/openai/v1/..", "/openai/v1/../../admin", "/openai/v1/files/..", "/openai/v1/%2e%2e/admin",
            "/openai/v1/.%2E/x",
            "/openai/v1/a%2fb", "/openai/v1/a%5Cb", "/openai/v1/a\\b", "/openai/v1//files", "/openai//v1/files",
            "/openai//evil.example/x", "//evil.example/v1/files", "/openai/v1/files/", "/openai/v1/", "/openai/v1",
            "/openai", "/openai/", "/openai/v1/%252e%252e/x", "/openai/v1/..;/x", "/openai/v1/a%00b",
            "/openai/v1/a%0d%0ab",
            "/openai/v1/%", "/openai/v1/%4", "/openai/v1/%ff", "/openai/v1/a#b", "/openai/v1/grüße",
            "http://evil.example/openai/v1/files", "/ai-gateway//openai/v1/files", "/../openai/v1/files", "", "*",
        ]
    )
    func hostile(path: String) { #expect(dialects.unmanagedPath(path) == nil) }

    @Test(
        "Other paths are nobody's: administration, the gateway's own APIs, Databricks' older ones",
        arguments: [
            "/api/2.1/unity-catalog/catalogs", "/health", "/metrics", "/oidc/v1/token", "/mlflow/v1/files",
            "/serving-endpoints/files", "/cursor/v1/files", "/codex/v1/files", "/files", "/v2/files", "/ai-gateway/x",
        ]
    )
    func elsewhere(path: String) { #expect(dialects.unmanagedPath(path) == nil) }
}
