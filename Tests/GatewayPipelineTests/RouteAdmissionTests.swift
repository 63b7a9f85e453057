// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayPipeline
import NIOHTTP1
import Testing

@Suite("Admission, route by route")
struct RouteAdmissionTests {
    /// What every API takes for a request, all at once.
    private static let body = """
        {"model":"main.ai.helper","max_tokens":8,"messages":[{"role":"user","content":"x"}],"input":"x","prompt":"x",
        "contents":[{"role":"user","parts":[{"text":"x"}]}],"content":{"parts":[{"text":"x"}]},
        "requests":[{"content":{"parts":[{"text":"x"}]}}]}
        """

    private func snapshot(_ format: WireFormat, budgets: [Budget] = []) throws -> Snapshot {
        let service = try Catalog.service("main.ai.helper", [try Catalog.destination("a", formats: [format])])
        var configuration = Configuration()
        configuration.modelServices = [service]
        configuration.budgets = budgets
        return Snapshot(
            configuration: Tracked(configuration),
            tokens: Tracked([Catalog.token("gth_stranger", of: "stranger@example.com")]),
            administratorToken: AccessTokenSecret("gth_admin"),
            translator: Dialects()
        )
    }

    private func exchange(_ path: String, token: String?) -> RecordedExchange {
        RecordedExchange(
            // A `prompt` is a template's name in Responses.
            path.contains("responses") ? Self.body.replacing(#""prompt":"x","#, with: "") : Self.body,
            target: path,
            headers: token.map { ["authorization": "Bearer \($0)"] } ?? [:]
        )
    }

    @Test(
        "U10: every route that reaches an upstream is refused once a budget is used up",
        arguments: Dialects().routes.all(model: "main.ai.helper").map { ($0.path, $0.apiType) }
    )
    func budgets(path: String, apiType: APIType) async throws {
        let none = Budget(name: "none", key: .account, amount: 0)
        let gateway = TestGateway(try snapshot(apiType.wireFormat, budgets: [none]), translator: Dialects())
        let upstream = ScriptedUpstream([:])
        let call = exchange(path, token: "gth_admin")
        let rows = await gateway.serve(call, upstream)
        // Counting is free, and the provider of these tests compacts nothing.
        let status =
            switch apiType.operation {
            case .countTokens: 200
            case .compact: 400
            case .generate, .embed: 403
            }
        #expect(call.answer.status == status && upstream.requests.isEmpty)
        #expect(rows.map(\.statusCode) == [status])
    }

    @Test(
        "security-09: every route wants a token and a grant, and leaves a row",
        arguments: Dialects().routes.all(model: "main.ai.helper").flatMap { route in
            [route.path, "/ai-gateway\(route.path)"].map { ($0, route.apiType) }
        }
    )
    func admission(path: String, apiType: APIType) async throws {
        let gateway = TestGateway(try snapshot(apiType.wireFormat), translator: Dialects())
        let upstream = ScriptedUpstream([:])

        let anonymous = exchange(path, token: nil)
        #expect(await gateway.serve(anonymous, upstream).isEmpty)
        #expect(anonymous.answer.status == 401)

        let stranger = exchange(path, token: "gth_stranger")
        let refused = await gateway.serve(stranger, upstream)
        #expect(stranger.answer.status == 403)
        #expect(refused.map(\.statusCode) == [403] && refused.first?.apiType == apiType)
        #expect(upstream.requests.isEmpty)

        let admitted = exchange(path, token: "gth_admin")
        let rows = await gateway.serve(admitted, upstream)
        #expect(rows.count == 1 && rows.first?.apiType == apiType)
        #expect(rows.first?.statusCode == admitted.answer.status)
        switch apiType.operation {
        case .countTokens:
            #expect(admitted.answer.status == 200)
            #expect(admitted.answer.headers.first(name: "x-gatehouse-estimated") == "true")
            #expect(rows.first?.usage.isEmpty == true)
        case .compact:
            // The provider of these tests compacts nothing.
            #expect(upstream.requests.isEmpty && admitted.answer.status == 400)
        case .generate, .embed:
            // Nobody answers there, but that is how far the call came.
            #expect(upstream.requests.count == 1 && admitted.answer.status == 502)
        }
    }
}
