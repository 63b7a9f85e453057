// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayJSON

/// Amazon Titan's embeddings of texts, by Bedrock's InvokeModel: one text, one vector.
///
/// Members: "Amazon Titan Embeddings Text" and "Amazon Titan Multimodal Embeddings G1" of the Bedrock user guide (2026-11). Only the second version has
/// `dimensions` and `normalize`; the multimodal model has the length in `embeddingConfig`.
package struct TitanEmbeddings: EmbeddingsUpstreamDialect {
    package var format: WireFormat { .bedrockTitanEmbeddings }
    package var maximumInputs: Int { 1 }

    package init() {}

    package func writeEmbeddings(
        _ request: EmbeddingsRequest,
        to target: TranslationTarget,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        let length = target.capabilities.embeddingLength
        let isMultimodal = target.capabilities.embedsImages == true
        if request.settings.taskType != nil { dropped.note("taskType") }
        if request.settings.title != nil { dropped.note("title") }
        if request.inputType != nil { dropped.note("input_type") }
        writer.beginObject()
        for text in try request.onlyTexts().prefix(maximumInputs) { writer.member("inputText", text) }
        if let dimensions = request.settings.dimensions {
            if let length {
                guard dimensions == length else { throw .oneLength(length) }
            } else if isMultimodal {
                writer.member("embeddingConfig", object: { $0.member("outputEmbeddingLength", dimensions) })
            } else {
                writer.member("dimensions", dimensions)
            }
        }
        for (key, value) in request.rest where !value.isNull {
            if key == "normalize", length == nil, !isMultimodal {
                if let flag = try value.requestFlag("normalize") { writer.member("normalize", flag) }
            } else if key == "embeddingTypes" {
                try value.requireFloats("embeddingTypes")
            } else {
                dropped.note(rest: [(key, value)])
            }
        }
        writer.endObject()
    }

    package func decodeEmbeddings(_ body: JSONValue) throws(GatewayError) -> EmbeddingsResponse {
        guard let values = (body["embedding"] ?? body["embeddingsByType"]?["float"])?.array else {
            throw .unreadableAnswer("the response has no 'embedding'")
        }
        return EmbeddingsResponse(
            vectors: [.floats(values)],
            usage: TokenUsage(uncachedInput: body["inputTextTokenCount"]?.tokenCount)
        )
    }
}

extension GatewayError {
    /// What is asked of a model whose vectors have one length only.
    static func oneLength(_ length: Int) -> GatewayError {
        .invalid("dimensions", "must be left out or \(length): the vectors of this model have no other length.")
    }
}

extension JSONValue {
    /// Refuses kinds of vectors that no client's format has a place for.
    func requireFloats(_ path: StaticString) throws(GatewayError) {
        let kinds = try requestArray("\(path)")
        guard kinds.allSatisfy({ $0.text.map { $0 == "float" } ?? false }) else {
            throw .invalid("\(path)", "must be left out or ['float']: the gateway returns nothing else.")
        }
    }
}
