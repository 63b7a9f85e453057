// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// A wire format: how requests and answers look as bytes, whoever serves them.
///
/// An ``APIType`` is a route with its variant of a wire format; an upstream speaks wire formats. Two with the same name are the same. Those below are what
/// providers and models are described by; a dialect may add its own.
package struct WireFormat: Sendable, Hashable, CustomStringConvertible {
    private let id: StaticName
    /// Whether requests ask for vectors; they translate into one another and into nothing else.
    package let isEmbeddings: Bool

    /// - Parameters:
    ///   - apiTypeName: The name that `native_api_types` uses for this format.
    ///   - isEmbeddings: Whether requests ask for vectors.
    package init(_ apiTypeName: StaticString, isEmbeddings: Bool = false) {
        id = StaticName(apiTypeName)
        self.isEmbeddings = isEmbeddings
    }

    /// The name that `native_api_types` uses for this format.
    package var apiTypeName: String { id.description }

    package var description: String { apiTypeName }

    package static func == (left: WireFormat, right: WireFormat) -> Bool { left.id == right.id }

    package func hash(into hasher: inout Hasher) { hasher.combine(id) }
}

extension WireFormat {
    /// OpenAI chat completions.
    package static let openAIChat = WireFormat("openai/v1/chat/completions")
    /// OpenAI's legacy completions of a text.
    package static let openAICompletions = WireFormat("openai/v1/completions")
    /// OpenAI responses.
    package static let openAIResponses = WireFormat("openai/v1/responses")
    /// OpenAI embeddings.
    package static let openAIEmbeddings = WireFormat("openai/v1/embeddings", isEmbeddings: true)
    /// Anthropic messages.
    package static let anthropicMessages = WireFormat("anthropic/v1/messages")
    /// Gemini generateContent and streamGenerateContent.
    package static let geminiGenerateContent = WireFormat("gemini/v1/generateContent")
    /// Gemini batchEmbedContents: several vectors.
    package static let geminiBatchEmbedContents = WireFormat("gemini/v1/batchEmbedContents", isEmbeddings: true)
    /// Gemini embedContent: one vector.
    package static let geminiEmbedContent = WireFormat("gemini/v1/embedContent", isEmbeddings: true)
    /// Amazon Bedrock Converse and ConverseStream; of upstreams only, clients have no route for it.
    package static let bedrockConverse = WireFormat("bedrock/v1/converse")
    /// Amazon Titan's embeddings by Bedrock's InvokeModel: one vector; of upstreams only.
    package static let bedrockTitanEmbeddings = WireFormat("bedrock/v1/invoke/titan-embed", isEmbeddings: true)
    /// Cohere's embeddings by Bedrock's InvokeModel; of upstreams only.
    package static let bedrockCohereEmbeddings = WireFormat("bedrock/v1/invoke/cohere-embed", isEmbeddings: true)
    /// Vertex AI's predict for embeddings of texts; of upstreams only.
    package static let vertexPredictEmbeddings = WireFormat("vertex/v1/predict", isEmbeddings: true)
}
