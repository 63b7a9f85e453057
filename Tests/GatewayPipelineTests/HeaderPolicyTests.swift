// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayPipeline
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

@Suite("Headers between clients and upstreams")
struct HeaderPolicyTests {
    @Test(
        "A star stands for any characters, and case does not matter",
        arguments: [
            ("a", "a", true), ("a", "A", true), ("a", "ab", false), ("a*", "a", true), ("a*", "abc", true),
            ("*a", "bca", true), ("*a", "ab", false), ("a*b*c", "a--b-bc", true), ("a*b*c", "a--b-b", false),
            ("*", "", true),
            ("", "", true), ("", "a", false), ("**", "a", true), ("*-2026-07-01", "per-turn-control-2026-07-01", true),
            ("[", "{", false), ("@", "`", false),
        ]
    )
    func pattern(_ pattern: String, _ name: String, _ expected: Bool) {
        #expect(NameFilter(allow: [pattern]).passes(name) == expected)
    }

    @Test("A pattern of many stars takes no time worth speaking of")
    func backtracking() {
        let pattern = String(repeating: "*a", count: 60) + "b"
        #expect(!NameFilter(allow: [pattern]).passes(String(repeating: "a", count: 5000)))
    }

    @Test("What is denied does not pass, although it is allowed")
    func denied() {
        let filter = NameFilter(allow: ["x-*"], deny: ["x-secret*"])
        #expect(filter.passes("X-Open") && !filter.passes("x-secret-1") && !filter.passes("y"))
        #expect(!NameFilter.none.passes("x") && NameFilter.all.passes("x"))
    }

    @Test(
        "Flags of anthropic-beta pass one by one; where all pass, the client's own bytes do (client-01)",
        arguments: [
            ("a-1,b-2", "a-1,b-2" as String?), ("a-1 ,  b-2", "a-1 ,  b-2"), ("a-1,c-3", "a-1"), ("c-3 , b-2", "b-2"),
            ("c-3", nil), ("", nil), (",,", nil),
        ]
    )
    func flags(_ value: String, _ expected: String?) {
        let policy = HeaderPolicy(anthropicBeta: NameFilter(allow: ["a-*", "b-*"]))
        #expect(policy.anthropicBeta(value) == expected)
    }

    private func forwarded(_ policy: HeaderPolicy, _ headers: [(name: String, value: String)]) throws -> [String] {
        let destination = try Catalog.destination("a", provider: Catalog.provider(headerPolicy: policy))
        let service = try Catalog.snapshot([try Catalog.service("main.ai.helper", [destination])])
            .service(named: "main.ai.helper")
        let request = service.destinations[0].request(.openAIChat, isStreaming: false, clientHeaders: headers, body: [])
        return request.headers.map { "\($0.name): \($0.value)" }
    }

    @Test("A policy that lets everything pass still keeps the caller's credential and the connection's headers")
    func everything() throws {
        let headers = try forwarded(
            HeaderPolicy(request: .all, anthropicBeta: .all),
            [
                ("Authorization", "Bearer gth_secret"), ("X-Api-Key", "gth_secret"), ("x-goog-api-key", "gth_secret"),
                ("Cookie", "c"), ("Host", "h"), ("Content-Length", "1"), ("Transfer-Encoding", "chunked"),
                ("X-Databricks-AI-Gateway-Token", "t"), ("X-Trace", "1"), ("Anthropic-Beta", "a-1"),
            ]
        )
        #expect(headers == ["x-trace: 1", "anthropic-beta: a-1"])
    }

    @Test("No beta flag passes by a general pattern (client-01)")
    func betaIsApart() throws {
        #expect(try forwarded(HeaderPolicy(request: .all), [("anthropic-beta", "a-1")]) == [])
    }

    @Test("Of an upstream's headers those pass that the policy names, and none that the gateway sets itself")
    func answer() async throws {
        let policy = HeaderPolicy(
            response: NameFilter(allow: ["x-ratelimit-*", "content-*", "x-request-id", "set-cookie"])
        )
        let destination = try Catalog.destination("a", provider: Catalog.provider(headerPolicy: policy))
        let gateway = TestGateway(Catalog.snapshot([try Catalog.service("main.ai.helper", [destination])]))
        let exchange = RecordedExchange()
        var script = ScriptedUpstream.Script()
        script.headers = [
            "content-type": "application/json", "content-length": "999", "x-request-id": "vendor-1",
            "X-RateLimit-Remaining-Requests": "41", "set-cookie": "a=b", "openai-processing-ms": "5",
        ]
        script.steps = [.bytes("hello end ")]
        _ = await gateway.serve(exchange, ScriptedUpstream(["a": .success(script)]))
        let headers = exchange.answer.headers
        #expect(exchange.answer.status == 200)
        #expect(headers["x-ratelimit-remaining-requests"] == ["41"])
        #expect(headers["openai-processing-ms"].isEmpty && headers["set-cookie"].isEmpty)
        #expect(headers["x-request-id"].count == 1 && headers["x-request-id"] != ["vendor-1"])
        #expect(headers["content-type"].count == 1 && headers["content-length"].isEmpty)
    }
}

@Suite("Beta flags that do not pass")
struct RefusedBetaFlagTests {
    private func dropped(_ filter: NameFilter, _ headers: [String]) async throws -> [String] {
        let provider = Catalog.provider(headerPolicy: HeaderPolicy(anthropicBeta: filter))
        let gateway = TestGateway(
            Catalog.snapshot([
                try Catalog.service("main.ai.helper", [try Catalog.destination("a", provider: provider)])
            ])
        )
        var script = ScriptedUpstream.Script()
        script.steps = [.bytes("hello end ")]
        var all: HTTPHeaders = ["authorization": "Bearer gth_admin"]
        for header in headers { all.add(name: "Anthropic-Beta", value: header) }
        let exchange = RecordedExchange(headers: all)
        _ = await gateway.serve(exchange, ScriptedUpstream(["a": .success(script)]))
        #expect(exchange.answer.status == 200)
        return exchange.answer.headers["x-gatehouse-dropped"]
    }

