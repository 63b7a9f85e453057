// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Reads the errors of upstreams: their shape is known to ``ErrorReport``, their words to each dialect (``ErrorWords``).
enum ErrorReader {
    /// An error body beyond this size is not read.
    private static let maximumBody = 1 << 20
    /// The longest message that goes on to a client, in bytes.
    static let maximumMessage = 4096
    /// The longest type, code or parameter that does.
    private static let maximumName = 256

    /// The error of an answer with an error status.
    static func error(
        status: Int,
        body: ByteBuffer,
        retryAfter: String?,
        provider: String,
        vocabulary: ErrorVocabulary = .known
    ) -> GatewayError {
        var report = ErrorReport()
        if body.readableBytes <= maximumBody, let value = try? JSONValue(answer: body) { report = ErrorReport(value) }
        let meaning = vocabulary.meaning(of: report, status: status) ?? ErrorMeaning(status: status)
        return error(meaning, status: status, report, retryAfter: retryAfter, provider: provider)
    }

    /// The error that an upstream reports inside an answer that began as a success, from its `error` member or the body around it.
    static func streamError(_ value: JSONValue?) -> GatewayError {
        streamError(value.map(ErrorReport.init) ?? ErrorReport())
    }

    /// The error that an upstream reports by its type beside a message.
    static func streamError(type: String, message: String?) -> GatewayError {
        streamError(ErrorReport(message: message, type: type))
    }

    private static func streamError(_ report: ErrorReport) -> GatewayError {
        let vocabulary = ErrorVocabulary.known
        let named = vocabulary.meaning(ofName: report.type) ?? vocabulary.meaning(ofName: report.code)
        let told = report.status ?? named?.httpStatus ?? 502
        let status = (400...599).contains(told) ? told : 502
        let meaning = vocabulary.meaning(of: report, status: status) ?? ErrorMeaning(status: status)
        return error(meaning, status: status, report, retryAfter: nil, provider: "The model provider")
    }

    private static func error(
        _ meaning: ErrorMeaning,
        status: Int,
        _ report: ErrorReport,
        retryAfter: String?,
        provider: String
    ) -> GatewayError {
        let kind = kind(of: meaning, status: status, provider)
        var error = GatewayError(
            kind.code,
            report.message?.prefixOfUTF8(maximumMessage) ?? kind.message,
            status: kind.status,
            vendorType: report.type?.prefixOfUTF8(maximumName),
            vendorCode: report.code?.prefixOfUTF8(maximumName),
            parameter: report.parameter?.prefixOfUTF8(maximumName),
            retryAfter: retryAfter ?? report.retryAfter.map(String.init),
            cause: "upstream answered \(status)"
        )
        error.meaning = meaning
        if meaning == .badCredential || meaning == .permissionDenied {
            // What a vendor says of the gateway's account is not for clients.
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
    }

    /// What an error is to the gateway, and what it says where the vendor says nothing (errors-01).
    private static func kind(of meaning: ErrorMeaning, status: Int, _ provider: String) -> Kind {
        let clientStatus = (400..<500).contains(status) ? status : meaning.httpStatus
        switch meaning {
        case .badCredential, .permissionDenied:
            let message = "\(provider) refused the gateway's credential. Ask the gateway's administrator."
            return Kind(code: .upstreamUnavailable, status: 502, message: message)
        case .overloaded:
            let status = status == 529 ? 529 : 503
            return Kind(code: .upstreamUnavailable, status: status, message: "\(provider) is overloaded.")
        case .rateLimited:
            let message = "\(provider) refused the request because of its rate limit."
            return Kind(code: .limitExceeded, status: 429, message: message)
        case .quotaExhausted:
            let status = status == 400 || status == 402 ? status : 429
            let message = "\(provider) refused the request because the gateway's account has no quota left."
            return Kind(code: .limitExceeded, status: status, message: message)
        case .timedOut:
            return Kind(code: .upstreamTimeout, status: 504, message: "\(provider) timed out.")
        case .requestTooLarge:
            let message = "\(provider) refused the request as too large."
            return Kind(code: .payloadTooLarge, status: clientStatus, message: message)
        case .contextTooLong, .contentPolicy, .imageUnreadable, .modelNotFound, .invalidRequest, .notFound:
            return Kind(code: .upstreamRefused, status: clientStatus, message: "\(provider) refused the request.")
        case .serverFailure:
            return Kind(code: .upstreamUnavailable, status: 502, message: "\(provider) failed.")
        }
    }
}
