// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Why a call could not be served.
///
/// The code is what to branch on, the message is for the caller, the cause is for the log.
/// The client's dialect renders it. The message never holds a secret or a prompt.
package struct GatewayError: Error, Sendable, Equatable {
    package enum Code: Sendable, CaseIterable {
        /// The request is not what its API allows.
        case invalidRequest
        /// No caller, or a credential that is not known.
        case unauthenticated
        /// The caller may not do this.
        case forbidden
        /// There is no model service of that name.
        case modelNotFound
        /// There is no object, principal or token of that name, or it is hidden from the caller.
        case notFound
        /// There is one of that name already.
        case alreadyExists
        /// The object has changed meanwhile, or lives where this route cannot change it.
        case conflict
        /// A value of the request is not what the route allows.
        case invalidParameter
        /// There is no stored answer of that id, or it is another caller's.
        case responseNotFound
        /// The path belongs to no API.
        case routeNotFound
        /// The route exists, but not with this method.
        case methodNotAllowed
        /// The client took too long to send its request.
        case requestTimeout
        /// The body is larger than the gateway or the upstream takes.
        case payloadTooLarge
        /// The body is compressed in a way that is not supported, or is not JSON.
        case unsupportedMediaType
        /// A rate limit was reached, the gateway's or the upstream's.
        case limitExceeded
        /// The gateway itself is too busy or is going down.
        case overloaded
        /// The upstream refused with a 4xx that the caller can act on.
        case upstreamRefused
        /// The upstream could not be reached, failed, or refused the gateway's credential.
        case upstreamUnavailable
        /// The upstream did not respond in time.
        case upstreamTimeout
        /// The client went away; nobody reads this.
        case clientClosed
        /// A fault of the gateway.
        case internalFailure
    }

    package var code: Code
    /// What was wrong and what to do, in words for the caller.
    package var message: String
    /// The HTTP status to answer with; an upstream's own where it is relayed.
    package var status: Int
    /// The vendor's own error type (`invalid_request_error`, `overloaded_error`, `RESOURCE_EXHAUSTED`), if an upstream gave one.
    package var vendorType: String?
    /// The vendor's own error code (`context_length_exceeded`), if an upstream gave one.
    package var vendorCode: String?
    /// What an upstream's error means; nil for the gateway's own errors.
    package var meaning: ErrorMeaning?
    /// The format of the upstream whose words these are; its own clients get them unchanged.
    package var vendorFormat: WireFormat?
    /// The request member that was wrong, for dialects that name it.
    package var parameter: String?
    /// The value of `retry-after`, in seconds or as an HTTP date, as the upstream wrote it.
    package var retryAfter: String?
    /// The value of `accept-encoding`: the compressions that a request body may have, if its own is not supported.
    package var acceptEncoding: String?
    /// The upstream's `x-should-retry`, for SDKs that follow it.
    package var shouldRetry: String?
    /// Whether nothing of the request has reached the upstream.
    package var isUnsent = false
    /// The status that an upstream answered with; nil where it did not answer, or failed within a successful answer.
    package var upstreamStatus: Int?
    /// What happened inside, for the log only.
    package var cause: String?

    package init(
        _ code: Code,
        _ message: String,
        status: Int? = nil,
        vendorType: String? = nil,
        vendorCode: String? = nil,
        parameter: String? = nil,
        retryAfter: String? = nil,
        cause: String? = nil
    ) {
        self.code = code
        self.message = message
        self.status = status ?? code.httpStatus
        self.vendorType = vendorType
        self.vendorCode = vendorCode
        self.parameter = parameter
        self.retryAfter = retryAfter
        self.cause = cause
    }
}

extension GatewayError {
    /// The headers of an answer with this error, in lower case, beside those of every answer.
    ///
    /// `x-should-retry: false` where no retry mends it: the SDKs of OpenAI and Anthropic follow it (PyPI `openai` 3.52.0, `anthropic` 2.11.0), and Claude Code,
    /// which otherwise repeats a request with a bad token for a minute.
    package var headers: [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = []
        if let retryAfter { headers.append(("retry-after", retryAfter)) }
        if let acceptEncoding { headers.append(("accept-encoding", acceptEncoding)) }
        if code == .unauthenticated { headers.append(("www-authenticate", "Bearer")) }
        if isFinal {
            headers.append(("x-should-retry", "false"))
        } else if let shouldRetry {
            headers.append(("x-should-retry", shouldRetry))
        }
        return headers
    }

    /// Whether the same request fails again until somebody changes something.
    private var isFinal: Bool {
        switch meaning {
        case .badCredential, .permissionDenied, .quotaExhausted: true
        default: code == .unauthenticated || code == .forbidden
        }
    }
}

extension GatewayError.Code {
    /// The HTTP status a client sees unless an upstream's is relayed.
    package var httpStatus: Int {
        switch self {
        case .invalidRequest, .routeNotFound, .invalidParameter: 400
        case .unauthenticated: 401
        case .forbidden: 403
        case .modelNotFound, .responseNotFound, .notFound: 404
        case .methodNotAllowed: 405
        case .requestTimeout: 408
        case .alreadyExists, .conflict: 409
        case .payloadTooLarge: 413
        case .unsupportedMediaType: 415
        case .limitExceeded: 429
        case .clientClosed: 499
        case .internalFailure: 500
        case .upstreamRefused, .upstreamUnavailable: 502
        case .overloaded: 503
        case .upstreamTimeout: 504
        }
    }

    /// Databricks' `error_code` for the top level of every error body.
    package var databricksCode: String {
        switch self {
        case .invalidRequest, .routeNotFound, .unsupportedMediaType, .payloadTooLarge, .upstreamRefused: "BAD_REQUEST"
        case .methodNotAllowed: "NOT_IMPLEMENTED"
        case .unauthenticated: "UNAUTHENTICATED"
        case .forbidden: "PERMISSION_DENIED"
        case .modelNotFound, .responseNotFound, .notFound: "RESOURCE_DOES_NOT_EXIST"
        case .alreadyExists: "ALREADY_EXISTS"
        case .conflict: "RESOURCE_CONFLICT"
        case .invalidParameter: "INVALID_PARAMETER_VALUE"
        case .requestTimeout, .upstreamTimeout: "DEADLINE_EXCEEDED"
        case .limitExceeded: "REQUEST_LIMIT_EXCEEDED"
        case .overloaded, .upstreamUnavailable: "TEMPORARILY_UNAVAILABLE"
        case .clientClosed: "CANCELLED"
        case .internalFailure: "INTERNAL_ERROR"
        }
    }

    /// Whether another destination may succeed where this one failed.
    package var allowsFallback: Bool {
        switch self {
        case .limitExceeded, .upstreamUnavailable, .upstreamTimeout: true
        case .invalidRequest, .unauthenticated, .forbidden, .modelNotFound, .routeNotFound, .methodNotAllowed: false
        case .requestTimeout, .payloadTooLarge, .unsupportedMediaType, .overloaded, .upstreamRefused: false
        case .clientClosed, .internalFailure, .responseNotFound: false
        case .notFound, .alreadyExists, .conflict, .invalidParameter: false
        }
    }
}
