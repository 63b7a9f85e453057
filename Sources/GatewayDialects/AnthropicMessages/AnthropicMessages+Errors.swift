// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON
package import NIOCore

extension AnthropicMessages {
    package func encodeError(_ error: GatewayError, requestID: String) -> ByteBuffer {
        ErrorWriter.body(error) { writer in Self.members(of: error, requestID, into: &writer) }
    }

    package func encodeStreamError(_ error: GatewayError, requestID: String) -> ByteBuffer {
        var output = ByteBuffer()
        EventWriter.write(name: "error", into: &output) { writer in
            ErrorWriter.write(error, into: &writer) { writer in
                Self.members(of: error, requestID, into: &writer)
            }
        }
        return output
    }

    /// Whether the vendor does not know a thought again: its signature, its data, or its place in the conversation.
    ///
    /// Words: errors of the vendor that users quote in the tracker of Claude Code, issues 10627, 56708 and 63267 (2025-10 to 2026-05); of a thought that
    /// another server made, without a signature, WordPress/ai-provider-for-anthropic, pull request 27 (2026-07).
    package func refusesState(_ error: GatewayError) -> Bool { Self.refusesThoughts(error.message) }

    /// The same for clouds that pass the vendor's words on.
    static func refusesThoughts(_ message: String) -> Bool {
        message.contains("Invalid `signature` in `thinking` block")
            || message.contains("Invalid `data` in `redacted_thinking` block")
            || message.contains(".thinking.signature: Field required")
            || message.contains(
                "`thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified"
            )
    }

    private static func members(of error: GatewayError, _ requestID: String, into writer: inout JSONWriter) {
        writer.member("type", "error")
        writer.key("error")
        writer.beginObject()
        writer.member("type", type(of: error))
        writer.member("message", error.message)
        if error.vendorCode == threadsUnsupportedCode {
            writer.member("details", object: { $0.member("error_code", threadsUnsupportedCode) })
        }
        writer.endObject()
        writer.member("request_id", requestID)
    }

    /// The vendor's own type where an upstream of this family gave one, else the one for the error's code.
    static func type(of error: GatewayError) -> String {
        if let type = error.vendorType, types.contains(type) { return type }
        return switch error.code {
        case .invalidRequest, .routeNotFound, .methodNotAllowed, .unsupportedMediaType, .upstreamRefused,
            .invalidParameter:
            error.status == 404 ? "not_found_error" : "invalid_request_error"
        case .payloadTooLarge: "request_too_large"
        case .unauthenticated: "authentication_error"
        case .forbidden: "permission_error"
        case .modelNotFound, .responseNotFound, .notFound: "not_found_error"
        case .alreadyExists, .conflict: "conflict_error"
        case .limitExceeded: "rate_limit_error"
        case .requestTimeout, .upstreamTimeout: "timeout_error"
        case .overloaded: "overloaded_error"
        case .upstreamUnavailable: error.status == 503 || error.status == 529 ? "overloaded_error" : "api_error"
        case .clientClosed, .internalFailure: "api_error"
        }
    }

    /// Types: PyPI `anthropic` 2.11.0, `types/shared/error_type.py` (2026-11), and `request_too_large` of the vendor's error page.
    private static let types: Set<String> = [
        "invalid_request_error", "authentication_error", "billing_error", "permission_error", "not_found_error",
        "rate_limit_error", "timeout_error", "api_error", "overloaded_error", "request_too_large", "conflict_error",
    ]
}
