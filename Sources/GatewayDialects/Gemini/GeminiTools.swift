// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// Reads the `tools` and the `toolConfig` of a client's request.
enum GeminiTools {
    private enum Member {
        case name, description, parameters, parametersJSONSchema, response, behavior
    }

    private static let members = KeyTable<Member>([
        "name": .name, "description": .description, "parameters": .parameters,
        "parametersJsonSchema": .parametersJSONSchema, "parameters_json_schema": .parametersJSONSchema,
        "response": .response, "responseJsonSchema": .response, "response_json_schema": .response,
        "behavior": .behavior,
    ])

    /// Most tools of a request that are read; no vendor takes as many.
    private static let maximumTools = 4_096

    static func decode(_ value: JSONValue, dropped: inout DroppedMembers) throws(GatewayError) -> [ModelRequest.Tool] {
        var tools: [ModelRequest.Tool] = []
        var index = 0
        for element in try value.requestArray("tools") {
            for (key, value) in try element.requestObject("tools[\(index)]") where !value.isNull {
                if key == "functionDeclarations" || key == "function_declarations" {
                    for declaration in try value.requestArray("tools[\(index)].functionDeclarations") {
                        try checkCount(tools)
                        tools.append(try function(declaration, "tools[\(index)]", dropped: &dropped))
                    }
                } else {
                    try checkCount(tools)
                    tools.append(ModelRequest.Tool(name: key, kind: .hosted(type: key, definition: value)))
                }
            }
            index += 1
        }
        return tools
    }

    private static func checkCount(_ tools: [ModelRequest.Tool]) throws(GatewayError) {
        guard tools.count < maximumTools else { throw .invalid("tools", "must contain at most \(maximumTools) tools.") }
    }

    private static func function(
        _ value: JSONValue,
        _ path: String,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> ModelRequest.Tool {
        let path = path + ".functionDeclarations[]"
        var tool = ModelRequest.Tool(name: "")
        for (key, value) in try value.requestObject(path) where !value.isNull {
            switch members[key] {
            case .name: tool.name = try value.requestText(path + ".name")
            case .description: tool.description = try value.requestText(path + ".description")
            case .parameters: tool.parameters = try GeminiSchema.jsonSchema(value, path + ".parameters")
            case .parametersJSONSchema:
                guard value.object != nil else {
                    throw .invalid(path + ".parametersJsonSchema", "must be a JSON Schema object.")
                }
                tool.parameters = value
            case .response: dropped.note("tools[].functionDeclarations[].response")
            case .behavior: dropped.note("tools[].functionDeclarations[].behavior")
            case nil: break
            }
        }
        guard !tool.name.isEmpty else { throw .invalid(path + ".name", "must be a string that is not empty.") }
        return tool
    }

    /// Reads `toolConfig`.
    static func decodeChoice(
        _ value: JSONValue,
        into request: inout ModelRequest,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        for (key, value) in try value.requestObject("toolConfig") where !value.isNull {
            guard key == "functionCallingConfig" || key == "function_calling_config" else {
                dropped.note("toolConfig.\(DroppedMembers.printable(key))")
                continue
            }
            let path = "toolConfig.functionCallingConfig"
            var names: [JSONString] = []
            if let written = value.member("allowedFunctionNames", "allowed_function_names") {
                for name in try written.requestArray(path + ".allowedFunctionNames") {
                    names.append(try name.requestText(path + ".allowedFunctionNames[]"))
                }
            }
            let written = value["mode"].flatMap { $0.isNull ? nil : $0 }
            let mode = written.map { GeminiEnumeration.name($0, of: GeminiEnumeration.callingMode) ?? "unknown" }
            switch mode {
            case "auto", "mode_unspecified", "", nil:
                request.toolChoice = mode == nil || mode == "" ? nil : .auto
            case "none": request.toolChoice = ModelRequest.ToolChoice.none
            case "any":
                switch names.count {
                case 0: request.toolChoice = .required
                case 1: request.toolChoice = .tool(names[0])
                default: request.toolChoice = .allowed(names, isRequired: true)
                }
            case "validated":
                // Calls or words, as `auto`; that arguments follow their schemas is what other vendors' models are trained for.
                request.toolChoice = names.isEmpty ? .auto : .allowed(names, isRequired: false)
            default: throw .invalid(path + ".mode", "must be 'AUTO', 'ANY', 'NONE' or 'VALIDATED'.")
            }
        }
    }
}
