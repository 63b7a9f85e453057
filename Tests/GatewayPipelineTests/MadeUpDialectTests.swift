// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import GatewayPipeline
import MadeUpDialects
import NIOCore
import NIOHTTP1
import Testing

/// A client API and an upstream's format that no source file knows.
@Suite("Dialects of one's own")
struct MadeUpDialectTests {
    private static let dialects = Dialects(Dialects.all + [Parley(), Oracle()])

    private static let talk = #"{"model":"main.ai.helper","lines":["my secret"],"table":"7"@}"#
    private static let chat =
        #"{"model":"main.ai.helper","temperature":1,"messages":[{"role":"user","content":"my secret"}]@}"#

    /// What upstreams of each format answer: a body, and a stream.
    private static let answers: [WireFormat: (body: String, stream: String)] = [
        .parley: (
            #"{"line":"a secret","spent":[3,4]}"#,
            "data: {\"bit\":\"a \"}\n\ndata: {\"bit\":\"secret\"}\n\ndata: {\"spent\":[3,4]}\n\n"
        ),
        .oracle: (
            #"{"says":"a secret","cost":{"in":3,"out":4}}"#,
            "{\"says\":\"a \"}\n{\"says\":\"secret\"}\n{\"cost\":{\"in\":3,\"out\":4}}\n"
        ),
        .openAIChat: (
            #"{"choices":[{"index":0,"message":{"role":"assistant","content":"a secret"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":4}}"#,
            [
                #"{"choices":[{"index":0,"delta":{"role":"assistant","content":"a "}}]}"#,
                #"{"choices":[{"index":0,"delta":{"content":"secret"},"finish_reason":"stop"}]}"#,
                #"{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}"#, "[DONE]",
            ].map { "data: \($0)\n\n" }.joined()
        ),
    ]

