// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// A wire format: how requests and answers look as bytes, whoever serves them.
///
/// An ``APIType`` is a route with its variant of a wire format; an upstream speaks wire formats.
package enum WireFormat: String, Sendable, CaseIterable, Hashable {
    /// OpenAI chat completions.
    case openAIChat = "openai/v1/chat/completions"
    /// OpenAI's legacy completions of a text.
    case openAICompletions = "openai/v1/completions"
    /// OpenAI responses.
    case openAIResponses = "openai/v1/responses"
    /// OpenAI embeddings.
    case openAIEmbeddings = "openai/v1/embeddings"
    /// Anthropic messages.
    case anthropicMessages = "anthropic/v1/messages"
    /// Gemini generateContent and streamGenerateContent.
    case geminiGenerateContent = "gemini/v1/generateContent"
    /// Amazon Bedrock Converse and ConverseStream; of upstreams only, clients have no route for it.
    case bedrockConverse = "bedrock/v1/converse"
    /// Amazon Titan's embeddings by Bedrock's InvokeModel: one vector; of upstreams only.
    case bedrockTitanEmbeddings = "bedrock/v1/invoke/titan-embed"
    /// Cohere's embeddings by Bedrock's InvokeModel; of upstreams only.
    case bedrockCohereEmbeddings = "bedrock/v1/invoke/cohere-embed"
    /// Gemini batchEmbedContents: several vectors.
    case geminiBatchEmbedContents = "gemini/v1/batchEmbedContents"
    /// Gemini embedContent: one vector.
    case geminiEmbedContent = "gemini/v1/embedContent"

    /// Vertex AI's predict for embeddings of texts; of upstreams only.
    case vertexPredictEmbeddings = "vertex/v1/predict"

    /// The name that `native_api_types` uses for this format.
    package var apiTypeName: String { rawValue }

    /// Whether requests ask for vectors; they translate into one another and into nothing else.
    package var isEmbeddings: Bool {
        switch self {
        case .openAIEmbeddings, .geminiBatchEmbedContents, .geminiEmbedContent, .bedrockTitanEmbeddings,
            .bedrockCohereEmbeddings, .vertexPredictEmbeddings:
            true
        default: false
        }
    }
}
