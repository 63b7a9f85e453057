// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension AnthropicMessages {
    /// The vendor's types, and the messages that tell apart what it calls `invalid_request_error`.
    ///
    /// Types: PyPI `anthropic` 2.11.0, `types/shared/error_type.py` (2026-11). Messages: as users quote them in the tracker of Claude Code (2025 to 2026-11).
    package var errorWords: ErrorWords {
        ErrorWords(
            names: [
                "invalid_request_error": .invalidRequest,
                "authentication_error": .badCredential,
                "billing_error": .quotaExhausted,
                "permission_error": .permissionDenied,
                "not_found_error": .notFound,
                "request_too_large": .requestTooLarge,
                "rate_limit_error": .rateLimited,
                "timeout_error": .timedOut,
                "api_error": .serverFailure,
                "overloaded_error": .overloaded,
            ],
            messages: [
                (["prompt is too long"], .contextTooLong),
                (["exceed context limit"], .contextTooLong),
                (["content filtering policy"], .contentPolicy),
                (["could not process image"], .imageUnreadable),
                (["media type", "but the image appears to be"], .imageUnreadable),
                (["credit balance is too low"], .quotaExhausted),
            ]
        )
    }

    /// The words by which Claude Code knows what to do: it makes room where the prompt is too long, and leaves out an image that cannot be processed.
    ///
    /// Texts: Claude Code 2.1, as its tracker quotes them (2025-10 to 2026-11).
    package func rephrase(_ error: inout GatewayError, _ meaning: ErrorMeaning) {
        switch meaning {
        case .contextTooLong:
            error.vendorType = "invalid_request_error"
            error.message = Self.promptIsTooLong(error.message)
        case .imageUnreadable:
            error.vendorType = "invalid_request_error"
            error.begin(with: "Could not process image")
        case .contentPolicy:
            error.status = 400
            error.vendorType = "invalid_request_error"
        case .modelNotFound:
            error.status = 404
            error.vendorType = "not_found_error"
        case .quotaExhausted:
            error.status = 402
            error.vendorType = "billing_error"
        case .requestTooLarge:
            error.status = 413
            error.vendorType = "request_too_large"
        case .rateLimited: error.vendorType = "rate_limit_error"
        case .overloaded:
            error.status = 529
            error.vendorType = "overloaded_error"
        case .timedOut: error.vendorType = "timeout_error"
        case .badCredential, .permissionDenied, .invalidRequest, .notFound, .serverFailure: break
        }
    }

    /// A message as the vendor writes it, with both numbers where another vendor's has them.
    private static func promptIsTooLong(_ message: String) -> String {
        guard !message.lowercased().contains("prompt is too long") else { return message }
        guard let (used, limit) = ContextOverflow.tokens(in: message) else { return "prompt is too long: \(message)" }
        return "prompt is too long: \(used) tokens > \(limit) maximum. \(message)"
    }
}
