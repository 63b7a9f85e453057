// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

extension BedrockConverse {
    /// Amazon's exceptions, whose names begin with a small letter in streams and with a capital elsewhere.
    ///
    /// Names: botocore 1.43.11, `bedrock-runtime` (2026-11). Messages: re:Post and the trackers of its SDKs (2025 to 2026-11).
    package var errorWords: ErrorWords {
        let exceptions: [(String, ErrorMeaning)] = [
            ("ValidationException", .invalidRequest),
            ("AccessDeniedException", .permissionDenied),
            ("ExpiredTokenException", .permissionDenied),
            ("UnrecognizedClientException", .permissionDenied),
            ("ResourceNotFoundException", .notFound),
            ("ModelTimeoutException", .timedOut),
            ("ModelErrorException", .serverFailure),
            ("ModelStreamErrorException", .serverFailure),
            ("InternalServerException", .serverFailure),
            ("ThrottlingException", .rateLimited),
            ("ModelNotReadyException", .rateLimited),
            ("ServiceQuotaExceededException", .rateLimited),
            ("ServiceUnavailableException", .overloaded),
        ]
        var names: [String: ErrorMeaning] = [:]
        for (name, meaning) in exceptions {
            names[name] = meaning
            names[name.prefix(1).lowercased() + name.dropFirst()] = meaning
        }
        return ErrorWords(
            names: names,
            messages: [
                (["input is too long for requested model"], .contextTooLong),
                (["input tokens exceeded"], .contextTooLong),
                (["too many input tokens"], .contextTooLong),
                (["blocked by our content filters"], .contentPolicy),
                (["provided model identifier is invalid"], .modelNotFound),
            ]
        )
    }
}
