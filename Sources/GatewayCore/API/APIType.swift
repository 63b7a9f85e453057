// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// An API that clients may call, named as in `system.ai_gateway.usage.api_type`.
///
/// Names: `reference/databricks-chat-dialect.md` 1 (2026-11).
package enum APIType: String, Sendable, CaseIterable, Hashable {
    case mlflowChat = "mlflow/v1/chat/completions"
    case mlflowEmbeddings = "mlflow/v1/embeddings"
    case mlflowResponses = "mlflow/v1/responses"
    case openAIChat = "openai/v1/chat/completions"
    case openAIEmbeddings = "openai/v1/embeddings"
    case openAIResponses = "openai/v1/responses"
    case anthropicMessages = "anthropic/v1/messages"
    case geminiGenerateContent = "gemini/v1/generateContent"

    /// The wire format that clients of this API send and expect.
    package var wireFormat: WireFormat {
        switch self {
        case .mlflowChat, .openAIChat: .openAIChat
        case .mlflowEmbeddings, .openAIEmbeddings: .openAIEmbeddings
        case .mlflowResponses, .openAIResponses: .openAIResponses
        case .anthropicMessages: .anthropicMessages
        case .geminiGenerateContent: .geminiGenerateContent
        }
    }
}
