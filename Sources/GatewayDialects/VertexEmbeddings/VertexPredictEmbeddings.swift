// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayJSON

/// Embeddings of texts by Vertex AI's predict, which its models before Gemini's speak.
///
/// Members: PyPI `google-genai` 3.4.0, `models.py`, and "Text embeddings API" of Google Cloud's reference, with its bound of 250 texts (2026-11).
package struct VertexPredictEmbeddings: EmbeddingsUpstreamDialect {
    package var format: WireFormat { .vertexPredictEmbeddings }
    package var maximumInputs: Int { 250 }

    package func separates(_ first: EmbeddingsRequest.Settings, _ second: EmbeddingsRequest.Settings) -> Bool {
        first != second
    }

    package init() {}

    package func writeEmbeddings(
        _ request: EmbeddingsRequest,
        to target: TranslationTarget,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        GeminiEmbeddings.noteDropped(of: request, &dropped)
        writer.beginObject()
        writer.key("instances")
        writer.beginArray()
        for text in try request.onlyTexts() {
            writer.beginObject()
            writer.member("content", text)
            if let task = GeminiEmbeddings.taskType(of: request) { writer.member("task_type", task) }
            if let title = request.settings.title { writer.member("title", title) }
            writer.endObject()
        }
        writer.endArray()
        if let dimensions = request.settings.dimensions {
            writer.member("parameters", object: { $0.member("outputDimensionality", dimensions) })
        }
        writer.endObject()
    }

    package func decodeEmbeddings(_ body: JSONValue) throws(GatewayError) -> EmbeddingsResponse {
        guard let predictions = body["predictions"]?.array else {
            throw .unreadableAnswer("the response has no 'predictions'")
        }
        var response = EmbeddingsResponse(vectors: [], usage: TokenUsage(uncachedInput: 0))
        for prediction in predictions {
            let embeddings = prediction["embeddings"]
            response.vectors.append(try GeminiEmbeddings.vector(embeddings))
            // Google writes it as a number or, in some versions, as one with a fraction of zero.
            let tokens = embeddings?["statistics"]?["token_count"]?.double
            response.usage.add(TokenUsage(uncachedInput: tokens.flatMap { Int(exactly: $0.rounded()) }))
        }
        return response
    }
}
