// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayJSON
import NIOCore

/// OpenAI's input_tokens: PyPI `openai` 3.52.0, `types/responses/input_token_count_params.py` (2026-11).
extension OpenAIResponses: TokenCountDialect {
    package var promptFields: PromptFields {
        PromptFields(
            content: ["input", "instructions"],
            schemas: ["tools"],
            texts: ["text", "content", "arguments", "output", "refusal", "input", "name"],
            objects: ["arguments"],
            media: ["image_url", "input_audio", "file"]
        )
    }

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
