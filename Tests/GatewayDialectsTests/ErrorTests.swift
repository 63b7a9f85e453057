// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

@Suite("Errors")
struct ErrorTests {
    private func error(
        _ status: Int,
        _ body: String,
        format: WireFormat = .openAIChat,
        retryAfter: String? = nil
    ) -> GatewayError {
        Dialects().upstreamError(
            format,
            status: status,
            body: ByteBuffer(string: body),
            retryAfter: retryAfter,
            provider: "a.b.c"
        )
    }

    @Test(
        "A vendor's refusal keeps its status and its words",
        arguments: [
            ("openai", WireFormat.openAIChat, "This model's maximum context length is 128000 tokens."),
            ("anthropic", .anthropicMessages, "max_tokens: 200000 > 64000, which is the maximum allowed."),
            ("gemini", .geminiGenerateContent, "Invalid value at 'contents'."),
        ]
    )
    func refusals(name: String, format: WireFormat, message: String) throws {
        let body = try Fixtures.bytes("Errors/\(name).json")
        let error = Dialects().upstreamError(format, status: 400, body: body, retryAfter: nil, provider: "a.b.c")
        #expect(error.code == .upstreamRefused)
        #expect(error.status == 400)
        #expect(error.message == message)
        if name == "openai" {
            #expect(error.vendorCode == "context_length_exceeded")
            #expect(error.parameter == "messages")
        }
        // The client's shape, whatever the vendor's was.
        for type in Dialects().apiTypes {
            let written = try JSONValue(
                validating: Dialects().errorBody(error, for: type, requestID: Calls.identity.requestID)
            )
            #expect(written["error_code"]?.string == "BAD_REQUEST")
            #expect(written["message"]?.string == message)
            #expect(written["error"]?["message"]?.string == message)
            switch type.wireFormat {
            case .anthropicMessages:
                #expect(written["type"]?.string == "error")
                #expect(written["error"]?["type"]?.string == "invalid_request_error")
                #expect(written["request_id"]?.string == Calls.identity.requestID)
            case .geminiGenerateContent, .geminiEmbedContent, .geminiBatchEmbedContents:
                #expect(written["error"]?["code"]?.int == 400)
                #expect(written["error"]?["status"]?.string == "INVALID_ARGUMENT")
            case .openAIChat, .openAICompletions, .openAIResponses, .openAIEmbeddings:
                #expect(written["error"]?["type"]?.string == "invalid_request_error")
                #expect(written["error"]?["param"] != nil)
                #expect(written["error"]?["code"] != nil)
            default:
                Issue.record("the shape of \(type) is not tested")
            }
        }
    }

