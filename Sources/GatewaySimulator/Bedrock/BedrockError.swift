// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore

/// Amazon's errors: `{"message"}`, with the exception's name in the header `x-amzn-errortype`, or in a stream as a message of its own.
enum BedrockError {
    static func body(_ refusal: Refusal) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeJSON { writer in writer.object { $0.member("message", refusal.message) } }
        return buffer
    }

    /// The body of a request.
    static func root(_ body: ByteBuffer) throws(Refusal) -> JSONValue {
        let root: JSONValue
        do throws(JSONError) {
            root = try JSONValue(validating: body)
        } catch {
            throw .invalid("The request body is not valid JSON: \(error)")
        }
        guard root.object != nil else { throw .invalid("The request body must be a JSON object") }
        return root
    }

    /// The exception's name (botocore 1.43.11, `bedrock-runtime/2023-09-30`).
    static func type(_ status: Int) -> String {
        switch status {
        case 401, 403: "AccessDeniedException"
        case 404: "ResourceNotFoundException"
        case 408: "ModelTimeoutException"
        case 424: "ModelErrorException"
        case 429: "ThrottlingException"
        case 503: "ServiceUnavailableException"
        case 500...: "InternalServerException"
        default: "ValidationException"
        }
    }

    /// The exception's name in a stream, which knows fewer of them.
    static func streamType(_ status: Int) -> String {
        switch status {
        case 429: "throttlingException"
        case 503: "serviceUnavailableException"
        case 424: "modelStreamErrorException"
        case 500...: "internalServerException"
        default: "validationException"
        }
    }

    /// A violation in Amazon's words.
    static func refusal(_ violation: Violation) -> Refusal {
        let path = AnthropicError.path(violation.path)
        let what: String
        switch violation.reason {
        case .missing: what = "required key is missing"
        case .unknown: what = "extraneous key is not permitted"
        case .wrongKind(let expected, let found): what = "expected type: \(expected), found: \(found)"
        case .notAnInteger: what = "expected an integer"
        case .notOneOf(let allowed, let found): what = "'\(found)' is not one of \(allowed)"
        case .badName(let rule):
            what = "failed to satisfy constraint: Member must satisfy regular expression pattern: \(rule.pattern)"
        case .below(let limit, _, _): what = "failed to satisfy constraint: Member must be at least \(limit)"
        case .above(let limit, _, _): what = "failed to satisfy constraint: Member must be at most \(limit)"
        case .tooShort(let limit, _):
            what = "failed to satisfy constraint: Member must have length of at least \(limit)"
        case .tooLong(let limit, _): what = "failed to satisfy constraint: Member must have length of at most \(limit)"
        }
        return .invalid("Malformed input request: \(path): \(what), please reformat your input and try again.")
    }
}
