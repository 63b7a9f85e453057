// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayJSON
package import NIOCore

extension APIType {
    package static let mlflowEmbeddings = APIType("mlflow/v1/embeddings", .openAIEmbeddings)
    package static let openAIEmbeddings = APIType("openai/v1/embeddings", .openAIEmbeddings)
}

/// OpenAI's embeddings, and Databricks' variant of them with an `instruction`.
///
/// Shapes: PyPI `openai` 3.52.0; `instruction` and the bound of the variant: Databricks documentation, foundation model REST API reference (2026-11).
package struct OpenAIEmbeddings: RelayedDialect {
    package var format: WireFormat { .openAIEmbeddings }

    /// Most inputs of one request.
    private static let maximumInputs = 2_048
    /// Most inputs of one request to Databricks' route.
    private static let maximumMLflowInputs = 150

    package var endpoints: [Endpoint] {
        [
            Endpoint(.mlflow, "/embeddings", .mlflowEmbeddings),
            Endpoint(.openAI, "/embeddings", .openAIEmbeddings),
            Endpoint(.root, "/embeddings", .openAIEmbeddings),
            Endpoint(.servingEndpoints, "/embeddings", .mlflowEmbeddings),
            .shared(
                .servingEndpoints,
                "/{model}/invocations",
                .mlflowEmbeddings,
                field: "input",
                purpose: "embeddings"
            ),
        ]
    }

    package init() {}

    package var promptFields: PromptFields { PromptFields(content: ["input", "instruction"]) }

    package func makeRelay(for relay: RelayContext) -> any ResponseTransform {
        WholeRelay(usageMember: "usage", OpenAIChat.usage)
    }

    package func rephrase(_ error: inout GatewayError, _ meaning: ErrorMeaning) {
        OpenAIError.rephrase(&error, meaning)
    }

    package func encodeError(_ error: GatewayError, requestID: String) -> ByteBuffer { OpenAIError.body(error) }

    package func encodeStreamError(_ error: GatewayError, requestID: String) -> ByteBuffer { OpenAIError.event(error) }
}

extension OpenAIEmbeddings: EmbeddingsClientDialect {
    package var inputsName: String { "input" }

    private enum Member { case model, input, encodingFormat, dimensions, instruction, inputType, user }

    private static let members = KeyTable<Member>([
        "model": .model, "input": .input, "encoding_format": .encodingFormat, "dimensions": .dimensions,
        "instruction": .instruction, "input_type": .inputType, "user": .user,
    ])

