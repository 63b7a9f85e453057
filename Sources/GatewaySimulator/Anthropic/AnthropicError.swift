// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore

/// Anthropic's errors: `{"type": "error", "error": {"type", "message"}, "request_id"}`.
enum AnthropicError {
    static func body(_ refusal: Refusal, requestID: String) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeJSON { write(refusal, requestID: requestID, into: &$0) }
        return buffer
    }

    /// The whole object, which is also the data of an `error` event.
    static func write(_ refusal: Refusal, requestID: String, into writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("type", "error")
            writer.member(
                "error",
                object: { writer in
                    writer.member("type", type(refusal.status))
                    writer.member("message", refusal.message)
                }
            )
            writer.member("request_id", requestID)
        }
    }

    private static func type(_ status: Int) -> StaticString {
        switch status {
        case 401: "authentication_error"
        case 402: "billing_error"
        case 403: "permission_error"
        case 404: "not_found_error"
        case 413: "request_too_large"
        case 429: "rate_limit_error"
        case 504: "timeout_error"
        case 529: "overloaded_error"
        case 500...: "api_error"
        default: "invalid_request_error"
        }
    }

    /// A violation in Anthropic's words.
    static func refusal(_ violation: Violation) -> Refusal {
        let path = path(violation.path)
        let what: String
        switch violation.reason {
        case .missing: what = "Field required"
        case .unknown: what = "Extra inputs are not permitted"
        case .wrongKind(let expected, _): what = "Input should be \(OpenAIError.list(expected.map(words), "or"))"
        case .notAnInteger: what = "Input should be a valid integer"
        case .notOneOf(let allowed, let found):
            let values = OpenAIError.list(allowed.map { "'\($0)'" }, "or")
            if case .member("type") = violation.path.last {
                what = "Input tag '\(found)' does not match any of the expected tags: \(values)"
            } else {
                what = "Input should be \(values)"
            }
        case .badName(let rule): what = "String should match pattern '\(rule.pattern)'"
        case .below(let limit, _, _): what = "Input should be greater than or equal to \(limit)"
        case .above(let limit, _, _): what = "Input should be less than or equal to \(limit)"
        case .tooShort(let limit, _): what = "\(kind(violation)) should have at least \(limit) \(items(violation))"
        case .tooLong(let limit, _): what = "\(kind(violation)) should have at most \(limit) \(items(violation))"
        }
        return .invalid(path.isEmpty ? what : "\(path): \(what)")
    }

    private static func kind(_ violation: Violation) -> String { violation.value?.kind == .array ? "List" : "String" }

    private static func items(_ violation: Violation) -> String {
        violation.value?.kind == .array ? "item(s)" : "character(s)"
    }

    /// `messages.0.content.1.text`.
    static func path(_ elements: [Violation.Element]) -> String {
        elements.map { element in
            switch element {
            case .member(let name): name
            case .index(let index): String(index)
            case .variant(let tag): tag.description
            }
        }
        .joined(separator: ".")
    }

    private static func words(_ kind: JSONValue.Kind) -> String {
        switch kind {
        case .object: "a valid dictionary"
        case .array: "a valid list"
        case .string: "a valid string"
        case .number: "a valid number"
        case .bool: "a valid boolean"
        case .null: "null"
        }
    }
}
