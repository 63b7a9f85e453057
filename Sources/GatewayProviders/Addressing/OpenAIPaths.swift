// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

/// The path below a base URL that ends in `/v1`, as OpenAI and the servers that imitate it lay them out.
///
/// Any other format gets the path of chat completions, but the configuration prevents that.
func openAIPath(of format: WireFormat) -> String {
    switch format {
    case .openAIResponses: "/responses"
    case .openAIEmbeddings: "/embeddings"
    case .openAICompletions: "/completions"
    case .anthropicMessages: "/messages"
    default: "/chat/completions"
    }
}
