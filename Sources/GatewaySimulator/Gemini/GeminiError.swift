// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore

/// Google's errors: `{"error": {"code", "message", "status", "details"}}`.
enum GeminiError {
    static func body(_ refusal: Refusal) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeJSON { write(refusal, into: &$0) }
        return buffer
    }

    /// The whole object, which is also what a stream that fails ends with.
    static func write(_ refusal: Refusal, into writer: inout JSONWriter) {
        writer.object { writer in
            writer.member(
                "error",
                object: { writer in
                    writer.member("code", refusal.status)
                    writer.member("message", refusal.message)
                    writer.member("status", status(refusal.status))
                    if let retryAfter = refusal.retryAfter {
                        detail("type.googleapis.com/google.rpc.RetryInfo", into: &writer) {
                            $0.member("retryDelay", "\(retryAfter)s")
                        }
                    } else if let reason = refusal.code {
                        detail("type.googleapis.com/google.rpc.ErrorInfo", into: &writer) { writer in
                            writer.member("reason", reason)
                            writer.member("domain", "googleapis.com")
                        }
                    } else if let field = refusal.parameter {
                        detail("type.googleapis.com/google.rpc.BadRequest", into: &writer) { writer in
                            writer.member(
                                "fieldViolations",
                                array: { writer in
                                    writer.object { writer in
                                        writer.member("field", field)
                                        writer.member("description", refusal.message)
                                    }
                                }
                            )
                        }
                    }
                }
            )
        }
    }

    private static func detail(
        _ type: StaticString,
        into writer: inout JSONWriter,
        _ members: (inout JSONWriter) -> Void
    ) {
        writer.member(
            "details",
            array: { writer in
                writer.object { writer in
                    writer.member("@type", type)
                    members(&writer)
                }
            }
        )
    }

    /// Google's name for an HTTP status.
    private static func status(_ status: Int) -> StaticString {
        switch status {
        case 401: "UNAUTHENTICATED"
        case 403: "PERMISSION_DENIED"
        case 404: "NOT_FOUND"
        case 409: "ABORTED"
        case 429: "RESOURCE_EXHAUSTED"
        case 499: "CANCELLED"
        case 501: "UNIMPLEMENTED"
        case 503: "UNAVAILABLE"
        case 504: "DEADLINE_EXCEEDED"
        case 500...: "INTERNAL"
        default: "INVALID_ARGUMENT"
        }
    }

    /// A violation in Google's words.
    static func refusal(_ violation: Violation) -> Refusal {
        let path = path(violation.path)
        switch violation.reason {
        case .unknown:
            guard case .member(let name) = violation.path.last else { break }
            let parent = self.path(violation.path.dropLast())
            let place = parent.isEmpty ? "" : " at '\(parent)'"
            return .invalid(
                "Invalid JSON payload received. Unknown name \"\(name)\"\(place): Cannot find field.",
                parameter: parent
            )
        case .missing: return .invalid("* GenerateContentRequest.\(path): is not specified\n", parameter: path)
        case .tooShort: return .invalid("* GenerateContentRequest.\(path): must not be empty.\n", parameter: path)
        case .tooLong(let limit, _):
            return .invalid("* GenerateContentRequest.\(path): has more than \(limit) items.\n", parameter: path)
        case .below(let limit, let found, _), .above(let limit, let found, _):
            let message =
                "* GenerateContentRequest.\(path): the value \(found) is out of range, the limit is \(limit).\n"
            return .invalid(message, parameter: path)
        case .badName:
            let message =
                "* GenerateContentRequest.\(path): Invalid name. Must start with a letter or an underscore. Must be alphameric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 128.\n"
            return .invalid(message, parameter: path)
        case .wrongKind, .notAnInteger, .notOneOf: break
        }
        let found = violation.value.map { String(buffer: $0.bytes).prefix(64) } ?? ""
        return .invalid("Invalid value at '\(path)' (\(type(violation.reason))), \(found)", parameter: path)
    }

    private static func type(_ reason: Violation.Reason) -> String {
        switch reason {
        case .wrongKind(let expected, _):
            switch expected.first {
            case .string: "TYPE_STRING"
            case .number: "TYPE_FLOAT"
            case .bool: "TYPE_BOOL"
            case .array: "repeated field"
            default: "TYPE_MESSAGE"
            }
        case .notOneOf: "TYPE_ENUM"
        default: "TYPE_INT32"
        }
    }

    /// `contents[0].parts[1].inline_data`.
    static func path(_ elements: some Collection<Violation.Element>) -> String {
        var path = ""
        for element in elements {
            switch element {
            case .member(let name): path += path.isEmpty ? snakeCase(name) : "." + snakeCase(name)
            case .index(let index): path += "[\(index)]"
            case .variant: break
            }
        }
        return path
    }

    private static func snakeCase(_ name: String) -> String {
        var result = ""
        for character in name {
            if character.isUppercase {
                result += "_" + character.lowercased()
            } else {
                result.append(character)
            }
        }
        return result
    }
}
