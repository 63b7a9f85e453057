// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayJSON

/// Cohere's embeddings of texts, by Bedrock's InvokeModel.
///
/// Members: "Cohere Embed v3" and "Cohere Embed v4" of the Bedrock user guide (2026-11). Only v4 has `output_dimension`. Answers do not count tokens; Bedrock
/// does, in a header.
package struct CohereEmbeddings: EmbeddingsUpstreamDialect {
    package var format: WireFormat { .bedrockCohereEmbeddings }
    package var maximumInputs: Int { 96 }

    package func separates(_ first: EmbeddingsRequest.Settings, _ second: EmbeddingsRequest.Settings) -> Bool {
        first.dimensions != second.dimensions || first.taskType != second.taskType
    }
    package var inputTokensHeader: String? { "x-amzn-bedrock-input-token-count" }

    package init() {}

    package func writeEmbeddings(
        _ request: EmbeddingsRequest,
        to target: TranslationTarget,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        if request.settings.title != nil { dropped.note("title") }
        writer.beginObject()
        writer.key("texts")
        writer.beginArray()
        for text in try request.onlyTexts() { writer.string(text) }
        writer.endArray()
        writeInputType(of: request, into: &writer, dropped: &dropped)
        if let dimensions = request.settings.dimensions {
            if let length = target.capabilities.embeddingLength {
                guard dimensions == length else { throw .oneLength(length) }
            } else {
                writer.member("output_dimension", dimensions)
            }
        }
        for (key, value) in request.rest where !value.isNull {
            if key == "truncate" {
                writer.member("truncate", try value.requestText("truncate"))
            } else if key == "embedding_types" {
                try value.requireFloats("embedding_types")
            } else {
                dropped.note(rest: [(key, value)])
            }
        }
        writer.endObject()
    }

    /// Says what the vectors are for, which Cohere demands: documents, where the client does not say.
    ///
    /// A word of `input_type` that the table does not have goes on as it is: the vendor may know it.
    private func writeInputType(
        of request: EmbeddingsRequest,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) {
        var purpose = EmbeddingPurpose.document
        if let inputType = request.inputType {
            guard let known = EmbeddingPurpose(inputType: inputType) else {
                return writer.member("input_type", inputType)
            }
            purpose = known
        } else if let taskType = request.settings.taskType {
            if let known = EmbeddingPurpose(taskType: taskType) { purpose = known } else { dropped.note("taskType") }
        }
        writer.member("input_type", purpose.cohereInputType)
    }

    package func decodeEmbeddings(_ body: JSONValue) throws(GatewayError) -> EmbeddingsResponse {
        // An object by kind where kinds were asked for, or where the model is one that always answers so.
        guard let vectors = body["embeddings"].flatMap({ $0.array ?? $0["float"]?.array }) else {
            throw .unreadableAnswer("the response has no 'embeddings'")
        }
        var read: [EmbeddingsResponse.Vector] = []
        for vector in vectors {
            guard let values = vector.array else { throw .unreadableAnswer("an embedding is not an array") }
            read.append(.floats(values))
        }
        return EmbeddingsResponse(vectors: read, usage: TokenUsage())
    }
}
