// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore

/// OpenAI's errors: `{"error": {"message", "type", "param", "code"}}`.
enum OpenAIError {
    static func body(_ refusal: Refusal) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeJSON { writer in
            writer.object { $0.member("error") { write(refusal, into: &$0) } }
        }
        return buffer
    }

    /// The inner object.
    static func write(_ refusal: Refusal, into writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("message", refusal.message)
            writer.member("type", type(refusal.status))
            writer.member("param", optional: refusal.parameter)
            writer.member("code", optional: refusal.code ?? code(refusal.status))
        }
    }

    private static func type(_ status: Int) -> StaticString {
        switch status {
        case 429: "requests"
        case 500...: "server_error"
        default: "invalid_request_error"
        }
    }

    private static func code(_ status: Int) -> String? {
        status == 429 ? "rate_limit_exceeded" : nil
    }

    /// A violation in OpenAI's words.
    static func refusal(_ violation: Violation) -> Refusal {
        let path = path(violation.path)
        switch violation.reason {
        case .missing:
            return .invalid(
                "Missing required parameter: '\(path)'.",
                parameter: path,
                code: "missing_required_parameter"
            )
        case .unknown:
            return .invalid("Unknown parameter: '\(path)'.", parameter: path, code: "unknown_parameter")
        case .wrongKind(let expected, let found):
            let message =
                "Invalid type for '\(path)': expected \(list(expected.map(words), "or")), but got \(words(found)) instead."
            return .invalid(message, parameter: path, code: "invalid_type")
        case .notAnInteger:
            let message = "Invalid type for '\(path)': expected an integer, but got a decimal number instead."
            return .invalid(message, parameter: path, code: "invalid_type")
        case .notOneOf(let allowed, let found):
            let values = list(allowed.map { "'\($0)'" }, "and")
            return .invalid(
                "Invalid value: '\(found)'. Supported values are: \(values).",
                parameter: path,
                code: "invalid_value"
            )
        case .badName(let rule):
            let message =
                "Invalid '\(path)': string does not match pattern. Expected a string that matches the pattern '\(rule.pattern)'."
            return .invalid(message, parameter: path, code: "invalid_value")
        case .below(let limit, let found, let isInteger):
            return bound(path, limit, found, "below minimum", "min", ">=", isInteger: isInteger)
        case .above(let limit, let found, let isInteger):
            return bound(path, limit, found, "above maximum", "max", "<=", isInteger: isInteger)
        case .tooShort(let limit, let found):
            return length(path, violation, limit, found, "short", "minimum", "below_min")
        case .tooLong(let limit, let found):
            return length(path, violation, limit, found, "long", "maximum", "above_max")
        }
    }

    private static func bound(
        _ path: String,
        _ limit: String,
        _ found: String,
        _ side: String,
        _ short: String,
        _ comparison: String,
        isInteger: Bool
    ) -> Refusal {
        let kind = isInteger ? "integer" : "decimal"
        let message =
            "Invalid '\(path)': \(kind) \(side) value. Expected a value \(comparison) \(limit), but got \(found) instead."
        return .invalid(message, parameter: path, code: "\(kind)_\(side.split(separator: " ")[0])_\(short)_value")
    }

    private static func length(
        _ path: String,
        _ violation: Violation,
        _ limit: Int,
        _ found: Int,
        _ adjective: String,
        _ side: String,
        _ code: String
    ) -> Refusal {
        if found == 0, limit == 1 {
            let isArray = violation.value?.kind == .array
            let message =
                "Invalid '\(path)': empty \(isArray ? "array" : "string"). Expected \(isArray ? "an array" : "a string") with minimum length 1."
            return .invalid(message, parameter: path, code: isArray ? "empty_array" : "empty_string")
        }
        let kind = violation.value?.kind == .array ? "array" : "string"
        let article = kind == "array" ? "an array" : "a string"
        let message =
            "Invalid '\(path)': \(kind) too \(adjective). Expected \(article) with \(side) length \(limit), but got \(article) with length \(found) instead."
        return .invalid(message, parameter: path, code: "\(kind)_\(code)_length")
    }

    /// `messages[0].content`.
    static func path(_ elements: [Violation.Element]) -> String {
        var path = ""
        for element in elements {
            switch element {
            case .member(let name): path += path.isEmpty ? name : ".\(name)"
            case .index(let index): path += "[\(index)]"
            case .variant: break
            }
        }
        return path
    }

    private static func words(_ kind: JSONValue.Kind) -> String {
        switch kind {
        case .object: "an object"
        case .array: "an array"
        case .string: "a string"
        case .number: "a number"
        case .bool: "a boolean"
        case .null: "null"
        }
    }

    static func list(_ words: [String], _ conjunction: String) -> String {
        guard let last = words.last, words.count > 1 else { return words.first ?? "" }
        if words.count == 2 { return "\(words[0]) \(conjunction) \(last)" }
        return words.dropLast().joined(separator: ", ") + ", \(conjunction) " + last
    }
}