    private func serve(
        _ body: String,
        at path: String,
        by format: WireFormat,
        isStreaming: Bool,
        status: Int = 200,
        failure: String = #"{"error":"no"}"#,
        policies: [any CallPolicy] = []
    ) async throws -> (answer: RecordedExchange.Answer, row: UsageRecord?, sent: String) {
        let snapshot = try Catalog.snapshot(serving: format, by: Self.dialects)
        let gateway = TestGateway(snapshot, translator: Self.dialects, policies: policies)
        let answer = try #require(Self.answers[format])
        let text = status == 200 ? (isStreaming ? answer.stream : answer.body) : failure
        let vendor = Vendor((status, text))
        let exchange = RecordedExchange(
            body.replacing("@", with: isStreaming ? #","stream":true"# : ""),
            target: path
        )
        await gateway.gateway.respond(to: exchange, upstream: vendor)
        return (exchange.answer, gateway.queue.take().first, vendor.bodies.first ?? "")
    }

    @Test(
        "A client's format serves calls, relayed and translated",
        arguments: [WireFormat.parley, .oracle, .openAIChat]
    )
    func client(_ format: WireFormat) async throws {
        for path in ["/parley/v1/talk", "/ai-gateway/parley/talk", "/parley/v2/with/main.ai.helper"] {
            let whole = try await serve(Self.talk, at: path, by: format, isStreaming: false)
            #expect(whole.answer.status == 200)
            #expect(whole.answer.body == #"{"line":"a secret","spent":[3,4]}"#)
            #expect(whole.sent.contains("my secret"))
            #expect(whole.row?.apiType == .parley && whole.row?.usage == TokenUsage(uncachedInput: 3, output: 4))
            let stream = try await serve(Self.talk, at: path, by: format, isStreaming: true)
            #expect(stream.answer.body == Self.answers[.parley]?.stream)
            #expect(stream.row?.usage == TokenUsage(uncachedInput: 3, output: 4))
            #expect(stream.answer.headers.first(name: "parley-id") == stream.answer.headers.first(name: "x-request-id"))
        }
    }

    @Test("errors-06: An upstream's words for errors are its own, and so are those of a client's format")
    func words() async throws {
        let failure = #"{"error":{"message":"Enough","code":"TOO_MUCH"}}"#
        for (path, body, status, expected) in [
            ("/parley/v1/talk", Self.talk, 422, #"{"hush":"Too long a talk: Enough""#),
            ("/openai/v1/chat/completions", Self.chat, 400, #""code":"context_length_exceeded""#),
        ] {
            let (answer, row, _) = try await serve(
                body,
                at: path,
                by: .oracle,
                isStreaming: false,
                status: 400,
                failure: failure
            )
            #expect(answer.status == status && row?.statusCode == status)
            #expect(answer.body.contains(expected), "\(answer.body)")
        }
        let (answer, _, _) = try await serve(
            Self.chat,
            at: "/openai/v1/chat/completions",
            by: .oracle,
            isStreaming: false,
            status: 500,
            failure: #"{"error":"The stars are asleep."}"#
        )
        #expect(answer.status == 503)
    }

    @Test("An upstream's format serves the calls of other clients")
    func upstream() async throws {
        let path = "/openai/v1/chat/completions"
        let whole = try await serve(Self.chat, at: path, by: .oracle, isStreaming: false)
        let body = try JSONValue(validating: ByteBuffer(string: whole.answer.body))
        #expect(body["choices"]?.array?.first?["message"]?["content"]?.string == "a secret")
        #expect(body["usage"]?["completion_tokens"]?.int == 4)
        #expect(whole.sent == #"{"who":"m","asked":["my secret"]}"#)
        #expect(whole.answer.headers.first(name: "x-gatehouse-dropped") == "temperature")
        let stream = try await serve(Self.chat, at: path, by: .oracle, isStreaming: true)
        #expect(stream.answer.body.contains(#""content":"secret""#))
        #expect(stream.answer.body.hasSuffix("data: [DONE]\n\n"))
        #expect(stream.row?.usage == TokenUsage(uncachedInput: 3, output: 4))
    }

    @Test("Errors are told as its clients expect them")
    func errors() async throws {
        let lost = try await serve(
            #"{"model":"main.ai.nobody"}"#,
            at: "/parley/v1/talk",
            by: .oracle,
            isStreaming: false
        )
        #expect(lost.answer.status == 404 && lost.answer.body.hasPrefix(#"{"hush":"#))
        let wrong = try await serve(
            #"{"model":"main.ai.helper"}"#,
            at: "/parley/v1/talk",
            by: .oracle,
            isStreaming: false
        )
        #expect(wrong.answer.status == 400 && wrong.answer.body.contains("The request body needs 'lines'."))
        let failed = try await serve(Self.talk, at: "/parley/v1/talk", by: .oracle, isStreaming: true, status: 500)
        #expect(failed.answer.status == 502 && failed.answer.body.hasPrefix(#"{"hush":"#))
    }

    @Test(
        "Policies see the content of a request and of an answer",
        arguments: [WireFormat.parley, .oracle, .openAIChat]
    )
    func policies(_ format: WireFormat) async throws {
        for isStreaming in [false, true] {
            let served = try await serve(
                Self.talk,
                at: "/parley/v1/talk",
                by: format,
                isStreaming: isStreaming,
                policies: [Redaction()]
            )
            #expect(served.sent.contains("my ***") && !served.sent.contains("secret"))
            #expect(served.answer.body.contains("***") && !served.answer.body.contains("secret"))
        }
    }

    @Test("It has its own model list, and is what services support")
    func lists() throws {
        #expect(Self.dialects.apiTypes.contains(.parley))
        #expect(Self.dialects.modelLists.contains { $0.paths == ["parley/guests"] })
        #expect(Self.dialects.session(of: try envelope(#"{"model":"m","lines":[],"table":"7"}"#)) == "7")
        for format in [WireFormat.anthropicMessages, .bedrockConverse, .geminiGenerateContent, .openAIResponses] {
            #expect(Self.dialects.canServe(.parley, with: format))
        }
        #expect(!Self.dialects.canServe(.parley, with: .openAIEmbeddings))
        #expect(Self.dialects.canServe(.anthropicMessages, with: .oracle))
    }

    private func envelope(_ body: String) throws -> RequestEnvelope {
        let route = try #require(Self.dialects.route("/parley/v1/talk"))
        return try Self.dialects.envelope(of: route, body: ByteBuffer(string: body))
    }
}

/// Puts `***` in place of a word.
private struct Redaction: ReviewPolicy, ContentPolicy {
    func contentPolicy(for call: borrowing Call) -> (any ContentPolicy)? { self }

    mutating func review(_ content: [ContentSpan]) async throws(GatewayError) -> [ContentEdit] {
        content.map { ContentEdit($0, text: $0.text.string.replacing("secret", with: "***")) }
    }

    mutating func review(_ step: AnswerStep) async throws(GatewayError) -> ReviewedSteps {
        var step = step
        if let text = step.text { step.text = JSONString(text.string.replacing("secret", with: "***")) }
        return .pass([step])
    }
}
