// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// What a schema belongs to, for what is told about it.
enum GeminiSchemaOwner {
    case tool(JSONString)
    /// The format of the answer, in a request that came in this format.
    case answer(WireFormat?)

    /// The path in notes about what was dropped.
    var path: String {
        switch self {
        case .tool: "tools[].parameters"
        case .answer: "response_format.schema"
        }
    }

    /// A refusal of the schema: the rest of the sentence that starts with it.
    func refusal(_ problem: String) -> GatewayError {
        switch self {
        case .tool(let name): .invalid("tools", "contain '\(name.string.prefixOfUTF8(64))', whose schema \(problem)")
        case .answer(.openAIResponses): .invalid("text.format.schema", problem)
        case .answer(.anthropicMessages): .invalid("output_config.format.schema", problem)
        case .answer(.geminiGenerateContent): .invalid("generationConfig.responseSchema", problem)
        case .answer: .invalid("response_format.json_schema.schema", problem)
        }
    }
}
