// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON
package import NIOCore

/// OpenAI's Responses API, relayed.
///
/// Shapes: the types of PyPI `openai` 3.52.0 (2026-11).
package struct OpenAIResponses: RelayedDialect {
    package var format: WireFormat { .openAIResponses }

    package init() {}

    package func encodeError(_ error: GatewayError, requestID: String) -> ByteBuffer { OpenAIError.body(error) }

    /// Writes an `error` event; its members stand at the top level, as `ResponseErrorEvent` has them.
    package func encodeStreamError(_ error: GatewayError, requestID: String) -> ByteBuffer {
        var output = ByteBuffer()
        EventWriter.write(name: "error", into: &output) { writer in
            ErrorWriter.write(error, into: &writer) { writer in
                writer.member("type", "error")
                writer.member("code", OpenAIError.code(of: error) ?? OpenAIError.type(of: error))
                writer.key("param")
                if let parameter = error.parameter { writer.string(parameter) } else { writer.null() }
                writer.member("sequence_number", 0)
            }
        }
        return output
    }

    /// Reads a `usage` object; `input_tokens` includes what caches served and stored, the buckets do not.
    static func usage(_ value: JSONValue) -> TokenUsage {
        var usage = TokenUsage()
        let details = value["input_tokens_details"]
        usage.cacheRead = details?["cached_tokens"]?.tokenCount
        usage.cacheWrite5m = details?["cache_write_tokens"]?.tokenCount
        usage.uncachedInput = value["input_tokens"]?.tokenCount.map {
            max(0, $0 - (usage.cacheRead ?? 0) - (usage.cacheWrite5m ?? 0))
        }
        usage.output = value["output_tokens"]?.tokenCount
        usage.reasoning = value["output_tokens_details"]?["reasoning_tokens"]?.tokenCount
        return usage
    }
}
