// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayPipeline
import NIOCore
import NIOHTTP1
import Testing

@Suite("Requests to other paths of a provider")
struct UnmanagedTests {
    private func gateway(
        forwards: Bool = true,
        relaysAll: Bool = false,
        policies: [any CallPolicy] = []
    ) throws -> TestGateway {
        let provider = Provider(id: "custom", displayName: "Custom", wireFormats: [.openAIChat]) { _ in
            "/chat/completions"
        }
        var configuration = Configuration()
        configuration.providerServices = [
            ProviderService(
                name: try #require(ObjectName("main.p.x")),
                provider: provider,
                address: try #require(UpstreamAddress(baseURL: "https://upstream.example/v1")),
                apiKey: "sk-upstream",
                wireFormats: [.openAIChat],
                directUse: ProviderService.DirectUse(
                    forwardsHeaders: relaysAll,
                    forwardsQueryParameters: relaysAll,
                    forwardsUnmanagedPaths: forwards
                )
            )
        ]
        let snapshot = Snapshot(
            configuration: Tracked(configuration),
            tokens: Tracked([Catalog.token("gth_bob", of: "bob")]),
            administratorToken: AccessTokenSecret("gth_admin"),
            translator: Dialects()
        )
        return TestGateway(snapshot, translator: Dialects(), policies: policies)
    }

    private func exchange(
        _ target: String = "/openai/v1/files?limit=1",
        _ body: String = "",
        method: HTTPMethod = .GET,
        token: String = "gth_admin",
        provider: String? = "main.p.x",
        headers: HTTPHeaders = [:]
    ) -> RecordedExchange {
        var all: HTTPHeaders = ["authorization": "Bearer \(token)"]
        if let provider { all.add(name: "Databricks-Model-Provider-Service", value: provider) }
        for (name, value) in headers { all.add(name: name, value: value) }
        return RecordedExchange(body, method: method, target: target, headers: all)
    }

    private func upstream(_ words: String..., status: Int = 200) -> ScriptedUpstream {
        upstream(ScriptedUpstream.Script(status: status, steps: words.map { .bytes($0) }))
    }

    /// Answers whatever these tests ask for.
    private func upstream(_ script: ScriptedUpstream.Script) -> ScriptedUpstream {
        let asked = ["/v1/files", "/v1/files?limit=1", "/v1/models", "--x"]
        return ScriptedUpstream(Dictionary(uniqueKeysWithValues: asked.map { ($0, .success(script)) }))
    }

