// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import GatewayPipeline
import NIOCore
import NIOHTTP1
import Testing

@Suite("Errors of upstreams, for every client")
struct ErrorMeaningTests {
    private func serve(
        _ client: ReviewedClient,
        by format: WireFormat,
        isStreaming: Bool,
        _ answers: (Int, String)...
    ) async throws -> (answer: RecordedExchange.Answer, row: UsageRecord?) {
        let snapshot = try Catalog.snapshot(serving: format, by: Dialects())
        let gateway = TestGateway(snapshot, translator: Dialects())
        let exchange = RecordedExchange(
            client.body.replacing("@", with: isStreaming ? #","stream":true"# : ""),
            target: isStreaming ? client.streamPath : client.path
        )
        await gateway.gateway.respond(to: exchange, upstream: Vendor(answers))
        return (exchange.answer, gateway.queue.take().first)
    }

    private func tooLong(_ format: WireFormat) -> String {
        switch format {
        case .anthropicMessages:
            #"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 213462 tokens > 200000 maximum"}}"#
        case .geminiGenerateContent:
            #"{"error":{"code":400,"message":"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}"#
        case .bedrockConverse: #"{"message":"Input is too long for requested model."}"#
        default:
            #"{"error":{"message":"This model's maximum context length is 4096 tokens.","type":"invalid_request_error","param":"p","code":"context_length_exceeded"}}"#
        }
    }

    @Test(
        "errors-06: A prompt that is too long is that to every client, whatever upstream says so",
        arguments: ReviewedClient.all,
        UpstreamAnswer.formats
    )
    func tooLong(_ client: ReviewedClient, _ format: WireFormat) async throws {
        for isStreaming in [false, true] {
            let body = tooLong(format)
            let (answer, row) = try await serve(client, by: format, isStreaming: isStreaming, (400, body))
            #expect(row?.statusCode == 400)
            #expect(answer.hasEnded && answer.sends == 1)
            if client.path.hasSuffix("/responses"), isStreaming, format != .openAIResponses {
                #expect(answer.status == 200)
                #expect(answer.headers["content-type"] == ["text/event-stream"])
                let events = answer.body.split(separator: "\n").filter { $0.hasPrefix("event: ") }
                #expect(events.first == "event: response.created" && events.contains("event: response.failed"))
                let data = answer.body.split(separator: "\n").first { $0.contains(#"data: {"type":"response.failed""#) }
                let failed = try JSONValue(validating: ByteBuffer(string: String(try #require(data).dropFirst(6))))
                #expect(failed["response"]?["error"]?["code"]?.string == "context_length_exceeded")
                continue
            }
            #expect(answer.status == 400)
            let error = try JSONValue(validating: ByteBuffer(string: answer.body))["error"]
            if client.path.contains("anthropic") {
                #expect(error?["type"]?.string == "invalid_request_error")
                if format != .anthropicMessages {
                    #expect(error?["message"]?.string?.hasPrefix("prompt is too long") == true)
                }
            } else if client.path.contains("gemini") {
                #expect(error?["status"]?.string == "INVALID_ARGUMENT")
            } else {
                #expect(error?["code"]?.string == "context_length_exceeded")
            }
        }
    }

    @Test(
        "errors-06: A busy vendor has the status that each client's own vendor has for it, and the row has the same",
        arguments: ReviewedClient.all,
        UpstreamAnswer.formats
    )
    func overloaded(_ client: ReviewedClient, _ format: WireFormat) async throws {
        let (answer, row) = try await serve(
            client,
            by: format,
            isStreaming: false,
            (529, #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#)
        )
        let isAnthropic = client.path.contains("anthropic")
        let speaksUpstreams: Bool =
            switch format {
            case .openAIChat: client.path.hasSuffix("/chat/completions")
            case .openAIResponses: client.path.hasSuffix("/responses")
            case .geminiGenerateContent: client.path.contains("gemini")
            default: false
            }
        #expect(answer.status == (isAnthropic || speaksUpstreams ? 529 : 503))
        #expect(row?.statusCode == answer.status)
    }

    @Test(
        "errors-07: SDKs are told not to repeat what no retry mends",
        arguments: [
            (401, #"{"error":{"message":"x"}}"#, 502, true), (403, #"{"error":{"message":"x"}}"#, 502, true),
            (429, #"{"error":{"message":"x","code":"insufficient_quota"}}"#, 429, true),
            (429, #"{"error":{"message":"x","code":"rate_limit_exceeded"}}"#, 429, false),
            (503, #"{"error":{"message":"x"}}"#, 503, false), (500, "", 502, false),
        ]
    )
    func retries(status: Int, body: String, expected: Int, isFinal: Bool) async throws {
        let (answer, _) = try await serve(ReviewedClient.all[0], by: .openAIChat, isStreaming: false, (status, body))
        #expect(answer.status == expected)
        #expect(answer.headers["x-should-retry"] == (isFinal ? ["false"] : []))
    }

    @Test("errors-07: The gateway's own refusals of a caller are final, and an upstream's own advice is passed on")
    func advice() async throws {
        let snapshot = try Catalog.snapshot(serving: .openAIChat, by: Dialects())
        let gateway = TestGateway(snapshot, translator: Dialects())
        let stranger = RecordedExchange(
            target: "/anthropic/v1/messages",
            headers: ["authorization": "Bearer gth_nobody"]
        )
        await gateway.gateway.respond(to: stranger, upstream: Vendor())
        #expect(stranger.answer.status == 401)
        #expect(stranger.answer.headers["x-should-retry"] == ["false"])
        let script = ScriptedUpstream.Script(
            status: 429,
            headers: ["x-should-retry": "true"],
            steps: [.bytes(#"{"error":{"message":"x"}}"#)]
        )
        let exchange = RecordedExchange(target: "/openai/v1/chat/completions")
        await gateway.gateway.respond(to: exchange, upstream: ScriptedUpstream([#"{"model":"#: .success(script)]))
        #expect(exchange.answer.headers["x-should-retry"] == ["true"])
    }
}
