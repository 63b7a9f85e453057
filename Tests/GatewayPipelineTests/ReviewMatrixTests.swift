// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import GatewayPipeline
import NIOCore
import Testing

/// A client API, with a request that tells the word.
struct ReviewedClient: Sendable, CustomTestStringConvertible {
    let path: String
    let streamPath: String
    let body: String
    /// Completions are texts: they tell of calls in words, and nobody can follow those.
    var hasCalls = true

    var testDescription: String { path }

    static let all = [
        ReviewedClient("/mlflow/v1/chat/completions", chat),
        ReviewedClient("/openai/v1/chat/completions", chat),
        ReviewedClient("/openai/v1/completions", #"{"model":"main.ai.helper","prompt":"my secret"@}"#, hasCalls: false),
        ReviewedClient("/openai/v1/responses", #"{"model":"main.ai.helper","input":"my secret"@}"#),
        ReviewedClient(
            "/anthropic/v1/messages",
            #"{"model":"main.ai.helper","max_tokens":99,"messages":[{"role":"user","content":"my secret"}]@}"#
        ),
        ReviewedClient(
            "/gemini/v1beta/models/main.ai.helper:generateContent",
            #"{"contents":[{"role":"user","parts":[{"text":"my secret"}]}]}"#,
            streamPath: "/gemini/v1beta/models/main.ai.helper:streamGenerateContent?alt=sse"
        ),
    ]

    private static let chat = #"{"model":"main.ai.helper","messages":[{"role":"user","content":"my secret"}]@}"#

    private init(_ path: String, _ body: String, streamPath: String? = nil, hasCalls: Bool = true) {
        self.path = path
        self.streamPath = streamPath ?? path
        self.body = body
        self.hasCalls = hasCalls
    }
}

@Suite("Policies for every client, whatever answers")
struct ReviewMatrixTests {
    private func serve(
        _ client: ReviewedClient,
        by format: WireFormat,
        isStreaming: Bool,
        _ guardrail: Guardrail
    ) async throws -> (answer: RecordedExchange.Answer, row: UsageRecord?, sent: String) {
        let snapshot = try Catalog.snapshot(serving: format, by: Dialects())
        let gateway = TestGateway(snapshot, translator: Dialects(), policies: [guardrail])
        let vendor = Vendor((200, UpstreamAnswer(format: format).bytes(isStreaming: isStreaming)))
        let exchange = RecordedExchange(
            client.body.replacing("@", with: isStreaming ? #","stream":true"# : ""),
            target: isStreaming ? client.streamPath : client.path
        )
        await gateway.gateway.respond(to: exchange, upstream: vendor)
        return (exchange.answer, gateway.queue.take().first, vendor.bodies.first ?? "")
    }

    @Test(
        "A word is redacted in request and answer, one call is dropped, and the rest passes, byte by byte",
        arguments: ReviewedClient.all,
        UpstreamAnswer.formats
    )
    func redaction(_ client: ReviewedClient, _ format: WireFormat) async throws {
        for isStreaming in [false, true] {
            let (answer, row, sent) = try await serve(client, by: format, isStreaming: isStreaming, Guardrail())
            #expect(sent.contains("my ***") && !sent.contains("secret"), "\(isStreaming)")
            #expect(answer.status == 200 && answer.hasEnded, "\(answer.body)")
            #expect(answer.body.contains("the ***"), "\(answer.body)")
            #expect(answer.body.contains("is out"))
            #expect(!answer.body.contains("secret"), "\(answer.body)")
            if client.hasCalls { #expect(!answer.body.contains("erase"), "\(answer.body)") }
            #expect(answer.body.contains("look"), "\(answer.body)")
            #expect(row?.usage.output == 9 && row?.statusCode == 200)
        }
    }

    @Test(
        "A policy that takes its time at each step changes nothing else",
        arguments: ReviewedClient.all,
        UpstreamAnswer.formats
    )
    func pauses(_ client: ReviewedClient, _ format: WireFormat) async throws {
        for isStreaming in [false, true] {
            let slow = Guardrail(pause: .milliseconds(20))
            let quick = try await serve(client, by: format, isStreaming: isStreaming, Guardrail()).answer.body
            let body = try await serve(client, by: format, isStreaming: isStreaming, slow).answer.body
            #expect(body.count == quick.count)
        }
    }
}
