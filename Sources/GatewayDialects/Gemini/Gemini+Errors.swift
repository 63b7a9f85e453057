// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON
package import NIOCore

extension Gemini {
    package func encodeError(_ error: GatewayError, requestID: String) -> ByteBuffer {
        ErrorWriter.body(error) { writer in Self.member(error, into: &writer) }
    }

    package func encodeStreamError(_ error: GatewayError, requestID: String) -> ByteBuffer {
        var output = ByteBuffer()
        EventWriter.write(into: &output) { writer in
            ErrorWriter.write(error, into: &writer) { writer in Self.member(error, into: &writer) }
        }
        return output
    }

    package func refusesState(_ error: GatewayError) -> Bool { Self.refusesSignature(error.message) }

    /// Whether the vendor does not know a signature; one that is missing is no state.
    ///
    /// Words: "Corrupted thought signature." (google-gemini/gemini-cli, issue 13467, 2025-11), "Thought signature is not valid" (Vertex AI), "Invalid thought
    /// signature" (Gemini 3.7), all as users quote them.
    static func refusesSignature(_ message: String) -> Bool {
        let message = message.lowercased()
        return message.contains("corrupted thought signature") || message.contains("invalid thought signature")
            || message.contains("thought signature is not valid")
    }

    private static func member(_ error: GatewayError, into writer: inout JSONWriter) {
        writer.key("error")
        writer.beginObject()
        writer.member("code", error.status)
        writer.member("message", error.message)
        writer.member("status", status(of: error))
        if let seconds = error.retryAfter.flatMap({ UInt32($0) }) {
            // Google's clients read here how long to wait, not in a header (gemini-cli, `googleQuotaErrors.ts`, 2026).
            writer.key("details")
            writer.beginArray()
            writer.object { writer in
                writer.member("@type", "type.googleapis.com/google.rpc.RetryInfo")
                writer.member("retryDelay", "\(seconds)s")
            }
            writer.endArray()
        }
        writer.endObject()
    }

    /// The vendor's own status where an upstream of this family gave one, else the one for the error's code.
    static func status(of error: GatewayError) -> String {
        if let type = error.vendorType, statuses.contains(type) { return type }
        return switch error.code {
        case .invalidRequest, .routeNotFound, .unsupportedMediaType, .payloadTooLarge, .upstreamRefused,
            .invalidParameter:
            error.status == 404 ? "NOT_FOUND" : "INVALID_ARGUMENT"
        case .methodNotAllowed: "UNIMPLEMENTED"
        case .unauthenticated: "UNAUTHENTICATED"
        case .forbidden: "PERMISSION_DENIED"
        case .modelNotFound, .responseNotFound, .notFound: "NOT_FOUND"
        case .alreadyExists: "ALREADY_EXISTS"
        case .conflict: "ABORTED"
        case .limitExceeded: "RESOURCE_EXHAUSTED"
        case .requestTimeout, .upstreamTimeout: "DEADLINE_EXCEEDED"
        case .overloaded, .upstreamUnavailable: "UNAVAILABLE"
        case .clientClosed: "CANCELLED"
        case .internalFailure: "INTERNAL"
        }
    }

    /// The names of `google.rpc.Code`.
    private static let statuses: Set<String> = [
        "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
        "PERMISSION_DENIED", "UNAUTHENTICATED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED",
        "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
    ]
}
