// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayPipeline
import NIOHTTP1
import Testing

/// One kind of call and the row that it leaves.
private struct Kind: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var body = ""
    var bodyError: GatewayError?
    var method = HTTPMethod.POST
    var target: String
    var token = "gth_admin"
    var leavesAfterWrites = Int.max
    /// What the upstreams say, by the destination's model or the path that is asked; others cannot be reached.
    var upstream: [String: (status: Int, words: String)] = [:]
    /// Of the row; nil where there is none.
    var status: Int?
    var actions: [String] = []
    /// Of the answer, where the row says something else.
    var answered: Int?
}

extension Kind {
    private static func model(_ name: String, _ more: String = "") -> String {
        #"{"model": "main.ai.\#(name)"\#(more)}"#
    }

    static let all: [Kind] = inference + counting + embeddings + stored + refused

    private static let inference = [
        Kind(
            testDescription: "an answer",
            body: model("chat"),
            target: "/chat",
            upstream: ["first": (200, "hello usage end ")],
            status: 200,
            actions: ["ROUTE"]
        ),
        Kind(
            testDescription: "a stream",
            body: model("chat", #", "stream": true"#),
            target: "/chat",
            upstream: ["first": (200, "hello usage end ")],
            status: 200,
            actions: ["ROUTE"]
        ),
        Kind(
            testDescription: "a stream that breaks off",
            body: model("chat", #", "stream": true"#),
            target: "/chat",
            upstream: ["first": (200, "hello | world ")],
            status: 502,
            actions: ["ROUTE"],
            answered: 200
        ),
        Kind(
            testDescription: "a fallback",
            body: model("chat"),
            target: "/chat",
            upstream: ["first": (500, "no"), "second": (200, "hello end ")],
            status: 200,
            actions: ["ROUTE", "FALLBACK"]
        ),
        Kind(
            testDescription: "a second try without refused state",
            body: model("chat", #", "state": 1"#),
            target: "/chat",
            upstream: ["first": (400, "bad state"), "first repaired": (200, "hello end ")],
            status: 200,
            actions: ["ROUTE", "RETRY"]
        ),
        Kind(
            testDescription: "no destination that can be reached",
            body: model("chat"),
            target: "/chat",
            status: 502,
            actions: ["ROUTE", "FALLBACK"]
        ),
        Kind(
            testDescription: "an upstream's refusal",
            body: model("chat"),
            target: "/chat",
            upstream: ["first": (422, "too long")],
            status: 422,
            actions: ["ROUTE"]
        ),
        Kind(
            testDescription: "a client that leaves during the answer",
            body: model("chat", #", "stream": true"#),
            target: "/chat",
            leavesAfterWrites: 0,
            upstream: ["first": (200, "hello | usage end ")],
            status: 499,
            actions: ["ROUTE"],
            answered: 200
        ),
    ]

    private static let counting = [
        Kind(testDescription: "an estimated count", body: model("estimated"), target: "/count", status: 200),
        Kind(
            testDescription: "a count by the provider",
            body: model("counted"),
            target: "/count",
            upstream: ["counted": (200, "end ")],
            status: 200,
            actions: ["ROUTE"]
        ),
        Kind(
            testDescription: "a count that the provider does not know",
            body: model("counted"),
            target: "/count",
            upstream: ["counted": (404, "no such path")],
            status: 200,
            actions: ["ROUTE"]
        ),
    ]

    private static let embeddings = [
        Kind(
            testDescription: "embeddings in parts",
            body: model("embeddings", #", "parts": 3"#),
            target: "/embeddings",
            upstream: ["embeddings": (200, "vector usage end ")],
            status: 200,
            actions: ["ROUTE"]
        ),
        Kind(
            testDescription: "embeddings of which a part fails",
            body: model("embeddings", #", "parts": 3"#),
            target: "/embeddings",
            upstream: ["embeddings": (503, "no")],
            status: 503,
            actions: ["ROUTE"]
        ),
    ]

    private static let stored = [
        Kind(
            testDescription: "an earlier answer of the provider",
            method: .GET,
            target: "/responses/resp_native",
            upstream: ["/v1/openai/v1/responses/native/resp_native": (200, "native end ")],
            status: 200,
            actions: ["ROUTE"]
        ),
        Kind(
            testDescription: "the input of an earlier answer of the provider",
            method: .GET,
            target: "/responses/resp_native/input_items",
            upstream: ["/v1/openai/v1/responses/native/resp_native/input_items": (200, "native end ")],
            status: 200,
            actions: ["ROUTE"]
        ),
        Kind(
            testDescription: "a deletion at the provider",
            method: .DELETE,
            target: "/responses/resp_native",
            upstream: ["/v1/openai/v1/responses/native/resp_native": (200, "native end ")],
            status: 200,
            actions: ["ROUTE"]
        ),
        Kind(
            testDescription: "an earlier answer that the provider has lost",
            method: .GET,
            target: "/responses/resp_native",
            upstream: ["/v1/openai/v1/responses/native/resp_native": (404, "no such response")],
            status: 404,
            actions: ["ROUTE"]
        ),
        Kind(
            testDescription: "an earlier answer of a provider that cannot be reached",
            method: .GET,
            target: "/responses/resp_native",
            status: 502,
            actions: ["ROUTE"]
        ),
        Kind(
            testDescription: "a request that continues an answer of the provider",
            body: model("native", #", "previous": "resp_native""#),
            target: "/responses",
            upstream: ["native": (200, "native end ")],
            status: 200,
            actions: ["ROUTE"]
        ),
        Kind(
            testDescription: "a request that continues an answer of the gateway",
            body: model("kept", #", "previous": "resp_kept""#),
            target: "/responses",
            upstream: ["kept": (200, "kept end ")],
            status: 200,
            actions: ["ROUTE"]
        ),
        Kind(
            testDescription: "an earlier answer of the gateway, which costs nothing",
            method: .GET,
            target: "/responses/resp_kept",
            answered: 200
        ),
        Kind(
            testDescription: "a deletion by the gateway, which costs nothing",
            method: .DELETE,
            target: "/responses/resp_kept",
            answered: 200
        ),
        Kind(
            testDescription: "an earlier answer that never was",
            method: .GET,
            target: "/responses/resp_none",
            answered: 404
        ),
    ]

    private static let refused = [
        Kind(testDescription: "no caller", body: model("chat"), target: "/chat", token: "gth_x", answered: 401),
        Kind(testDescription: "a wrong method", method: .GET, target: "/chat", answered: 405),
        Kind(testDescription: "no such model", body: model("none"), target: "/chat", status: 404),
        Kind(testDescription: "no grant", body: model("chat"), target: "/chat", token: "gth_bob", status: 403),
        Kind(testDescription: "no JSON", body: "{", target: "/chat", status: 400),
        Kind(testDescription: "an API that the model has not", body: model("embeddings"), target: "/chat", status: 400),
        Kind(
            testDescription: "a body that is too large",
            bodyError: GatewayError(.payloadTooLarge, "too large"),
            target: "/chat",
            status: 413
        ),
        Kind(
            testDescription: "a client that leaves before its request is read",
            bodyError: GatewayError(.clientClosed, "gone"),
            target: "/chat",
            status: 499
        ),
    ]
}

@Suite("Rows, one for each call")
struct OneRowTests {
    private func gateway() async throws -> TestGateway {
        var counting = Catalog.provider([.openAIResponses])
        counting.tokenCountPath = { _ in "/count" }
        var keeping = Catalog.provider([.openAIResponses])
        keeping.traits.keepsResponses = true
        let services = [
            try Catalog.service(
                "main.ai.chat",
                [try Catalog.destination("first")],
                fallback: [try Catalog.destination("second", share: nil)]
            ),
            try Catalog.service(
                "main.ai.estimated",
                [try Catalog.destination("estimated", formats: [.openAIResponses])]
            ),
            try Catalog.service(
                "main.ai.counted",
                [try Catalog.destination("counted", formats: [.openAIResponses], provider: counting)]
            ),
            try Catalog.service(
                "main.ai.embeddings",
                [try Catalog.destination("embeddings", formats: [.openAIEmbeddings])]
            ),
            try Catalog.service(
                "main.ai.native",
                [try Catalog.destination("native", formats: [.openAIResponses], provider: keeping)]
            ),
            try Catalog.service("main.ai.kept", [try Catalog.destination("kept", formats: [.openAIChat])]),
        ]
        let gateway = TestGateway(Catalog.snapshot(services, tokens: [Catalog.token("gth_bob", of: "bob")]))
        // Two earlier answers, one of which its provider keeps.
        let upstream = ScriptedUpstream([
            "native": .success(.init(steps: [.bytes("native end ")])),
            "kept": .success(.init(steps: [.bytes("kept end ")])),
        ])
        for model in ["native", "kept"] {
            let body = #"{"model": "main.ai.\#(model)", "input": "one"}"#
            #expect(await gateway.serve(RecordedExchange(body, target: "/responses"), upstream).count == 1)
        }
        gateway.queue.release(2)
        return gateway
    }

    @Test("Each call leaves exactly one row, whatever it is about and however it ends", arguments: Kind.all)
    fileprivate func rows(kind: Kind) async throws {
        let gateway = try await gateway()
        let exchange = RecordedExchange(
            kind.body,
            bodyError: kind.bodyError,
            method: kind.method,
            target: kind.target,
            headers: ["authorization": "Bearer \(kind.token)"],
            leavesAfterWrites: kind.leavesAfterWrites
        )
        let upstream = ScriptedUpstream(
            kind.upstream.mapValues { answer in
                .success(
                    ScriptedUpstream.Script(
                        status: answer.status,
                        steps: answer.words.split(separator: "|").map { .bytes(String($0)) }
                    )
                )
            }
        )
        let rows = await gateway.serve(exchange, upstream)
        #expect(rows.map(\.statusCode) == (kind.status.map { [$0] } ?? []))
        #expect(rows.first?.attempts.map(\.action) ?? [] == kind.actions)
        #expect(gateway.queue.depth == rows.count)
        let isGone = kind.status == 499 && kind.answered == nil
        #expect(exchange.answer.status == (isGone ? nil : kind.answered ?? kind.status))
    }

    @Test("The provider's own id of a request is in the row, whatever was asked, and no credential is")
    func vendorRequestIDs() async throws {
        let gateway = try await gateway()
        let path = "/v1/openai/v1/responses/native/resp_native"
        for (id, status, noted) in [("vendor-9", 200, "vendor-9"), ("sk-upstream", 404, "[redacted]")] {
            var script = ScriptedUpstream.Script(status: status, steps: [.bytes("native end ")])
            script.headers = ["content-type": "application/json", "x-request-id": id]
            let exchange = RecordedExchange("", method: .GET, target: "/responses/resp_native")
            let rows = await gateway.serve(exchange, ScriptedUpstream([path: .success(script)]))
            #expect(rows.first?.attempts.map(\.vendorRequestID) == [noted])
            #expect(rows.first?.attempts.map(\.statusCode) == [status])
        }
    }
}