    @Test("client-01: The answer names the flags that were kept from the upstream")
    func named() async throws {
        #expect(
            try await dropped(.none, ["a-1, b-2", "c-3"]) == [
                "anthropic-beta a-1, anthropic-beta b-2, anthropic-beta c-3"
            ]
        )
        #expect(try await dropped(NameFilter(allow: ["a-*"]), ["a-1,b-2"]) == ["anthropic-beta b-2"])
        #expect(try await dropped(.all, ["a-1,b-2"]).isEmpty)
        #expect(try await dropped(.none, []).isEmpty)
        // The client's words stay harmless, and few.
        let many = (0..<100).map { "flag-\($0)" }.joined(separator: ",") + ",é"
        let names = try #require(try await dropped(.none, ["é," + many]).first)
        #expect(names.hasPrefix("anthropic-beta ??, anthropic-beta flag-0"))
        #expect(names.utf8.count < 2_000)
    }
}

@Suite("Authorizers")
struct AuthorizerTests {
    private struct Signing: RequestAuthorizer {
        var error: GatewayError?

        func authorize(_ request: inout UpstreamRequest, using upstream: any UpstreamClient) async throws(GatewayError)
        {
            if let error { throw error }
            request.headers.append(("x-signature", "\(request.path) \(request.body.count)"))
        }
    }

    private func destination(_ authorizer: Signing) throws -> Destination {
        Destination(
            service: ProviderService(
                name: try #require(ObjectName("test.providers.a")),
                provider: Catalog.provider(),
                address: try #require(UpstreamAddress(baseURL: "https://upstream.example/v1")),
                apiKey: nil,
                authorizer: authorizer,
                wireFormats: [.openAIChat]
            ),
            model: "a",
            trafficPercentage: 100
        )
    }

    @Test("An authorizer sees the request as it will be sent, and what it adds goes out")
    func authorized() async throws {
        let gateway = TestGateway(
            Catalog.snapshot([try Catalog.service("main.ai.helper", [try destination(Signing())])])
        )
        var script = ScriptedUpstream.Script()
        script.steps = [.bytes("hello end ")]
        let upstream = ScriptedUpstream(["a": .success(script)])
        _ = await gateway.serve(RecordedExchange(), upstream)
        #expect(upstream.requests.count == 1)
        #expect(upstream.requests.first?.headers.map(\.value) == ["/v1/openai/v1/chat/completions/a 2"])
        #expect(
            String(buffer: upstream.requests.first?.fixedHeaderLines ?? ByteBuffer()).contains("authorization") == false
        )
    }

    /// Counts how often an upstream refused the credential.
    private final class Counting: RequestAuthorizer {
        private let count = Atomic<Int>(0)

        var refusals: Int { count.load(ordering: .relaxed) }

        func authorize(_ request: inout UpstreamRequest, using upstream: any UpstreamClient) async throws(GatewayError)
        {}

        func noteRefusal() { count.add(1, ordering: .relaxed) }
    }

    @Test("A refused credential is noted, be the request for a response or about one that the provider keeps")
    func refused() async throws {
        let authorizer = Counting()
        var provider = Catalog.provider([.openAIResponses])
        provider.traits.keepsResponses = true
        let destination = Destination(
            service: ProviderService(
                name: try #require(ObjectName("test.providers.a")),
                provider: provider,
                address: try #require(UpstreamAddress(baseURL: "https://upstream.example/v1")),
                apiKey: nil,
                authorizer: authorizer,
                wireFormats: [.openAIResponses]
            ),
            model: "a",
            trafficPercentage: 100
        )
        let gateway = TestGateway(Catalog.snapshot([try Catalog.service("main.ai.helper", [destination])]))
        let path = "/v1/openai/v1/responses/a/resp_native"
        let refusal = ScriptedUpstream.Script(status: 401)
        let working = ScriptedUpstream(["a": .success(ScriptedUpstream.Script(steps: [.bytes("native end ")]))])
        let failing = ScriptedUpstream(["a": .success(refusal), path: .success(refusal)])
        let ask = { RecordedExchange(#"{"model": "main.ai.helper"}"#, target: "/responses") }
        _ = await gateway.serve(ask(), working)
        #expect(authorizer.refusals == 0)
        _ = await gateway.serve(ask(), failing)
        #expect(authorizer.refusals == 1)
        for (index, method) in [HTTPMethod.GET, .DELETE].enumerated() {
            let exchange = RecordedExchange("", method: method, target: "/responses/resp_native")
            _ = await gateway.serve(exchange, failing)
            #expect(exchange.answer.status == 401)
            #expect(authorizer.refusals == 2 + index)
        }
    }

    @Test("Without a credential nothing goes out, and a fallback may still answer")
    func failed() async throws {
        let failing = Signing(error: GatewayError(.upstreamUnavailable, "no credential"))
        let service = try Catalog.service(
            "main.ai.helper",
            [try destination(failing)],
            fallback: [try Catalog.destination("b", share: nil)]
        )
        var script = ScriptedUpstream.Script()
        script.steps = [.bytes("hello end ")]
        let upstream = ScriptedUpstream(["b": .success(script)])
        let exchange = RecordedExchange()
        let rows = await TestGateway(Catalog.snapshot([service])).serve(exchange, upstream)
        #expect(exchange.answer.status == 200)
        #expect(upstream.requests.count == 1)
        #expect(rows.first?.attempts.map(\.statusCode) == [502, 200])
    }
}
