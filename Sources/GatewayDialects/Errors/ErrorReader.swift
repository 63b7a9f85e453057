// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Reads the errors of upstreams, whatever shape they come in.
///
/// | Shape | From |
/// |---|---|
/// | `{"error": {"message", "type", "code", "param"}}` | OpenAI and compatible |
/// | `{"type": "error", "error": {"type", "message"}}` | Anthropic |
/// | `{"error": {"code", "message", "status", "details"}}`, also as the one element of an array | Gemini |
/// | `{"message"}`, `{"__type", "message"}` | Amazon |
/// | `{"error": "..."}`, `{"message": "..."}`, `{"detail": "..."}`, `{"error_code", "message"}` | servers in between |
///
/// Vendors' shapes: PyPI `openai` 3.52.0, `anthropic` 2.11.0, `google-genai` 3.4.0, `botocore` 1.43.11 (2026-11).
enum ErrorReader {
    /// An error body beyond this size is not read.
    private static let maximumBody = 1 << 20
    /// The longest message that goes on to a client, in bytes.
    private static let maximumMessage = 4096
    /// The longest type, code or parameter that does.
    private static let maximumName = 256

    /// What a body says of an error.
    private struct Report {
        var message: String?
        var type: String?
        var code: String?
        var parameter: String?
        /// The reason in a Gemini error's details.
        var reason: String?
        /// The HTTP status that the body itself names.
        var status: Int?
    }

    /// The error of an answer with an error status.
    static func error(status: Int, body: ByteBuffer, retryAfter: String?, provider: String) -> GatewayError {
        var report = Report()
        if body.readableBytes <= maximumBody, let value = try? JSONValue(answer: body) {
            report = Self.report(value)
        }
        return error(status: status, report, retryAfter: retryAfter, provider: provider)
    }

    /// The error that an upstream reports inside an answer that began as a success, from its `error` member or the body around it.
    static func streamError(_ value: JSONValue?) -> GatewayError {
        streamError(value.map(Self.report) ?? Report())
    }

    /// The error that an upstream reports by its type beside a message.
    static func streamError(type: String, message: String?) -> GatewayError {
        streamError(Report(message: message, type: type))
    }

    private static func streamError(_ report: Report) -> GatewayError {
        let status = report.status ?? status(ofType: report.type) ?? status(ofType: report.code) ?? 502
        return error(
            status: (400...599).contains(status) ? status : 502,
            report,
            retryAfter: nil,
            provider: "The model provider"
        )
    }

    private static func report(_ value: JSONValue) -> Report {
        var root = value
        if let first = root.array?.first { root = first }
        var report = Report()
        var object = root
        if let error = root["error"] {
            if let text = error.string { report.message = text }
            if error.object != nil { object = error }
        }
        report.message = report.message ?? object["message"]?.string ?? object["detail"]?.string
        report.type =
            object["status"]?.string ?? object["type"]?.string ?? root["error_code"]?.string
            ?? root["__type"]?.string
        report.code = object["code"]?.string
        report.status = object["code"]?.int ?? object["status"]?.int
        report.parameter = object["param"]?.string
        for detail in object["details"]?.array.map(Array.init) ?? [] {
            if let reason = detail["reason"]?.string { report.reason = reason }
        }
        return report
    }

    private static func error(
        status: Int,
        _ report: Report,
        retryAfter: String?,
        provider: String
    ) -> GatewayError {
        let kind = kind(status: status, report, provider)
        var error = GatewayError(
            kind.code,
            report.message?.prefixOfUTF8(maximumMessage) ?? kind.message,
            status: kind.status,
            vendorType: report.type?.prefixOfUTF8(maximumName),
            vendorCode: report.code?.prefixOfUTF8(maximumName),
            parameter: report.parameter?.prefixOfUTF8(maximumName),
            retryAfter: retryAfter,
            cause: "upstream answered \(status)"
        )
        if kind.hidesWords {
            error.message = kind.message
            error.vendorType = nil
            error.vendorCode = nil
            error.parameter = nil
        }
        return error
    }