    package func decodeEmbeddings(
        _ envelope: RequestEnvelope,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> EmbeddingsRequest {
        guard let input = try envelope.member("input") else {
            throw GatewayError(.invalidRequest, "The request body needs 'input'.", parameter: "input")
        }
        let maximum = envelope.apiType == .mlflowEmbeddings ? Self.maximumMLflowInputs : Self.maximumInputs
        var request = EmbeddingsRequest(model: envelope.model, inputs: try Self.inputs(input, maximum: maximum))
        if let instruction = try envelope.member("instruction") {
            request.instruction = try instruction.requestOptionalText("instruction")
            guard request.instruction == nil || request.hasOnlyTexts else {
                throw .invalid("instruction", "cannot be put before tokens; send texts.")
            }
        }
        for (key, value) in try envelope.scan.value.requestObject("The request body") {
            switch Self.members[key] {
            case .model, .input, .instruction: break
            case .user: request.user = try value.requestOptionalText("user")
            case .dimensions: request.settings.dimensions = try value.requestCount("dimensions")
            case .encodingFormat:
                if value.isNull || value.text.map({ $0 == "float" }) == true { continue }
                guard value.text.map({ $0 == "base64" }) == true else {
                    throw .invalid("encoding_format", "must be 'float' or 'base64'.")
                }
                request.encoding = .base64
            case .inputType: request.inputType = try value.requestOptionalText("input_type")
            case nil: try request.keep(key, value)
            }
        }
        return request
    }

    private static func inputs(_ value: JSONValue, maximum: Int) throws(GatewayError) -> [EmbeddingsRequest.Input] {
        if let text = value.text { return [.text(text)] }
        guard let array = value.array, let first = array.first else {
            throw .invalid("input", "must be a text, or an array of texts or tokens that is not empty.")
        }
        if first.number != nil { return [.tokens(array)] }
        var inputs: [EmbeddingsRequest.Input] = []
        for element in array {
            guard inputs.count < maximum else { throw .invalid("input", "must have at most \(maximum) elements.") }
            if let text = element.text {
                inputs.append(.text(text))
            } else if let tokens = element.array {
                inputs.append(.tokens(tokens))
            } else {
                throw .invalid("input[\(inputs.count)]", "must be a text or an array of tokens.")
            }
        }
        return inputs
    }

    package func encodeEmbeddings(
        _ response: EmbeddingsResponse,
        to request: EmbeddingsRequest,
        into writer: inout JSONWriter
    ) throws(GatewayError) {
        writer.beginObject()
        writer.member("object", "list")
        writer.key("data")
        writer.beginArray()
        for (index, vector) in response.vectors.enumerated() {
            writer.beginObject()
            writer.member("object", "embedding")
            writer.member("index", index)
            writer.key("embedding")
            try vector.write(as: request.encoding, into: &writer)
            writer.endObject()
        }
        writer.endArray()
        if let model = response.model { writer.member("model", model) } else { writer.member("model", request.model) }
        writer.key("usage")
        writer.beginObject()
        writer.member("prompt_tokens", response.usage.totalInput)
        writer.member("total_tokens", response.usage.totalInput)
        writer.endObject()
        writer.endObject()
    }
}

extension OpenAIEmbeddings: EmbeddingsUpstreamDialect {
    /// Further members can only come from a client of this same format: they go on as they are.
    package func writeEmbeddings(
        _ request: EmbeddingsRequest,
        to target: TranslationTarget,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        if request.settings.taskType != nil { dropped.note("taskType") }
        if request.settings.title != nil { dropped.note("title") }
        writer.beginObject()
        writer.member("model", request.model)
        writer.key("input")
        writer.beginArray()
        if let texts = request.texts {
            for text in texts { writer.string(text) }
        } else {
            for input in request.inputs {
                switch input {
                case .text(let text): writer.string(text)
                case .tokens(let tokens):
                    writer.beginArray()
                    for token in tokens { writer.value(token) }
                    writer.endArray()
                }
            }
        }
        writer.endArray()
        if let dimensions = request.settings.dimensions { writer.member("dimensions", dimensions) }
        switch request.encoding {
        case .floats: writer.member("encoding_format", "float")
        case .base64: writer.member("encoding_format", "base64")
        }
        if let user = request.user { writer.member("user", user) }
        if let type = request.inputType { writer.member("input_type", type) }
        for (key, value) in request.rest {
            writer.copy(key, value)
        }
        writer.endObject()
    }

    package func decodeEmbeddings(_ body: JSONValue) throws(GatewayError) -> EmbeddingsResponse {
        guard let data = body["data"]?.array else { throw .unreadableAnswer("the response has no 'data'") }
        var vectors: [(index: Int, vector: EmbeddingsResponse.Vector)] = []
        for element in data {
            guard let vector = EmbeddingsResponse.Vector(element["embedding"]) else {
                throw .unreadableAnswer("an element of 'data' has no vector")
            }
            vectors.append((element["index"]?.int ?? vectors.count, vector))
        }
        vectors.sort { $0.index < $1.index }
        return EmbeddingsResponse(
            model: body["model"]?.text,
            vectors: vectors.map(\.vector),
            usage: body["usage"].map(OpenAIChat.usage) ?? TokenUsage()
        )
    }
}
