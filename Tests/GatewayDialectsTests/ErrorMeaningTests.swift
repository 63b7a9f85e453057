// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

/// An error as a vendor answers it.
struct VendorError: Sendable, CustomTestStringConvertible {
    let format: WireFormat
    let status: Int
    let body: String
    let meaning: ErrorMeaning

    var testDescription: String { "\(meaning) \(format) \(body.prefix(90))" }

    init(_ format: WireFormat, _ status: Int, _ meaning: ErrorMeaning, _ body: String) {
        self.format = format
        self.status = status
        self.body = body
        self.meaning = meaning
    }

    /// In OpenAI's shape.
    static func openAI(
        _ status: Int,
        _ meaning: ErrorMeaning,
        _ message: String,
        type: String = "invalid_request_error",
        code: String? = nil
    ) -> VendorError {
        let code = code.map { "\"\($0)\"" } ?? "null"
        return VendorError(
            .openAIChat,
            status,
            meaning,
            #"{"error":{"message":"\#(message)","type":"\#(type)","param":null,"code":\#(code)}}"#
        )
    }

    static func anthropic(
        _ status: Int,
        _ meaning: ErrorMeaning,
        _ message: String,
        type: String = "invalid_request_error"
    ) -> VendorError {
        VendorError(
            .anthropicMessages,
            status,
            meaning,
            #"{"type":"error","error":{"type":"\#(type)","message":"\#(message)"}}"#
        )
    }

    static func gemini(
        _ status: Int,
        _ meaning: ErrorMeaning,
        _ message: String,
        _ name: String = "INVALID_ARGUMENT"
    ) -> VendorError {
        VendorError(
            .geminiGenerateContent,
            status,
            meaning,
            #"{"error":{"code":\#(status),"message":"\#(message)","status":"\#(name)"}}"#
        )
    }

