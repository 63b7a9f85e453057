// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

/// The path below a base URL that ends in `/v1`, as OpenAI and the servers that imitate it lay them out.
///
/// A format that no such server has gets the path of chat completions; the configuration never lets it come to that.
func openAIPath(of format: WireFormat) -> String {
    switch format {
    case .openAIResponses: "/responses"
    case .openAIEmbeddings: "/embeddings"
    case .openAICompletions: "/completions"
    case .anthropicMessages: "/messages"
    case .openAIChat, .geminiGenerateContent, .geminiEmbedContent, .geminiBatchEmbedContents, .bedrockConverse,
        .bedrockTitanEmbeddings, .bedrockCohereEmbeddings, .vertexPredictEmbeddings:
        "/chat/completions"
    }
}
