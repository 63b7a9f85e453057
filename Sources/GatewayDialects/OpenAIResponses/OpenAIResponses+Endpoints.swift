// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON

extension APIType {
    package static let mlflowResponses = APIType("mlflow/v1/responses", .openAIResponses)
    package static let openAIResponses = APIType("openai/v1/responses", .openAIResponses)
    package static let openAIInputTokens = APIType(
        "openai/v1/responses/input_tokens",
        .openAIResponses,
        operation: .countTokens
    )
    package static let openAICompactResponses = APIType(
        "openai/v1/responses/compact",
        .openAIResponses,
        operation: .compact
    )
}

extension OpenAIResponses {
    package var endpoints: [Endpoint] {
        let families: [(Endpoint.Family, APIType)] = [
            (.mlflow, .mlflowResponses), (.openAI, .openAIResponses), (.codex, .openAIResponses),
            (.servingEndpoints, .openAIResponses), (.root, .openAIResponses),
        ]
        // A compaction, a count and a serving endpoint of that name are no answers.
        let reserved = ["compact", "input_tokens", "invocations"]
        return families.flatMap { family, apiType in
            [
                Endpoint(family, "/responses", apiType),
                Endpoint(family, "/responses/compact", .openAICompactResponses),
                .response(family, "/responses/{id}", apiType, .whole, reserved: reserved),
                .response(family, "/responses/{id}/input_items", apiType, .inputItems, reserved: reserved),
            ]
        }
            + [Endpoint.Family.openAI, .codex, .root].map {
                Endpoint($0, "/responses/input_tokens", .openAIInputTokens)
            }
            // Databricks documentation, "Query a model with the Open Responses API" (2026-11).
            + [Endpoint(.servingEndpoints, "/open-responses", .mlflowResponses)]
    }

    package var modelLists: [any ModelListFormat] { [CodexModelList()] }

    package var stateRules: StateRules? { StateRules(conversation: "input") }

    package func session(of envelope: RequestEnvelope) -> String? { try? envelope.member("prompt_cache_key")?.string }
}
