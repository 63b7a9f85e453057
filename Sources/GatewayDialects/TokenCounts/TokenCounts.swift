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

    package func encodeCount(of request: JSONObject, model: String, into writer: inout JSONWriter) {
        writer.members(of: request, in: Self.countMembers)
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

    package func encodeCount(of request: JSONObject, model: String, into writer: inout JSONWriter) {
        writer.members(of: request, in: Self.countMembers)
    }

    package func decodeCount(_ answer: JSONValue) -> Int? { answer["input_tokens"]?.tokenCount }

    package func encodeCount(_ count: Int, into writer: inout JSONWriter) {
        writer.member("object", "response.input_tokens")
        writer.member("input_tokens", count)
    }
}

/// Gemini's countTokens: PyPI `google-genai` 3.4.0 (2026-11), and `generateContentRequest` of the vendor's REST reference, which counts system words and tools too.
extension Gemini: TokenCountDialect {
    package func countedRequest(of envelope: RequestEnvelope) throws(GatewayError) -> RequestEnvelope {
        if let request = try envelope.member("generateContentRequest"), request.object != nil {
            return try envelope.with(.geminiGenerateContent, body: request.bytes)
        }
        guard try envelope.member("contents") != nil else {
            throw GatewayError(.invalidRequest, "The request body needs 'contents'.", parameter: "contents")
        }
        return try envelope.with(.geminiGenerateContent, body: envelope.scan.value.document)
    }

    package func countEdits(for envelope: RequestEnvelope, model: String) -> [JSONSplice.Edit] {
        guard let name = (try? envelope.member("generateContentRequest"))?["model"] else { return [] }
        var writer = JSONWriter(capacity: model.utf8.count + 16)
        writer.string(Self.resource(of: model))
        return [JSONSplice.Edit(name.range, with: writer.buffer)]
    }

    package func encodeCount(of request: JSONObject, model: String, into writer: inout JSONWriter) {
        writer.key("generateContentRequest")
        writer.beginObject()
        writer.member("model", Self.resource(of: model))
        for (key, value) in request where !(key == "model") {
            writer.key(key)
            writer.value(value)
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
