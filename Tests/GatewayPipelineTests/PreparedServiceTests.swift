// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayPipeline
import NIOCore
import Testing

@Suite("Routing")
struct PreparedServiceTests {
    private func prepared(_ destinations: [Destination], fallback: [Destination] = []) throws -> PreparedService {
        try Catalog.snapshot([try Catalog.service("main.ai.helper", destinations, fallback: fallback)])
            .service(named: "main.ai.helper")
    }

    @Test("Calls are spread by the percentages; a destination with 0 gets none")
    func percentages() throws {
        let service = try prepared([
            try Catalog.destination("a", share: 70), try Catalog.destination("none", share: 0),
            try Catalog.destination("b", share: 30),
        ])
        var counts: [String: Int] = [:]
        for random in 0..<UInt64(1000) {
            counts[try service.route(.openAIChat, random: random)[0].destination.model, default: 0] += 1
        }
        #expect(counts == ["a": 700, "b": 300])
        for random: UInt64 in [UInt64.max, UInt64.max - 1, 1 << 63, (1 << 63) - 1] {
            #expect(try service.route(.openAIChat, random: random).count == 1)
        }
    }

    @Test("Fallbacks follow in their order, without those that cannot serve the API")
    func fallbackOrder() throws {
        let service = try prepared(
            [try Catalog.destination("a")],
            fallback: [
                try Catalog.destination("x", share: nil),
                try Catalog.destination("no", share: nil, formats: [.openAIEmbeddings]),
                try Catalog.destination("y", share: nil),
            ]
        )
        #expect(try service.route(.openAIChat, random: 5).map(\.destination.model) == ["a", "x", "y"])
    }

    @Test("Among destinations that cannot all serve an API, those that can share the calls")
    func partlyAble() throws {
        let service = try prepared([
            try Catalog.destination("chat", share: 50),
            try Catalog.destination("embeddings", share: 50, formats: [.openAIEmbeddings]),
        ])
        for random in 0..<UInt64(100) {
            #expect(try service.route(.openAIChat, random: random)[0].destination.model == "chat")
        }
    }

    @Test("An API that no destination can serve is refused in the documents' words")
    func unsupported() throws {
        let service = try prepared([try Catalog.destination("a", formats: [.anthropicMessages])])
        do throws(GatewayError) {
            _ = try service.route(.openAIEmbeddings, random: 0)
            Issue.record("routed")
        } catch {
            #expect(error.status == 400)
            #expect(
                error.message
                    == "API type 'openai/v1/embeddings' is not supported by 'main.ai.helper'. Supported API types: [mlflow/v1/chat/completions, openai/v1/chat/completions, cursor/v1/chat/completions, anthropic/v1/messages]"
            )
        }
    }

    @Test("Of the client's headers only those that the provider takes go on; the configuration's win")
    func headers() throws {
        let provider = Catalog.provider(
            fixedHeaders: [("version", "1"), ("other", "2"), ("third", "3")],
            headerPolicy: HeaderPolicy(request: NameFilter(allow: ["x-beta", "x-pre-*", "version", "x-set"]))
        )
        let service = try prepared([
            try Catalog.destination("a", provider: provider, headers: [("x-set", "configured"), ("third", "own")])
        ])
        let request = service.destinations[0].request(
            .openAIChat,
            isStreaming: true,
            clientHeaders: [
                ("Authorization", "Bearer gth_secret"), ("Cookie", "c"), ("X-Beta", "b"), ("x-pre-one", "p"),
                ("X-PRE-", "q"),
                ("x-pr", "no"), ("x-betas", "no"), ("X-Set", "client"), ("Version", "9"), ("x-api-key", "gth_secret"),
                ("Host", "evil"), ("Content-Length", "1"), ("Transfer-Encoding", "chunked"),
            ] as [(name: String, value: String)],
            body: []
        )
        #expect(
            request.headers.map { "\($0.name): \($0.value)" } == [
                "x-beta: b", "x-pre-one: p", "x-pre-: q", "version: 9", "other: 2",
            ]
        )
        #expect(request.path == "/v1/openai/v1/chat/completions/a/stream")
        let fixed = String(buffer: request.fixedHeaderLines).components(separatedByLines: ())
        #expect(
            fixed == [
                "host: upstream.example", "content-type: application/json", "accept-encoding: identity",
                "user-agent: gatehouse",
                "authorization: Bearer sk-upstream", "x-set: configured", "third: own", "",
            ]
        )
    }
}

extension String {
    fileprivate func components(separatedByLines: Void) -> [String] {
        var lines: [String] = []
        var rest = self[...]
        while let end = rest.firstRange(of: "\r\n") {
            lines.append(String(rest[..<end.lowerBound]))
            rest = rest[end.upperBound...]
        }
        return lines + [String(rest)]
    }
}