    private struct Kind {
        let code: GatewayError.Code
        let status: Int
        let message: String
        var hidesWords = false
    }

    /// What an error is to the client: by its type where that says more than the status (errors-01).
    private static func kind(status: Int, _ report: Report, _ provider: String) -> Kind {
        let type = report.type ?? ""
        let code = report.code ?? ""
        if status == 401 || status == 403 || report.reason == "API_KEY_INVALID" || type == "authentication_error" {
            return Kind(
                code: .upstreamUnavailable,
                status: 502,
                message: "\(provider) refused the gateway's credential. Ask the gateway's administrator.",
                hidesWords: true
            )
        }
        if isOverload(type) || isOverload(code) {
            let status = status == 503 || status == 529 ? status : 503
            return Kind(code: .upstreamUnavailable, status: status, message: "\(provider) is overloaded.")
        }
        if status == 429 || isLimit(type) || isLimit(code) {
            return Kind(
                code: .limitExceeded,
                status: 429,
                message: "\(provider) refused the request because of its rate limit."
            )
        }
        switch status {
        case 408:
            return Kind(code: .upstreamTimeout, status: 504, message: "\(provider) timed out.")
        case 413:
            return Kind(
                code: .payloadTooLarge,
                status: 413,
                message: "\(provider) refused the request as too large."
            )
        case 424:
            // Bedrock's `ModelErrorException`: the model behind it failed.
            return Kind(code: .upstreamUnavailable, status: 502, message: "\(provider) failed.")
        case 400..<500:
            return Kind(code: .upstreamRefused, status: status, message: "\(provider) refused the request.")
        case 503, 529:
            return Kind(code: .upstreamUnavailable, status: status, message: "\(provider) is overloaded.")
        case 504:
            return Kind(code: .upstreamTimeout, status: 504, message: "\(provider) timed out.")
        default:
            return Kind(code: .upstreamUnavailable, status: 502, message: "\(provider) failed.")
        }
    }

    private static func isOverload(_ type: String) -> Bool {
        type == "overloaded_error" || type == "UNAVAILABLE" || type == "engine_overloaded"
    }

    private static func isLimit(_ type: String) -> Bool {
        switch type {
        case "rate_limit_error", "rate_limit_exceeded", "RESOURCE_EXHAUSTED", "insufficient_quota",
            "REQUEST_LIMIT_EXCEEDED":
            true
        default: false
        }
    }

    /// The status that goes with a type inside a stream, where no status line does.
    private static func status(ofType type: String?) -> Int? {
        switch type {
        case "invalid_request_error", "INVALID_ARGUMENT", "FAILED_PRECONDITION": 400
        case "authentication_error", "UNAUTHENTICATED": 401
        case "permission_error", "PERMISSION_DENIED": 403
        case "not_found_error", "NOT_FOUND": 404
        case "request_too_large": 413
        case "rate_limit_error", "rate_limit_exceeded", "RESOURCE_EXHAUSTED": 429
        case "timeout_error", "DEADLINE_EXCEEDED": 504
        case "overloaded_error", "UNAVAILABLE": 503
        case "api_error", "server_error", "INTERNAL": 500
        default: type.flatMap(status(ofAmazonType:))
        }
    }

    /// The status of Amazon's exceptions, whose names begin with a small letter in streams and with a capital elsewhere.
    private static func status(ofAmazonType type: String) -> Int? {
        switch type.prefix(1).uppercased() + type.dropFirst() {
        case "ValidationException": 400
        case "AccessDeniedException", "ExpiredTokenException", "UnrecognizedClientException": 403
        case "ResourceNotFoundException": 404
        case "ModelTimeoutException": 408
        case "ModelErrorException", "ModelStreamErrorException": 424
        case "ThrottlingException", "ModelNotReadyException", "ServiceQuotaExceededException": 429
        case "InternalServerException": 500
        case "ServiceUnavailableException": 503
        default: nil
        }
    }
}
