// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// How long the names, ids and descriptions of a request may be where it is translated, in bytes as they stand in the body.
///
/// They are what elements share, so a translation may have to write them many times. All are far beyond what vendors take: names of 64 to 128 characters, ids of
/// 64, descriptions of some thousand. Ids may carry the state of a thought.
enum FieldBounds {
    static let name = 1 << 10
    static let id = 64 << 10
    static let description = 128 << 10

    /// - Throws: ``GatewayError/Code/invalidRequest``, naming where the field stands.
    static func check(_ request: ModelRequest) throws(GatewayError) {
        for tool in request.tools {
            try check(tool.name, name, "name", in: "tools")
            try check(tool.namespace, name, "name of a namespace", in: "tools")
            try check(tool.description, description, "description", in: "tools")
            try check(tool.namespaceDescription, description, "description of a namespace", in: "tools")
        }
        switch request.toolChoice {
        case .tool(let tool): try check(tool, name, "name", in: "tool_choice")
        case .allowed(let tools, _): for tool in tools { try check(tool, name, "name", in: "tool_choice") }
        case .auto, .some(.none), .required, nil: break
        }
        if case .jsonSchema(let schema) = request.responseFormat {
            try check(schema.name, name, "name", in: "response_format")
            try check(schema.description, description, "description", in: "response_format")
        }
        for message in request.messages { try check(message, in: request.fieldNames.conversation) }
    }

    private static func check(_ message: Message, in parameter: String) throws(GatewayError) {
        if message.name != nil { try check(message.name, name, "name", in: parameter) }
        for part in message.parts {
            switch part.content {
            case .text, .refusal, .reasoning, .media: break
            case .toolCall(let call):
                try check(call.id, id, "id of a call", in: parameter)
                try check(call.itemID, id, "id of a call", in: parameter)
                try check(call.name, name, "name of a call", in: parameter)
                try check(call.namespace, name, "name of a namespace", in: parameter)
            case .toolResult(let result):
                try check(result.callID, id, "id of a call", in: parameter)
                try check(result.name, name, "name of a call", in: parameter)
            }
        }
    }

    private static func check(
        _ text: JSONString?,
        _ most: Int,
        _ what: StaticString,
        in parameter: String
    ) throws(GatewayError) {
        guard let text, text.writtenBytes > most else { return }
        throw .invalid(parameter, "must contain no \(what) of more than \(most) bytes.")
    }
}
