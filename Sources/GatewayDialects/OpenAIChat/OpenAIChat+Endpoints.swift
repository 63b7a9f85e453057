// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON

extension APIType {
    package static let mlflowChat = APIType("mlflow/v1/chat/completions", .openAIChat)
    package static let openAIChat = APIType("openai/v1/chat/completions", .openAIChat)
    package static let cursorChat = APIType("cursor/v1/chat/completions", .openAIChat)
}

/// The paths of OpenAI's APIs and of Databricks' variants, which several dialects share.
///
/// Source: Databricks documentation, "Use model services" (2026-11), and github.com/databricks/unity-gateway.
extension Endpoint.Family {
    static let mlflow = Endpoint.Family("/mlflow")
    static let openAI = Endpoint.Family("/openai", isVendors: true)
    /// For clients that append `/v1` to whatever address they are given.
    static let root = Endpoint.Family("", isVendors: true)
    static let codex = Endpoint.Family("/codex")
    static let cursor = Endpoint.Family("/cursor")
    static let servingEndpoints = Endpoint.Family("/serving-endpoints", documented: "")
}

extension OpenAIChat {
    package var endpoints: [Endpoint] {
        [
            Endpoint(.mlflow, "/chat/completions", .mlflowChat),
            Endpoint(.openAI, "/chat/completions", .openAIChat),
            Endpoint(.root, "/chat/completions", .openAIChat),
            Endpoint(.cursor, "/chat/completions", .cursorChat),
            Endpoint(.servingEndpoints, "/chat/completions", .mlflowChat),
            .shared(
                .servingEndpoints,
                "/{model}/invocations",
                .mlflowChat,
                field: "messages",
                purpose: "a chat"
            ),
        ]
    }

    package var modelLists: [any ModelListFormat] {
        [
            OpenAIModelList(
                paths: ["mlflow/v1/models", "mlflow/models", "serving-endpoints/models"],
                apiTypes: [.mlflowChat, .mlflowEmbeddings, .mlflowResponses]
            ),
            OpenAIModelList(
                paths: ["openai/v1/models", "openai/models", "v1/models", "models"],
                apiTypes: [.openAIChat, .openAIResponses, .openAIEmbeddings, .openAICompletions]
            ),
            OpenAIModelList(paths: ["cursor/v1/models", "cursor/models"], apiTypes: [.cursorChat]),
        ]
    }

    package var stateRules: StateRules? {
        StateRules(conversation: "messages", hasForeignTurns: true, callsProveThemselves: true)
    }

    package func session(of envelope: RequestEnvelope) -> String? { try? envelope.member("prompt_cache_key")?.string }
}
