// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Why the simulated vendor refuses a request.
///
/// The status decides the vendor's error type; the rest goes where the vendor has a place for it.
struct Refusal: Error, Sendable, Equatable {
    var status: Int
    var message: String
    /// The request field that is wrong: `param` at OpenAI.
    var parameter: String?
    /// `code` at OpenAI, `reason` at Google.
    var code: String?
    /// Seconds, for the header `retry-after`.
    var retryAfter: Int?
    /// Of a call with the wrong method: the right one.
    var allowedMethod: String?

    init(
        _ status: Int,
        _ message: String,
        parameter: String? = nil,
        code: String? = nil,
        retryAfter: Int? = nil,
        allowedMethod: String? = nil
    ) {
        self.status = status
        self.message = message
        self.parameter = parameter
        self.code = code
        self.retryAfter = retryAfter
        self.allowedMethod = allowedMethod
    }

    /// A request that breaks a rule.
    static func invalid(_ message: String, parameter: String? = nil, code: String? = nil) -> Refusal {
        Refusal(400, message, parameter: parameter, code: code)
    }
}
