// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayJSON
import NIOCore

/// Anthropic's count_tokens: PyPI `anthropic` 2.11.0, `types/message_count_tokens_params.py` (2026-11).
extension AnthropicMessages: TokenCountDialect {
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

/// OpenAI's input_tokens: PyPI `openai` 3.52.0, `types/responses/input_token_count_params.py` (2026-11).
extension OpenAIResponses: TokenCountDialect {
    private static let countMembers = KeyTable<Void>([
        "model": (), "input": (), "instructions": (), "tools": (), "tool_choice": (), "parallel_tool_calls": (),
        "reasoning": (), "text": (), "truncation": (), "previous_response_id": (), "conversation": (),
    ])

    package func countedRequest(of envelope: RequestEnvelope) throws(GatewayError) -> RequestEnvelope {
        try envelope.with(.openAIResponses, body: envelope.scan.value.document)
    }

    package func encodeCount(of request: JSONObject, to target: TranslationTarget, into writer: inout JSONWriter) {
        writer.members(of: request, in: Self.countMembers)
    }

    package func decodeCount(_ answer: JSONValue) -> Int? { answer["input_tokens"]?.tokenCount }

    package func encodeCount(_ count: Int, into writer: inout JSONWriter) {
        writer.member("object", "response.input_tokens")
        writer.member("input_tokens", count)
    }
}

/// Gemini's countTokens: PyPI `google-genai` 3.4.0 (2026-11), and `generateContentRequest` of the vendor's REST reference, which counts system words and tools too.
///
/// Vertex AI has no `generateContentRequest`, but takes its members beside `contents`.
extension Gemini: TokenCountDialect {
    private static let vertexCountMembers = KeyTable<Void>([
        "contents": (), "systemInstruction": (), "system_instruction": (), "tools": (), "generationConfig": (),
        "generation_config": (),
    ])

    package func countedRequest(of envelope: RequestEnvelope) throws(GatewayError) -> RequestEnvelope {
        if let request = try envelope.member("generateContentRequest"), request.object != nil {
            return try envelope.with(.geminiGenerateContent, body: request.bytes)
        }
        guard try envelope.member("contents") != nil else {
            throw GatewayError(.invalidRequest, "The request body needs 'contents'.", parameter: "contents")
        }
        return try envelope.with(.geminiGenerateContent, body: envelope.scan.value.document)
    }

    package func canRelayCount(
        _ envelope: RequestEnvelope,
        to target: TranslationTarget
    ) throws(GatewayError) -> Bool {
        guard target.traits.isVertexAI == true else { return true }
        return try envelope.member("generateContentRequest") == nil
    }

    package func countEdits(for envelope: RequestEnvelope, to target: TranslationTarget) -> [JSONSplice.Edit] {
        guard let name = (try? envelope.member("generateContentRequest"))?["model"] else { return [] }
        var writer = JSONWriter(capacity: target.model.utf8.count + 16)
        writer.string(Self.resource(of: target.model))
        return [JSONSplice.Edit(name.range, with: writer.buffer)]
    }

    package func encodeCount(of request: JSONObject, to target: TranslationTarget, into writer: inout JSONWriter) {
        if target.traits.isVertexAI == true { return writer.members(of: request, in: Self.vertexCountMembers) }
        writer.key("generateContentRequest")
        writer.beginObject()
        writer.member("model", Self.resource(of: target.model))
        for (key, value) in request where !(key == "model") {
            writer.copy(key, value)
        }
        writer.endObject()
    }

    package func decodeCount(_ answer: JSONValue) -> Int? { answer["totalTokens"]?.tokenCount }

    package func encodeCount(_ count: Int, into writer: inout JSONWriter) { writer.member("totalTokens", count) }

    /// The name of a model as bodies write it.
    static func resource(of model: String) -> String {
        model.hasPrefix("models/") || model.hasPrefix("tunedModels/") ? model : "models/\(model)"
    }
}

/// Bedrock's CountTokens: botocore 1.43.11, `bedrock-runtime/2023-09-30` (2026-11).
extension BedrockConverse: TokenCountUpstreamDialect {
    private static let countMembers = KeyTable<Void>([
        "messages": (), "system": (), "toolConfig": (), "additionalModelRequestFields": (),
    ])

    package func encodeCount(of request: JSONObject, to target: TranslationTarget, into writer: inout JSONWriter) {
        writer.key("input")
        writer.beginObject()
        writer.key("converse")
        writer.beginObject()
        writer.members(of: request, in: Self.countMembers)
        writer.endObject()
        writer.endObject()
    }

    package func decodeCount(_ answer: JSONValue) -> Int? { answer["inputTokens"]?.tokenCount }
}
