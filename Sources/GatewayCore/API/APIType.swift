// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// An API that clients may call, named as in `system.ai_gateway.usage.api_type`.
///
/// Names: Databricks documentation, "Use model services" (2026-11); those that it does not list are made in the same way.
package enum APIType: String, Sendable, CaseIterable, Hashable {
    case mlflowChat = "mlflow/v1/chat/completions"
    case mlflowEmbeddings = "mlflow/v1/embeddings"
    case mlflowResponses = "mlflow/v1/responses"
    case openAIChat = "openai/v1/chat/completions"
    case openAICompletions = "openai/v1/completions"
    case openAIEmbeddings = "openai/v1/embeddings"
    case openAIResponses = "openai/v1/responses"
    case openAIInputTokens = "openai/v1/responses/input_tokens"
    case cursorChat = "cursor/v1/chat/completions"
    case anthropicMessages = "anthropic/v1/messages"
    case anthropicCountTokens = "anthropic/v1/messages/count_tokens"
    case geminiGenerateContent = "gemini/v1/generateContent"
    case geminiCountTokens = "gemini/v1/countTokens"
    case geminiEmbedContent = "gemini/v1/embedContent"
    case geminiBatchEmbedContents = "gemini/v1/batchEmbedContents"

    /// What is asked of the model.
    package enum Operation: Sendable {
        /// An answer.
        case generate
        /// Vectors.
        case embed
        /// How many tokens a request for an answer would have; nothing is generated.
        case countTokens
    }

    /// The wire format that clients of this API send and expect; for ``Operation/countTokens`` that of the requests that are counted.
    package var wireFormat: WireFormat {
        switch self {
        case .mlflowChat, .openAIChat, .cursorChat: .openAIChat
        case .openAICompletions: .openAICompletions
        case .mlflowEmbeddings, .openAIEmbeddings: .openAIEmbeddings
        case .mlflowResponses, .openAIResponses, .openAIInputTokens: .openAIResponses
        case .anthropicMessages, .anthropicCountTokens: .anthropicMessages
        case .geminiGenerateContent, .geminiCountTokens: .geminiGenerateContent
        case .geminiEmbedContent: .geminiEmbedContent
        case .geminiBatchEmbedContents: .geminiBatchEmbedContents
        }
    }

    package var operation: Operation {
        switch self {
        case .openAIInputTokens, .anthropicCountTokens, .geminiCountTokens: .countTokens
        default: wireFormat.isEmbeddings ? .embed : .generate
        }
    }

    /// Whether the path names the model, so that a `model` in the body is the vendor's affair.
    package var namesModelInPath: Bool {
        switch wireFormat {
        case .geminiGenerateContent, .geminiEmbedContent, .geminiBatchEmbedContents: true
        default: false
        }
    }
}
