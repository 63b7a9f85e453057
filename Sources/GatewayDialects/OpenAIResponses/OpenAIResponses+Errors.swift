// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON
package import NIOCore

extension OpenAIResponses {
    package func refusesState(_ error: GatewayError) -> Bool {
        Self.refusesThoughts(error) || Self.refusesReasoningItem(error)
    }

    /// Whether the vendor refuses an item of reasoning that another server made: one with its text in `content`, or one without encrypted content that it looks
    /// for among the items that it keeps.
    ///
    /// Words: musistudio/claude-code-router, issue 1783 (2026-09); vercel/ai, issue 7543 (2025-07).
    private static func refusesReasoningItem(_ error: GatewayError) -> Bool {
        if error.message.hasPrefix("Item with id 'rs_"), error.message.contains("not found") { return true }
        guard error.vendorCode == "array_above_max_length" || error.vendorCode == "unknown_parameter",
            let parameter = error.parameter
        else { return false }
        return parameter.hasPrefix("input[") && parameter.hasSuffix("].content")
    }

    /// Whether the vendor cannot read an encrypted thought; Azure says so without a code.
    ///
    /// Words: openai/codex, issue 8145 (2025-12); openai/openai-agents-python, issue 2063 (2025-11).
    static func refusesThoughts(_ error: GatewayError) -> Bool {
        error.vendorCode == "invalid_encrypted_content"
            || error.message.hasPrefix("The encrypted content ") && error.message.contains("could not be verified")
    }

    /// OpenAI's words, with those by which Codex knows what to do: it gives up on a model without capacity, and leaves out an image that is none.
    ///
    /// Source: openai/codex, `codex-api/src/api_bridge.rs` (2026).
    package func rephrase(_ error: inout GatewayError, _ meaning: ErrorMeaning) {
        OpenAIError.rephrase(&error, meaning)
        switch meaning {
        case .contentPolicy: error.vendorCode = "invalid_prompt"
        case .overloaded: error.vendorCode = "server_is_overloaded"
        case .imageUnreadable: error.begin(with: "The image data you provided does not represent a valid image")
        default: break
        }
    }

    /// Whether Codex knows an error only as `response.failed`: it makes room in a conversation that is too long, but not on a 400 that says so.
    ///
    /// Source: openai/codex, `codex-api/src/sse/responses.rs` (2026).
    package func tellsInStream(_ error: GatewayError) -> Bool { error.meaning == .contextTooLong }

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
    /// Codex gives up on `context_length_exceeded`, `insufficient_quota`, `invalid_prompt` and `server_is_overloaded` and tries again on the others: a stream
    /// whose vendor is busy is worth another try.
    static func failureCode(of error: GatewayError) -> String {
        switch error.meaning {
        case .contextTooLong: return "context_length_exceeded"
        case .quotaExhausted: return "insufficient_quota"
        default: break
        }
        return switch error.code {
        case .limitExceeded: "rate_limit_exceeded"
        case .invalidRequest, .upstreamRefused, .payloadTooLarge, .forbidden, .modelNotFound: "invalid_prompt"
        default: "server_error"
        }
    }

    /// The message in the `error` of a response that failed: Codex waits as long as it says, as OpenAI's messages do.
    static func failureMessage(of error: GatewayError) -> String {
        guard failureCode(of: error) == "rate_limit_exceeded", let seconds = error.retryAfter.flatMap(Double.init),
            seconds >= 0, !error.message.lowercased().contains("try again in")
        else { return error.message }
        return "\(error.message) Please try again in \(seconds)s."
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
        error.meaning = .invalidRequest
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
