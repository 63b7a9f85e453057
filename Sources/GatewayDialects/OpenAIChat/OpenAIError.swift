// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON
package import NIOCore

/// The errors of OpenAI's APIs: chat, responses and embeddings share one shape.
enum OpenAIError {
    static func body(_ error: GatewayError) -> ByteBuffer {
        ErrorWriter.body(error) { writer in member(error, into: &writer) }
    }

    /// The event that ends a chat stream; `[DONE]` does not follow it.
    static func event(_ error: GatewayError) -> ByteBuffer {
        var output = ByteBuffer()
        EventWriter.write(into: &output) { writer in
            ErrorWriter.write(error, into: &writer) { writer in member(error, into: &writer) }
        }
        return output
    }

    /// Writes the `error` member.
    static func member(_ error: GatewayError, into writer: inout JSONWriter) {
        writer.key("error")
        writer.beginObject()
        writer.member("message", error.message)
        writer.member("type", type(of: error))
        writer.key("param")
        if let parameter = error.parameter { writer.string(parameter) } else { writer.null() }
        writer.key("code")
        if let code = code(of: error) { writer.string(code) } else { writer.null() }
        writer.endObject()
    }

    /// The vendor's own type where it came from an upstream of this family, else the one for the error's code.
    static func type(of error: GatewayError) -> String {
        if let type = error.vendorType, !isForeign(type) { return type }
        return switch error.code {
        case .invalidRequest, .routeNotFound, .methodNotAllowed, .unsupportedMediaType, .payloadTooLarge,
            .upstreamRefused, .modelNotFound, .responseNotFound, .notFound, .alreadyExists, .conflict,
            .invalidParameter:
            "invalid_request_error"
        case .unauthenticated: "authentication_error"
        case .forbidden: "permission_error"
        case .limitExceeded: "rate_limit_error"
        case .requestTimeout, .upstreamTimeout: "timeout_error"
        case .overloaded, .upstreamUnavailable, .clientClosed, .internalFailure: "server_error"
        }
    }

    /// Puts OpenAI's own status, type and code for what another API's upstream reported.
    ///
    /// Codes: OpenAI's error guide (2026-11). Chat has no code for a prompt against the policy but the one for images.
    static func rephrase(_ error: inout GatewayError, _ meaning: ErrorMeaning) {
        switch meaning {
        case .contextTooLong: error.name("invalid_request_error", "context_length_exceeded")
        case .contentPolicy:
            error.status = 400
            error.name("invalid_request_error", "content_policy_violation")
        case .imageUnreadable: error.name("invalid_request_error", "invalid_image")
        case .requestTooLarge: error.name("invalid_request_error", "request_too_large")
        case .modelNotFound:
            error.status = 404
            error.name("invalid_request_error", "model_not_found")
        case .quotaExhausted:
            error.status = 429
            error.name("insufficient_quota", "insufficient_quota")
        case .rateLimited: error.name("rate_limit_error", "rate_limit_exceeded")
        case .overloaded:
            error.status = 503
            error.name("server_error", "service_unavailable")
        case .timedOut: error.name("timeout_error", "timeout")
        case .badCredential, .permissionDenied, .invalidRequest, .notFound, .serverFailure: break
        }
    }

    static func code(of error: GatewayError) -> String? {
        if let code = error.vendorCode { return code }
        return switch error.code {
        case .unauthenticated: "invalid_api_key"
        case .modelNotFound: "model_not_found"
        case .limitExceeded: "rate_limit_exceeded"
        case .routeNotFound: "unknown_url"
        case .overloaded, .upstreamUnavailable: "service_unavailable"
        case .upstreamTimeout, .requestTimeout: "timeout"
        default: nil
        }
    }

    /// Whether a type is one of another vendor's: Gemini's are in capitals, these are Anthropic's alone.
    private static func isForeign(_ type: String) -> Bool {
        switch type {
        case "overloaded_error", "api_error", "not_found_error", "billing_error": true
        default: type.utf8.allSatisfy { $0 == UInt8(ascii: "_") || $0 &- UInt8(ascii: "A") < 26 }
        }
    }
}

extension GatewayError {
    /// What OpenAI calls it.
    fileprivate mutating func name(_ type: String, _ code: String) {
        vendorType = type
        vendorCode = code
    }
}

extension OpenAIChat {
    package func rephrase(_ error: inout GatewayError, _ meaning: ErrorMeaning) {
        OpenAIError.rephrase(&error, meaning)
    }

    package func encodeError(_ error: GatewayError, requestID: String) -> ByteBuffer { OpenAIError.body(error) }

    package func encodeStreamError(_ error: GatewayError, requestID: String) -> ByteBuffer { OpenAIError.event(error) }
}