    static func amazon(_ status: Int, _ meaning: ErrorMeaning, _ message: String) -> VendorError {
        VendorError(.bedrockConverse, status, meaning, #"{"message":"\#(message)"}"#)
    }

    var error: GatewayError {
        Dialects().upstreamError(
            format,
            status: status,
            body: ByteBuffer(string: body),
            retryAfter: nil,
            provider: "a.b.c"
        )
    }

    /// As users of the vendors quote them.
    static let all: [VendorError] = [
        .openAI(400, .contextTooLong, "Too long.", code: "context_length_exceeded"),
        .openAI(400, .contextTooLong, "Your input exceeds the context window of this model. Please adjust your input."),
        .openAI(
            400,
            .contextTooLong,
            "This model's maximum context length is 4096 tokens. However, your request has 5000 input tokens.",
            type: "BadRequestError"
        ),
        .openAI(
            400,
            .contextTooLong,
            "the request exceeds the available context size, try increasing it",
            type: "exceed_context_size_error"
        ),
        .openAI(
            400,
            .contextTooLong,
            "The input (5000 tokens) is longer than the model's context length (4096 tokens)."
        ),
        .openAI(
            400,
            .contextTooLong,
            "This model's maximum prompt length is 131072 but the request contains 537812 tokens."
        ),
        .openAI(
            413,
            .contextTooLong,
            "Please reduce the length of the messages or completion. Current length is 9000 while limit is 8192"
        ),
        .openAI(
            422,
            .contextTooLong,
            "`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000",
            type: "validation"
        ),
        .openAI(400, .contentPolicy, "The response was filtered.", code: "content_filter"),
        .openAI(
            400,
            .contentPolicy,
            "Invalid prompt: your prompt was flagged as potentially violating our usage policy.",
            code: "invalid_prompt"
        ),
        .openAI(400, .contentPolicy, "Content Exists Risk"),
        .openAI(403, .contentPolicy, "Content violates usage guidelines. Team: t", type: "permission"),
        .openAI(
            400,
            .imageUnreadable,
            "The image data you provided does not represent a valid image. Please check your input."
        ),
        .openAI(
            400,
            .imageUnreadable,
            "You uploaded an unsupported image. Please make sure your image is valid.",
            code: "invalid_image_format"
        ),
        .openAI(404, .modelNotFound, "The model `x` does not exist", type: "NotFoundError"),
        .openAI(404, .modelNotFound, "No.", code: "model_not_found"),
        .openAI(400, .modelNotFound, "Model Not Exist"),
        .openAI(
            429,
            .quotaExhausted,
            "You exceeded your current quota.",
            type: "insufficient_quota",
            code: "insufficient_quota"
        ),
        .openAI(402, .quotaExhausted, "Insufficient Balance", type: "unknown_error"),
        .openAI(402, .quotaExhausted, "No."), .openAI(403, .quotaExhausted, "No.", type: "insufficient_quota"),
        .openAI(
            429,
            .rateLimited,
            "Rate limit reached. Please try again in 11.054s.",
            type: "tokens",
            code: "rate_limit_exceeded"
        ),
        .openAI(429, .rateLimited, "The prompt is too long for now."),
        .openAI(503, .overloaded, "Busy.", type: "server_error"),
        .openAI(429, .overloaded, "The engine is overloaded.", type: "engine_overloaded_error"),
        .openAI(401, .badCredential, "The model `x` does not exist"),
        .openAI(403, .permissionDenied, "No.", code: "model_not_found"),
        .openAI(400, .invalidRequest, "Unknown parameter."), .openAI(404, .notFound, "No such response."),
        .openAI(500, .serverFailure, "It broke.", type: "server_error"), .openAI(408, .timedOut, "Slow."),
        .openAI(413, .requestTooLarge, "Too big."),
        VendorError(
            .openAIChat,
            400,
            .contextTooLong,
            #"{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"{\"error\":{\"message\":\"prompt is too long: 9 tokens > 8 maximum\"}}","provider_name":"P"}}}"#
        ),
        .anthropic(400, .contextTooLong, "prompt is too long: 213462 tokens > 200000 maximum"),
        .anthropic(
            400,
            .contextTooLong,
            "input length and `max_tokens` exceed context limit: 190000 + 32000 > 200000, decrease input length or `max_tokens` and try again"
        ),
        .anthropic(400, .contentPolicy, "Output blocked by content filtering policy"),
        .anthropic(400, .imageUnreadable, "messages.0.content.1.image.source.base64.data: Could not process image"),
        .anthropic(400, .quotaExhausted, "Your credit balance is too low to access the Anthropic API."),
        .anthropic(402, .quotaExhausted, "Pay.", type: "billing_error"),
        .anthropic(413, .requestTooLarge, "Request exceeds the maximum size", type: "request_too_large"),
        .anthropic(529, .overloaded, "Overloaded", type: "overloaded_error"),
        .anthropic(429, .rateLimited, "Slow down.", type: "rate_limit_error"),
        .anthropic(504, .timedOut, "Slow.", type: "timeout_error"),
        .gemini(
            400,
            .contextTooLong,
            "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."
        ),
        .gemini(400, .imageUnreadable, "Unable to process input image. Please retry or report."),
        .gemini(400, .badCredential, "API key not valid.", "UNAUTHENTICATED"),
        .gemini(404, .modelNotFound, "models/x is not found for API version v1beta, or is not supported.", "NOT_FOUND"),
        .gemini(400, .requestTooLarge, "Request payload size exceeds the limit: 20971520 bytes."),
        .gemini(429, .rateLimited, "You exceeded your current quota.", "RESOURCE_EXHAUSTED"),
        .gemini(503, .overloaded, "The model is overloaded. Please try again later.", "UNAVAILABLE"),
        .gemini(504, .timedOut, "Deadline expired.", "DEADLINE_EXCEEDED"),
        .amazon(400, .contextTooLong, "Input is too long for requested model."),
        .amazon(
            400,
            .contextTooLong,
            "The model returned the following errors: prompt is too long: 9 tokens > 8 maximum"
        ),
        .amazon(400, .contentPolicy, "This request has been blocked by our content filters."),
        .amazon(400, .modelNotFound, "The provided model identifier is invalid."),
        .amazon(429, .rateLimited, "Too many requests, please wait before trying again."),
        .amazon(424, .serverFailure, "The model failed."),
    ]
}

@Suite("What an error means")
struct ErrorMeaningTests {
    @Test("errors-06: Each vendor's words are read for what they mean", arguments: VendorError.all)
    func reading(_ vendor: VendorError) {
        #expect(vendor.error.meaning == vendor.meaning)
        #expect(vendor.error.vendorFormat == vendor.format)
    }

    @Test(
        "errors-06: Every upstream's error keeps its words, type and code for clients of its own format",
        arguments: VendorError.all
    )
    func relayed(_ vendor: VendorError) {
        let error = vendor.error
        for type in Dialects().apiTypes where type.wireFormat == vendor.format {
            #expect(Dialects().rephrased(error, for: type) == error)
        }
    }

