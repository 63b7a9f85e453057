// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayCore
import GatewayDialects
import GatewayJSON
import GatewayPipeline
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

/// Concerns no call.
private struct Bystander: ReviewPolicy {
    func contentPolicy(for call: borrowing Call) -> (any ContentPolicy)? { nil }
}

@Suite("Policies that look into content")
struct ReviewPolicyTests {
    private static let message =
        #"{"id":"msg_1","type":"message","role":"assistant","model":"c","content":[{"type":"text","text":"the secret"},{"type":"tool_use","id":"t","name":"erase","input":{}}],"stop_reason":"tool_use","usage":{"input_tokens":3,"output_tokens":4}}"#

    private static let chunks = [
        #"{"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":"the secret"}}]}"#,
        #"{"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"t","function":{"name":"erase","arguments":"{}"}}]}}]}"#,
        #"{"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"more"}}]}"#,
        #"{"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#,
        #"{"id":"c","object":"chat.completion.chunk","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}"#,
    ]

    private static let stream = chunks.map { "data: \($0)\n\n" }.joined() + "data: [DONE]\n\n"

    private func serve(
        _ vendor: Vendor,
        content: String = "my secret",
        isStreaming: Bool = true,
        _ policies: [any CallPolicy]
    ) async throws -> (answer: RecordedExchange.Answer, rows: [UsageRecord]) {
        // One is asked in the client's own format, the other in another.
        let service = try Catalog.service(
            "main.ai.helper",
            [try Catalog.destination("first")],
            fallback: [try Catalog.destination("second", share: nil, formats: [.anthropicMessages])]
        )
        var configuration = Configuration()
        configuration.modelServices = [service]
        let snapshot = Snapshot(
            configuration: Tracked(configuration),
            tokens: Tracked([]),
            administratorToken: AccessTokenSecret("gth_admin"),
            translator: Dialects()
        )
        let gateway = TestGateway(snapshot, translator: Dialects(), policies: policies)
        let stream = isStreaming ? #","stream":true"# : ""
        let exchange = RecordedExchange(
            #"{"model":"main.ai.helper","messages":[{"role":"user","content":"\#(content)"}]\#(stream)}"#,
            target: "/openai/v1/chat/completions"
        )
        await gateway.gateway.respond(to: exchange, upstream: vendor)
        return (exchange.answer, gateway.queue.take())
    }

    @Test("One line registers a policy that redacts a request and a relayed stream and drops a call")
    func relayedStream() async throws {
        let vendor = Vendor((200, Self.stream))
        let (answer, rows) = try await serve(vendor, [Guardrail()])
        #expect(vendor.bodies[0].contains(#""content":"my ***""#))
        #expect(answer.status == 200)
        #expect(answer.body.contains(#""content":"the ***""#))
        #expect(!answer.body.contains("erase"))
        #expect(answer.body.contains(#""finish_reason":"stop""#))
        #expect(answer.body.hasSuffix("data: [DONE]\n\n"))
        #expect(rows.map(\.usage.output) == [4])
    }

    @Test("After a fallback the other destination is told the same, and its translated answer is reviewed")
    func fallback() async throws {
        let vendor = Vendor((503, "{}"), (200, Self.message))
        let (answer, _) = try await serve(vendor, isStreaming: false, [Guardrail()])
        #expect(vendor.bodies.count == 2)
        #expect(vendor.bodies.allSatisfy { $0.contains("my ***") && !$0.contains("secret") })
        let body = try JSONValue(validating: ByteBuffer(string: answer.body))
        let choice = body["choices"]?.array?.first
        #expect(choice?["message"]?["content"]?.string == "the ***")
        #expect(choice?["finish_reason"]?.string == "stop")
        #expect(!answer.body.contains("erase"))
        #expect(answer.headers["content-length"].isEmpty)
    }

    @Test("A policy that waits at each step delays the answer and changes nothing else")
    func slow() async throws {
        let quick = try await serve(Vendor((200, Self.stream)), [Guardrail()]).answer.body
        let slow = try await serve(Vendor((200, Self.stream)), [Guardrail(pause: .milliseconds(20))]).answer.body
        #expect(slow == quick)
    }

    @Test("A policy refuses a request before anything goes upstream")
    func refusal() async throws {
        let vendor = Vendor()
        let (answer, rows) = try await serve(vendor, content: "forbidden", [Guardrail()])
        #expect(answer.status == 403)
        #expect(vendor.bodies.isEmpty)
        #expect(rows.map(\.statusCode) == [403])
    }

    @Test("An answer that a policy ends is complete for its client and leaves its row")
    func ended() async throws {
        let (answer, rows) = try await serve(Vendor((200, Self.stream)), [Guardrail(endsAt: "more")])
        #expect(answer.body.contains("***"))
        #expect(!answer.body.contains("more"))
        #expect(answer.body.contains(#""finish_reason":"content_filter""#))
        #expect(answer.body.hasSuffix("data: [DONE]\n\n"))
        #expect(answer.hasEnded && rows.map(\.statusCode) == [200])
    }

    @Test("An answer that its provider keeps is reviewed when the client asks for it again")
    func keptByTheProvider() async throws {
        let service = try Catalog.service(
            "main.ai.helper",
            [try Catalog.destination("first", formats: [.openAIResponses])]
        )
        var configuration = Configuration()
        configuration.modelServices = [service]
        let snapshot = Snapshot(
            configuration: Tracked(configuration),
            tokens: Tracked([]),
            administratorToken: AccessTokenSecret("gth_admin"),
            translator: Dialects()
        )
        let gateway = TestGateway(snapshot, translator: Dialects(), policies: [Guardrail()])
        let caller = try #require(await owner(in: gateway))
        _ = try await gateway.store.insert(
            [
                StoredResponse(
                    key: StoredResponse.Key(owner: caller, id: "resp_1"),
                    createdAt: Int64(Date.now.timeIntervalSince1970 * 1_000_000),
                    service: "main.ai.helper",
                    provider: "test.providers.first",
                    model: "first",
                    content: .vendor
                )
            ],
            within: Configuration.Server.Responses().bounds
        )
        let kept =
            #"{"id":"resp_1","object":"response","status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"the secret"}]},{"type":"function_call","name":"erase","arguments":"{}"}]}"#
        let exchange = RecordedExchange(method: .GET, target: "/openai/v1/responses/resp_1")
        await gateway.gateway.respond(to: exchange, upstream: Vendor((200, kept)))
        #expect(exchange.answer.status == 200)
        #expect(exchange.answer.body.contains("the ***"), "\(exchange.answer.body)")
        #expect(!exchange.answer.body.contains("erase"))
    }

    /// Whose answers the gateway keeps for the caller of these tests.
    private func owner(in gateway: TestGateway) async -> String? {
        let exchange = RecordedExchange(target: "/openai/v1/responses")
        return await gateway.serve(exchange).first?.caller.identity
    }

    @Test("A policy that does not concern a call leaves its bytes alone")
    func bystander() async throws {
        let plain = try await serve(Vendor((200, Self.stream)), [])
        let watched = try await serve(Vendor((200, Self.stream)), [Bystander()])
        #expect(watched.answer.body == plain.answer.body)
    }
}
