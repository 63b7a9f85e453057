// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// What a schema belongs to, for what is told about it.
enum GeminiSchemaOwner {
    case tool(JSONString)
    /// The format of the answer, whose schema has this path in the client's request.
    case answer(String)

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
        case .answer(let path): .invalid(path, problem)
        }
    }
}
