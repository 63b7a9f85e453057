// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON
package import NIOCore

extension OpenAIResponses {
    package func refusesState(_ error: GatewayError) -> Bool { Self.refusesThoughts(error) }

    /// Whether the vendor cannot read an encrypted thought; Azure says so without a code.
    ///
    /// Words: openai/codex, issue 8145 (2025-12); openai/openai-agents-python, issue 2063 (2025-11).
    static func refusesThoughts(_ error: GatewayError) -> Bool {
        error.vendorCode == "invalid_encrypted_content"
            || error.message.hasPrefix("The encrypted content ") && error.message.contains("could not be verified")
    }

    package func encodeError(_ error: GatewayError, requestID: String) -> ByteBuffer { OpenAIError.body(error) }

    package func encodeStreamError(_ error: GatewayError, requestID: String) -> ByteBuffer {
        var output = ByteBuffer()
        Self.writeError(error, sequence: 0, into: &output)
        return output
    }

    /// Writes an `error` event.
    ///
    /// Its members stand at the top level, as `ResponseErrorEvent` has them, and in `error` too: that is what makes the SDKs raise an error (PyPI `openai`
    /// 3.52.0, `_streaming.py`, 2026-11).
    static func writeError(_ error: GatewayError, sequence: Int, into output: inout ByteBuffer) {
        EventWriter.write(name: "error", into: &output) { writer in
            ErrorWriter.write(error, into: &writer) { writer in
                writer.member("type", "error")
                writer.member("code", OpenAIError.code(of: error) ?? OpenAIError.type(of: error))
                writer.key("param")
                if let parameter = error.parameter { writer.string(parameter) } else { writer.null() }
                writer.member("sequence_number", sequence)
                OpenAIError.member(error, into: &writer)
            }
        }
    }

    /// The code in the `error` of a response that failed.
    ///
    /// Codex gives up on `context_length_exceeded`, `insufficient_quota` and `invalid_prompt` and tries again on the others.
    static func failureCode(of error: GatewayError) -> String {
        switch error.code {
        case .limitExceeded: error.vendorCode == "insufficient_quota" ? "insufficient_quota" : "rate_limit_exceeded"
        case .invalidRequest, .upstreamRefused, .payloadTooLarge, .forbidden, .modelNotFound:
            error.vendorCode == "context_length_exceeded" ? "context_length_exceeded" : "invalid_prompt"
        default: "server_error"
        }
    }

    /// The error of an answer that failed, from its `error` member or an `error` event.
    static func failure(_ value: JSONValue?) -> GatewayError {
        var error = ErrorReader.streamError(value)
        guard error.code == .upstreamUnavailable, let code = error.vendorCode, !isServerFault(code) else {
            return error
        }
        // What is wrong is the prompt or a picture in it.
        error.code = .upstreamRefused
        error.status = 400
        return error
    }

    private static func isServerFault(_ code: String) -> Bool {
        switch code {
        case "server_error", "vector_store_timeout", "internal_error", "service_unavailable", "server_is_overloaded",
            "slow_down", "timeout", "processing_error":
            true
        default: false
        }
    }
}