    @Test(
        "A refused credential is the gateway's fault, in none of the upstream's words",
        arguments: [
            (
                401,
                #"{"error":{"message":"Incorrect API key provided: sk-abcd","type":"invalid_request_error","code":"invalid_api_key","param":"sk-abcd"}}"#
            ),
            (403, #"{"type":"error","error":{"type":"permission_error","message":"sk-abcd may not"}}"#),
            (
                400,
                #"{"error":{"code":400,"message":"API key not valid: sk-abcd","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}"#
            ),
            (401, "<html>sk-abcd</html>"), (403, ""),
        ]
    )
    func credentials(status: Int, body: String) {
        let error = error(status, body)
        #expect(error.code == .upstreamUnavailable)
        #expect(error.status == 502)
        #expect(error.message.contains("credential"))
        #expect(error.code.allowsFallback)
        for type in Dialects().apiTypes {
            #expect(!String(buffer: Dialects().errorBody(error, for: type, requestID: "r")).contains("sk-abcd"))
        }
    }

    @Test(
        "errors-01: Limits and overload are known by status or by body, and keep retry-after",
        arguments: [
            (
                429, #"{"error":{"message":"m","type":"requests","code":"rate_limit_exceeded"}}"#,
                GatewayError.Code.limitExceeded, 429
            ),
            (429, "<html>", .limitExceeded, 429), (429, "", .limitExceeded, 429),
            (400, #"{"error":{"code":400,"message":"m","status":"RESOURCE_EXHAUSTED"}}"#, .limitExceeded, 429),
            (403, #"{"error":{"message":"m","type":"insufficient_quota"}}"#, .limitExceeded, 429),
            (400, #"{"type":"error","error":{"type":"rate_limit_error","message":"m"}}"#, .limitExceeded, 429),
            (529, #"{"type":"error","error":{"type":"overloaded_error","message":"m"}}"#, .upstreamUnavailable, 529),
            (400, #"{"type":"error","error":{"type":"overloaded_error","message":"m"}}"#, .upstreamUnavailable, 503),
            (503, #"{"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}"#, .upstreamUnavailable, 503),
            (503, "upstream connect error", .upstreamUnavailable, 503),
        ]
    )
    func limits(status: Int, body: String, code: GatewayError.Code, expected: Int) {
        let error = error(status, body, retryAfter: "17")
        #expect(error.code == code)
        #expect(error.status == expected)
        #expect(error.retryAfter == "17")
        #expect(error.code.allowsFallback)
    }

    @Test(
        "Other failures",
        arguments: [
            (500, GatewayError.Code.upstreamUnavailable, 502), (502, .upstreamUnavailable, 502),
            (504, .upstreamTimeout, 504),
            (408, .upstreamTimeout, 504), (413, .payloadTooLarge, 413), (404, .upstreamRefused, 404),
            (422, .upstreamRefused, 422),
            (599, .upstreamUnavailable, 502),
        ]
    )
    func failures(status: Int, code: GatewayError.Code, expected: Int) {
        for body in ["", "<html>x</html>", "{}", "[]", "7", #"{"error":null}"#, #"{"error":{"message":7}}"#] {
            let error = error(status, body)
            #expect(error.code == code)
            #expect(error.status == expected)
            #expect(!error.message.isEmpty)
        }
    }

    @Test("A body that is not JSON is never passed on, nor an endless message")
    func foreignBodies() {
        #expect(!error(400, "<html>secret page</html>").message.contains("secret"))
        let long = String(repeating: "é", count: 100_000)
        #expect(error(400, #"{"error":{"message":"\#(long)"}}"#).message.utf8.count == 4096)
        #expect(error(400, #"{"error":{"message":"\#(String(repeating: "x", count: 2 << 20))"}}"#).message.count < 100)
    }

    @Test(
        "Messages are found in the shapes of servers in between",
        arguments: [
            #"{"error":"words"}"#, #"{"message":"words"}"#, #"{"detail":"words"}"#,
            #"{"object":"error","message":"words","type":"BadRequestError","code":400}"#,
            #"{"error_code":"BAD_REQUEST","message":"words"}"#, #"[{"error":{"message":"words"}}]"#,
        ]
    )
    func shapes(body: String) {
        #expect(error(400, body).message == "words")
    }

    @Test("An error's kind is the client's own vocabulary, not another vendor's")
    func foreignTypes() throws {
        let overloaded = error(
            529,
            #"{"type":"error","error":{"type":"overloaded_error","message":"m"}}"#,
            format: .anthropicMessages
        )
        func body(_ type: APIType) throws -> JSONValue {
            try JSONValue(validating: Dialects().errorBody(overloaded, for: type, requestID: "r"))
        }
        #expect(try body(.anthropicMessages)["error"]?["type"]?.string == "overloaded_error")
        #expect(try body(.openAIChat)["error"]?["type"]?.string == "server_error")
        #expect(try body(.geminiGenerateContent)["error"]?["status"]?.string == "UNAVAILABLE")
        let exhausted = error(
            429,
            #"{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED"}}"#,
            format: .geminiGenerateContent
        )
        let chat = try JSONValue(validating: Dialects().errorBody(exhausted, for: .mlflowChat, requestID: "r"))
        #expect(chat["error"]?["type"]?.string == "rate_limit_error")
        #expect(chat["error_code"]?.string == "REQUEST_LIMIT_EXCEEDED")
    }

    @Test("Before the API is known an error has Databricks' members alone")
    func unknownAPI() throws {
        let error = GatewayError(.routeNotFound, "No such route.")
        try expectEqual(
            Dialects().errorBody(error, for: nil, requestID: "r"),
            #"{"error_code":"BAD_REQUEST","message":"No such route."}"#
        )
    }

    @Test("An error inside a successful whole answer is an error, not an answer")
    func errorsInAnswers() throws {
        let request = #"{"model":"m","messages":[{"role":"user","content":"x"}]}"#
        for (format, body) in [
            (
                WireFormat.anthropicMessages,
                #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#
            ),
            (.geminiGenerateContent, #"{"error":{"code":429,"message":"Quota","status":"RESOURCE_EXHAUSTED"}}"#),
        ] {
            let outcome = try Calls.translate(Calls.chatPath, request, to: format).response.run(
                ByteBuffer(string: body)
            )
            #expect(outcome.error?.code.allowsFallback == true)
            #expect(outcome.output.isEmpty)
        }
        let html = try Calls.translate(Calls.chatPath, request, to: .anthropicMessages).response
            .run(ByteBuffer(string: "<html>"))
        #expect(html.error?.code == .upstreamUnavailable)
        #expect(html.error?.message.contains("html") == false)
    }
}
