// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayJSON

extension GeminiEmbedContent: EmbeddingsClientDialect {
    package func decodeEmbeddings(
        _ envelope: RequestEnvelope,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> EmbeddingsRequest {
        var request = EmbeddingsRequest(model: envelope.model, inputs: [])
        try GeminiEmbeddings.decode(envelope.scan.value, "", into: &request, dropped: &dropped)
        return request
    }

    package func embeddingsEdits(for envelope: RequestEnvelope, to target: TranslationTarget) -> [JSONSplice.Edit] {
        [GeminiEmbeddings.edit(envelope.scan.value, to: target)].compactMap(\.self)
    }

    package func encodeEmbeddings(
        _ response: EmbeddingsResponse,
        to request: EmbeddingsRequest,
        into writer: inout JSONWriter
    ) throws(GatewayError) {
        writer.beginObject()
        writer.key("embedding")
        guard let vector = response.vectors.first else { throw .unreadableAnswer("the response has no vector") }
        try GeminiEmbeddings.write(vector, into: &writer)
        GeminiEmbeddings.writeUsage(response.usage, into: &writer)
        writer.endObject()
    }
}

/// For a server that has nothing but this: it gives one vector for each request.
extension GeminiEmbedContent: EmbeddingsUpstreamDialect {
    package var maximumInputs: Int { 1 }

    package func writeEmbeddings(
        _ request: EmbeddingsRequest,
        to target: TranslationTarget,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        GeminiEmbeddings.noteDropped(of: request, &dropped)
        for text in try request.onlyTexts().prefix(maximumInputs) {
            GeminiEmbeddings.write(text, request, to: target, into: &writer)
        }
    }

    package func decodeEmbeddings(_ body: JSONValue) throws(GatewayError) -> EmbeddingsResponse {
        EmbeddingsResponse(
            vectors: [try GeminiEmbeddings.vector(body["embedding"])],
            usage: body["usageMetadata"].map(Gemini.usage) ?? TokenUsage()
        )
    }
}
