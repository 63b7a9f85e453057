// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayJSON
import NIOCore

/// Gemini's countTokens: PyPI `google-genai` 3.4.0 (2026-11), and `generateContentRequest` of the vendor's REST reference, which counts system words and tools too.
///
/// Vertex AI has no `generateContentRequest`, but takes its members beside `contents`.
extension Gemini: TokenCountDialect {
    package func maximumOutput(of request: JSONScan) -> Int? {
        let fields: [StaticString] = ["generationConfig", "generation_config"]
        let settings = fields.lazy.compactMap { (try? request.unique($0))?.object }.first
        return (settings?["maxOutputTokens"] ?? settings?["max_output_tokens"])?.int
    }

    package var promptFields: PromptFields {
        PromptFields(
            content: ["contents", "systemInstruction", "system_instruction"],
            schemas: ["tools"],
            texts: ["text", "title", "name"],
            objects: ["args", "response"],
            media: ["inlineData", "inline_data", "fileData", "file_data"],
            requests: ["generateContentRequest"]
        )
    }

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