    @Test("A request goes on as it came, and so does the answer; the row knows neither API, model nor tokens")
    func relayed() async throws {
        let gateway = try gateway()
        let asked = upstream("no ", "json")
        let exchange = exchange(
            "/openai/v1/files",
            "--x",
            method: .PUT,
            headers: ["content-type": "multipart/form-data"]
        )
        let row = try #require(await gateway.serve(exchange, asked).first)
        #expect(exchange.answer.status == 200 && exchange.answer.body == "no json")
        let request = try #require(asked.requests.first)
        #expect(
            request.method == .PUT && request.path == "/v1/files" && request.body.map { String(buffer: $0) } == ["--x"]
        )
        #expect(request.headers.map(\.name) == ["content-type"])
        #expect(!String(buffer: request.fixedHeaderLines).contains("application/json"))
        #expect(row.apiType == nil && row.destination?.model.isEmpty == true && row.usage == TokenUsage())
        #expect(row.service?.name.description == "main.p.x" && row.service?.isDirect == true)
        #expect(row.attempts.map(\.destination) == ["main.p.x"] && row.statusCode == 200)
        gateway.metrics.observe([row])
        let text = gateway.metrics.render(.init(connections: 0, bodyBytesInFlight: 0, usageQueueDepth: 0))
        #expect(text.contains(#"api_type="unmanaged",service="main.p.x",status="200""#))
    }

    @Test("Query and headers go on where the provider service says so, but for credentials and the connection's own")
    func forwarded() async throws {
        let headers: HTTPHeaders = [
            "x-team": "a", "cookie": "c=1", "x-api-key": "gth_admin", "connection": "close, x-hop", "x-hop": "1",
            "te": "trailers", "x-databricks-org-id": "1",
        ]
        for (relaysAll, path, names) in [(false, "/v1/files", []), (true, "/v1/files?limit=1", ["x-team"])] {
            let asked = upstream("{}")
            let target = "/openai/v1/files?limit=1&key=gth_admin&%6bEy=gth_admin&Access%5Ftoken=gth_admin"
            _ = try await gateway(relaysAll: relaysAll).serve(exchange(target, headers: headers), asked)
            #expect(asked.requests.first?.path == path)
            #expect(asked.requests.first?.headers.map(\.name) == names)
        }
    }

    @Test("A provider service that does not forward other paths refuses them, in the dialect of the path")
    func refused() async throws {
        for (target, mark) in [("/openai/v1/files", #""code""#), ("/v1/files", #""code""#)] {
            let exchange = exchange(target)
            let rows = try await gateway(forwards: false).serve(exchange)
            #expect(exchange.answer.status == 403 && rows.map(\.statusCode) == [403])
            #expect(exchange.answer.body.contains("forward_unmanaged_paths") && exchange.answer.body.contains(mark))
            #expect(exchange.answer.bodyReads == 0)
        }
    }

    @Test("A caller without rights, an unknown provider service, a wrong token and a WebSocket get no further")
    func denied() async throws {
        let gateway = try gateway()
        let cases = [
            (exchange(token: "gth_bob"), 404), (exchange(provider: "main.p.none"), 404), (exchange(token: "x"), 401),
            (exchange(headers: ["connection": "upgrade", "upgrade": "websocket"]), 400),
            (exchange(method: .TRACE), 405), (exchange("/anthropic/v1/files"), 400),
        ]
        for (exchange, status) in cases {
            let asked = upstream()
            _ = await gateway.serve(exchange, asked)
            #expect(exchange.answer.status == status)
            #expect(asked.requests.isEmpty && exchange.answer.bodyReads == 0)
        }
    }

    @Test("Without the header the path is none of the gateway's, as before")
    func unnamed() async throws {
        let exchange = exchange(provider: nil)
        _ = try await gateway().serve(exchange)
        #expect(exchange.answer.body == "web")
    }

    @Test("A model list is the provider's for those who may use all its paths, and else the gateway's")
    func modelLists() async throws {
        let list = "/openai/v1/models"
        let provided = exchange(list)
        _ = try await gateway().serve(provided, upstream("theirs"))
        #expect(provided.answer.body == "theirs")
        let cases = [(false, "gth_admin", "main.p.x"), (true, "gth_bob", "main.p.x"), (true, "gth_admin", "main.p.no")]
        for (forwards, token, provider) in cases {
            let own = exchange(list, token: token, provider: provider)
            let rows = try await gateway(forwards: forwards).serve(own)
            #expect(own.answer.body == "web" && rows.isEmpty)
        }
    }

    @Test("Where a policy looks into content, what nobody can look into is refused")
    func reviewed() async throws {
        let exchange = exchange()
        let asked = upstream("{}")
        let rows = try await gateway(policies: [Guardrail()]).serve(exchange, asked)
        #expect(exchange.answer.status == 403 && rows.map(\.statusCode) == [403] && asked.requests.isEmpty)
    }

    @Test("An error keeps the upstream's status and words, without its credential; 401 is the gateway's affair")
    func errors() async throws {
        for (given, status) in [(404, 404), (429, 429), (401, 502), (302, 502), (304, 304)] {
            let exchange = exchange()
            let asked = upstream(#"{"error": {"message": "no such file, sk-upstream"}}"#, status: given)
            let rows = try await gateway().serve(exchange, asked)
            #expect(exchange.answer.status == status && rows.map(\.statusCode) == [status])
            #expect(given == 304 || !exchange.answer.body.contains("sk-upstream"))
            if given == 404 { #expect(exchange.answer.body.contains("no such file")) }
        }
    }

    @Test("An answer that breaks off is cut off, so that nobody takes it for whole")
    func broken() async throws {
        let exchange = exchange()
        let script = ScriptedUpstream.Script(
            headers: ["content-type": "text/event-stream"],
            steps: [.bytes("data: 1\n\n"), .fails(GatewayError(.upstreamUnavailable, "gone"))]
        )
        let rows = try await gateway().serve(exchange, upstream(script))
        #expect(exchange.answer.wasAborted && exchange.answer.headers["cache-control"] == ["no-cache"])
        #expect(rows.map(\.statusCode) == [502])
    }
}
