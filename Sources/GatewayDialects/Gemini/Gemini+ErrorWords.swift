// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Gemini {
    /// The statuses of `google.rpc.Code`, reasons of `google.rpc.ErrorInfo`, and the messages that tell apart what is `INVALID_ARGUMENT`.
    ///
    /// Messages: as users quote them in the trackers of google-gemini/gemini-cli and googleapis/python-genai (2025 to 2026-11).
    package var errorWords: ErrorWords {
        ErrorWords(
            names: [
                "INVALID_ARGUMENT": .invalidRequest,
                "FAILED_PRECONDITION": .invalidRequest,
                "UNAUTHENTICATED": .badCredential,
                "API_KEY_INVALID": .badCredential,
                "PERMISSION_DENIED": .permissionDenied,
                "NOT_FOUND": .notFound,
                "RESOURCE_EXHAUSTED": .rateLimited,
                "RATE_LIMIT_EXCEEDED": .rateLimited,
                "DEADLINE_EXCEEDED": .timedOut,
                "INTERNAL": .serverFailure,
                "UNAVAILABLE": .overloaded,
            ],
            messages: [
                (["input token count", "exceeds the maximum number of tokens"], .contextTooLong),
                (["responsible ai practices"], .contentPolicy),
                (["unable to process input image"], .imageUnreadable),
                (["provided image is not valid"], .imageUnreadable),
                (["request payload size exceeds the limit"], .requestTooLarge),
                (["is not found for api version"], .modelNotFound),
                (["publisher model", "not found"], .modelNotFound),
                (["prepayment credits are depleted"], .quotaExhausted),
            ]
        )
    }

    /// The statuses that the vendor answers with, which are those of `google.rpc.Code`: it has neither 402 nor 529.
    package func rephrase(_ error: inout GatewayError, _ meaning: ErrorMeaning) {
        switch meaning {
        case .contextTooLong, .imageUnreadable, .requestTooLarge: error.vendorType = "INVALID_ARGUMENT"
        case .contentPolicy:
            error.status = 400
            error.vendorType = "INVALID_ARGUMENT"
        case .modelNotFound:
            error.status = 404
            error.vendorType = "NOT_FOUND"
        case .quotaExhausted, .rateLimited:
            error.status = 429
            error.vendorType = "RESOURCE_EXHAUSTED"
        case .overloaded:
            error.status = 503
            error.vendorType = "UNAVAILABLE"
        case .timedOut: error.vendorType = "DEADLINE_EXCEEDED"
        case .badCredential, .permissionDenied, .invalidRequest, .notFound, .serverFailure: break
        }
    }
}
