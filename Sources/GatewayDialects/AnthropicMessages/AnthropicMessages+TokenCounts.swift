// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayJSON
import NIOCore

/// Anthropic's count_tokens: PyPI `anthropic` 2.11.0, `types/message_count_tokens_params.py` (2026-11).
extension AnthropicMessages: TokenCountDialect {
    package var promptFields: PromptFields {
        PromptFields(
            content: ["messages", "system"],
            schemas: ["tools", "output_config"],
            texts: ["text", "content", "thinking", "title", "name"],
            objects: ["input"],
            media: ["source"]
        )
    }

    private static let countMembers = KeyTable<Void>([
        "model": (), "messages": (), "system": (), "tools": (), "tool_choice": (), "thinking": (),
        "output_config": (), "cache_control": (),
    ])

    /// A request for an answer must bound it; any bound will do, since nobody answers.
    package func countedRequest(of envelope: RequestEnvelope) throws(GatewayError) -> RequestEnvelope {
        guard try envelope.member("messages") != nil else {
            throw GatewayError(.invalidRequest, "The request body needs 'messages'.", parameter: "messages")
        }
        let document = envelope.scan.value.document
        guard try envelope.member("max_tokens") == nil else {
            return try envelope.with(.anthropicMessages, body: document)
        }
        let start = envelope.scan.value.range.lowerBound + 1
        let edit = JSONSplice.Edit(start..<start, with: ByteBuffer(staticString: #""max_tokens":1000000,"#))
        return try envelope.with(.anthropicMessages, body: JSONSplice.apply([edit], to: document))
    }

    package func encodeCount(of request: JSONObject, to target: TranslationTarget, into writer: inout JSONWriter) {
        if let version = target.traits.anthropicVersion {
            // In another vendor's cloud the path of a count does not name the model, although other paths do.
            writer.member("anthropic_version", version)
            writer.member("model", target.model)
        }
        writer.members(of: request, in: Self.countMembers)
    }

    /// Adds the version that another vendor's cloud demands.
    package func countEdits(for envelope: RequestEnvelope, to target: TranslationTarget) -> [JSONSplice.Edit] {
        guard let version = target.traits.anthropicVersion, envelope.scan.value["anthropic_version"] == nil else {
            return []
        }
        var writer = JSONWriter()
        writer.string(version)
        var member = ByteBuffer(staticString: #""anthropic_version":"#)
        member.writeImmutableBuffer(writer.buffer)
        member.writeStaticString(",")
        let start = envelope.scan.value.range.lowerBound + 1
        return [JSONSplice.Edit(start..<start, with: member)]
    }

    package func decodeCount(_ answer: JSONValue) -> Int? { answer["input_tokens"]?.tokenCount }

    package func encodeCount(_ count: Int, into writer: inout JSONWriter) { writer.member("input_tokens", count) }
}