    /// The statuses that a vendor's own clients know of it.
    private func statuses(of format: WireFormat) -> Set<Int> {
        switch format {
        case .anthropicMessages: [400, 401, 402, 403, 404, 408, 413, 422, 429, 500, 502, 504, 529]
        default: [400, 401, 403, 404, 408, 413, 422, 429, 500, 502, 503, 504]
        }
    }

    @Test(
        "errors-06: Every client gets its own dialect's status, type and code for what an error means",
        arguments: DialectConformance.all
    )
    func rephrased(_ subject: DialectConformance) throws {
        for vendor in VendorError.all where vendor.format != subject.dialect.format {
            let error = subject.dialect.rephrased(vendor.error)
            #expect(statuses(of: subject.dialect.format).contains(error.status), "\(vendor.testDescription)")
            #expect(subject.dialect.rephrased(error) == error, "once is enough: \(vendor.testDescription)")
            let body = try JSONValue(validating: subject.dialect.encodeError(error, requestID: "r"))["error"]
            let names = [body?["type"]?.string, body?["status"]?.string, body?["code"]?.string].compactMap(\.self)
            #expect(!names.isEmpty)
            let expected: [String]? =
                switch (subject.dialect.format, vendor.meaning) {
                case (.openAIChat, .contextTooLong), (.openAIResponses, .contextTooLong),
                    (.openAIEmbeddings, .contextTooLong):
                    ["invalid_request_error", "context_length_exceeded"]
                case (.openAIChat, .contentPolicy): ["invalid_request_error", "content_policy_violation"]
                case (.openAIResponses, .contentPolicy): ["invalid_request_error", "invalid_prompt"]
                case (.openAIChat, .quotaExhausted), (.openAIResponses, .quotaExhausted):
                    ["insufficient_quota", "insufficient_quota"]
                case (.openAIChat, .modelNotFound): ["invalid_request_error", "model_not_found"]
                case (.openAIChat, .rateLimited): ["rate_limit_error", "rate_limit_exceeded"]
                case (.openAIChat, .overloaded): ["server_error", "service_unavailable"]
                case (.openAIResponses, .overloaded): ["server_error", "server_is_overloaded"]
                case (.openAIResponses, .imageUnreadable): ["invalid_request_error", "invalid_image"]
                case (.anthropicMessages, .contextTooLong), (.anthropicMessages, .contentPolicy),
                    (.anthropicMessages, .imageUnreadable):
                    ["invalid_request_error"]
                case (.anthropicMessages, .quotaExhausted): ["billing_error"]
                case (.anthropicMessages, .modelNotFound): ["not_found_error"]
                case (.anthropicMessages, .overloaded): ["overloaded_error"]
                case (.anthropicMessages, .rateLimited): ["rate_limit_error"]
                case (.anthropicMessages, .requestTooLarge): ["request_too_large"]
                case (.anthropicMessages, .timedOut): ["timeout_error"]
                case (.geminiGenerateContent, .contextTooLong), (.geminiGenerateContent, .contentPolicy),
                    (.geminiGenerateContent, .imageUnreadable), (.geminiGenerateContent, .requestTooLarge):
                    ["INVALID_ARGUMENT"]
                case (.geminiGenerateContent, .quotaExhausted), (.geminiGenerateContent, .rateLimited):
                    ["RESOURCE_EXHAUSTED"]
                case (.geminiGenerateContent, .modelNotFound): ["NOT_FOUND"]
                case (.geminiGenerateContent, .overloaded): ["UNAVAILABLE"]
                case (.geminiGenerateContent, .timedOut): ["DEADLINE_EXCEEDED"]
                default: nil
                }
            if let expected { #expect(names == expected, "\(vendor.testDescription)") }
        }
    }

    @Test("errors-06: Any client's error says what any vendor's said", arguments: StepClient.conforming)
    func translated(_ client: StepClient) throws {
        let type = try client.envelope(isStreaming: false).apiType
        for vendor in VendorError.all where vendor.format != type.wireFormat {
            let error = Calls.dialects.rephrased(vendor.error, for: type)
            #expect((400...599).contains(error.status) && error.meaning == vendor.meaning, "\(vendor.testDescription)")
            let written = Calls.dialects.errorBody(error, for: type, requestID: "r")
            let body = try JSONValue(validating: written)
            #expect(body["message"]?.string == error.message && body["error_code"] != nil, "\(vendor.testDescription)")
        }
    }

    @Test(
        "errors-06: Agents know a prompt that is too long, and an image that is none, by the texts that their own vendors have"
    )
    func texts() {
        for vendor in VendorError.all {
            let message = AnthropicMessages().rephrased(vendor.error).message
            switch vendor.meaning {
            case .contextTooLong where !message.contains("exceed context limit"):
                #expect(message.lowercased().contains("prompt is too long"), "\(vendor.testDescription)")
            case .imageUnreadable: #expect(message.contains("Could not process image"))
            default: break
            }
            guard vendor.meaning == .imageUnreadable else { continue }
            let response = OpenAIResponses().rephrased(vendor.error).message
            #expect(response.contains("The image data you provided does not represent a valid image"))
        }
    }

    @Test(
        "errors-06: How long a prompt is and may be is said as Anthropic says it, where a vendor says both",
        arguments: [
            (
                "This model's maximum context length is 128000 tokens. However, you requested 136384 tokens (120000 in the messages, 16384 in the completion).",
                "prompt is too long: 136384 tokens > 128000 maximum"
            ),
            (
                "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
                "prompt is too long: 1200000 tokens > 1048576 maximum"
            ),
            (
                "This model's maximum context length is 4096 tokens. However, your request has 5,000 input tokens.",
                "prompt is too long: 5000 tokens > 4096 maximum"
            ),
            ("Input is too long for requested model.", "prompt is too long: Input is too long for requested model."),
            (
                "This model's maximum context length is 128000 tokens.",
                "prompt is too long: This model's maximum context length is 128000 tokens."
            ),
        ]
    )
    func numbers(message: String, expected: String) {
        var error = GatewayError(.upstreamRefused, message)
        error.meaning = .contextTooLong
        let text = AnthropicMessages().rephrased(error).message
        #expect(text.hasPrefix(expected))
        #expect(text.hasSuffix(message))
    }

    @Test(
        "errors-06: A Gemini client reads from the body how long to wait, a Codex client from the message of a failed response"
    )
    func waiting() throws {
        var error = VendorError.anthropic(429, .rateLimited, "Slow down.", type: "rate_limit_error").error
        error.retryAfter = "17"
        let gemini = Gemini().rephrased(error)
        let details = try JSONValue(validating: Gemini().encodeError(gemini, requestID: "r"))["error"]?["details"]
        #expect(details?.array?.first?["retryDelay"]?.string == "17s")
        let google = VendorError(
            .geminiGenerateContent,
            429,
            .rateLimited,
            #"{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"16.2s"}]}}"#
        )
        #expect(google.error.retryAfter == "17")
        let context = AnswerContext(apiType: .openAIResponses, identity: Calls.identity, model: "m")
        var encoder = OpenAIResponses().makeStreamEncoder(for: context)
        var output = ByteBuffer()
        let isWritten = encoder.encodeFailure(OpenAIResponses().rephrased(error), into: &output)
        #expect(isWritten)
        let failed = try #require(eventData(String(buffer: output)).first { $0.contains("response.failed") })
        let told = try JSONValue(validating: ByteBuffer(string: failed))["response"]?["error"]
        #expect(told?["code"]?.string == "rate_limit_exceeded")
        #expect(told?["message"]?.string == "Slow down. Please try again in 17.0s.")
    }

    @Test(
        "errors-06: An error in the middle of a translated stream has the client's words",
        arguments: DialectConformance.upstreams
    )
    func streams(_ subject: DialectConformance) throws {
        let messages = #"{"model":"m","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"x"}]}"#
        let events: String
        switch subject.dialect.format {
        case .anthropicMessages:
            events =
                #"event: error\#ndata: {"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 9 tokens > 8 maximum"}}"#
        case .geminiGenerateContent:
            events =
                #"data: {"error":{"code":400,"message":"The input token count (9000) exceeds the maximum number of tokens allowed (8000).","status":"INVALID_ARGUMENT"}}"#
        case .openAIResponses:
            events =
                #"event: error\#ndata: {"type":"error","code":"context_length_exceeded","message":"Too long.","param":null,"sequence_number":1}"#
        default:
            events = #"data: {"error":{"message":"Too long.","type":"x","code":"context_length_exceeded"}}"#
        }
        let bytes = ByteBuffer(string: events + "\n\n")
        if subject.dialect.format != .openAIChat {
            let chat = try Calls.translate(Calls.chatPath, messages, to: subject.dialect.format).response.run(bytes)
            #expect(chat.output.contains("context_length_exceeded"), "\(chat.output)")
            #expect(chat.observation.error?.status == 400)
        }
        if subject.dialect.format != .anthropicMessages {
            let claude = try Calls.translate("/anthropic/v1/messages", messages, to: subject.dialect.format).response
                .run(bytes)
            #expect(claude.output.contains("prompt is too long"), "\(claude.output)")
        }
    }
}
