// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayJSON

extension GeminiBatchEmbedContents: EmbeddingsClientDialect {
    /// Many times what the vendor takes.
    private static let maximumRequests = 2_048

    package func decodeEmbeddings(
        _ envelope: RequestEnvelope,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> EmbeddingsRequest {
        guard let requests = try envelope.member("requests")?.requestArray("requests"), !requests.isEmpty else {
            throw .invalid("requests", "must be an array that is not empty.")
        }
        var request = EmbeddingsRequest(model: envelope.model, inputs: [])
        for element in requests {
            let index = request.inputs.count
            guard index < Self.maximumRequests else {
                throw .invalid("requests", "must have at most \(Self.maximumRequests) elements.")
            }
            try GeminiEmbeddings.decode(element, "requests[\(index)].", into: &request, dropped: &dropped)
        }
        return request
    }

    package func embeddingsEdits(for envelope: RequestEnvelope, to target: TranslationTarget) -> [JSONSplice.Edit] {
        guard let requests = (try? envelope.member("requests"))?.array else { return [] }
        return requests.compactMap { GeminiEmbeddings.edit($0, to: target) }
    }

    package func encodeEmbeddings(
        _ response: EmbeddingsResponse,
        to request: EmbeddingsRequest,
        into writer: inout JSONWriter
    ) throws(GatewayError) {
        writer.beginObject()
        writer.key("embeddings")
        writer.beginArray()
        for vector in response.vectors { try GeminiEmbeddings.write(vector, into: &writer) }
        writer.endArray()
        GeminiEmbeddings.writeUsage(response.usage, into: &writer)
        writer.endObject()
    }
}

extension GeminiBatchEmbedContents: EmbeddingsUpstreamDialect {
    /// The vendor refuses more than 100 requests in one batch (2026-11).
    package var maximumInputs: Int { 100 }

    package func separates(_ first: EmbeddingsRequest.Settings, _ second: EmbeddingsRequest.Settings) -> Bool {
        first != second
    }

    package func writeEmbeddings(
        _ request: EmbeddingsRequest,
        to target: TranslationTarget,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        GeminiEmbeddings.noteDropped(of: request, &dropped)
        writer.beginObject()
        writer.key("requests")
        writer.beginArray()
        for text in try request.onlyTexts() {
            GeminiEmbeddings.write(text, request, to: target, into: &writer)
        }
        writer.endArray()
        writer.endObject()
    }

    package func decodeEmbeddings(_ body: JSONValue) throws(GatewayError) -> EmbeddingsResponse {
        guard let embeddings = body["embeddings"]?.array else {
            throw .unreadableAnswer("the response has no 'embeddings'")
        }
        var vectors: [EmbeddingsResponse.Vector] = []
        for embedding in embeddings { vectors.append(try GeminiEmbeddings.vector(embedding)) }
        return EmbeddingsResponse(
            vectors: vectors,
            usage: body["usageMetadata"].map(Gemini.usage) ?? TokenUsage()
        )
    }
}
