// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// The `tools` and `tool_choice` of a chat request.
enum ChatTools {
    static func decode(_ value: JSONValue) throws(GatewayError) -> [ModelRequest.Tool] {
        var tools: [ModelRequest.Tool] = []
        for element in try value.requestArray("tools") {
            tools.append(try tool(element, at: tools.count))
        }
        return tools
    }

    private static func tool(_ value: JSONValue, at index: Int) throws(GatewayError) -> ModelRequest.Tool {
        guard let type = value["type"]?.text else { throw .invalid("tools[\(index)].type", "is missing.") }
        guard type == "function" else {
            throw .invalid(
                "tools[\(index)]",
                "is a tool of type '\(type.string.prefix(64))', which cannot be used with this model."
            )
        }
        guard let function = value["function"], function.object != nil else {
            throw .invalid("tools[\(index)].function", "must be an object.")
        }
        guard let name = function["name"]?.text, !name.isEmpty else {
            throw .invalid("tools[\(index)].function.name", "must be a string that is not empty.")
        }
        var tool = ModelRequest.Tool(name: name)
        tool.description = try function["description"]?.requestOptionalText("tools[\(index)].function.description")
        if let parameters = function["parameters"], !parameters.isNull {
            guard parameters.object != nil else {
                throw .invalid("tools[\(index)].function.parameters", "must be a JSON Schema object.")
            }
            tool.parameters = parameters
        }
        tool.isStrict = try function["strict"]?.requestFlag("tools[\(index)].function.strict")
        return tool
    }

    /// Reads `tool_choice`, after the tools.
    static func decodeChoice(_ value: JSONValue, into request: inout ModelRequest) throws(GatewayError) {
        if let mode = value.text {
            request.toolChoice = try choice(ofMode: mode, "tool_choice")
            return
        }
        let type = value["type"]?.text
        if type == "function" {
            guard let name = value["function"]?["name"]?.text else {
                throw .invalid("tool_choice.function.name", "must be a string.")
            }
            request.toolChoice = .tool(name)
        } else if type == "allowed_tools" {
            try decodeAllowedTools(value, into: &request)
        } else {
            throw .invalid(
                "tool_choice",
                "must be 'none', 'auto', 'required', a function or allowed tools for this model."
            )
        }
    }

    /// Allowed tools: the other ones are not offered, which is the same to the model.
    private static func decodeAllowedTools(
        _ value: JSONValue,
        into request: inout ModelRequest
    ) throws(GatewayError) {
        // The vendor's types nest the members; its guide shows them at the top level as well.
        let allowed = value["allowed_tools"] ?? value
        guard let mode = allowed["mode"]?.text else { throw .invalid("tool_choice.allowed_tools.mode", "is missing.") }
        request.toolChoice = try choice(ofMode: mode, "tool_choice.allowed_tools.mode")
        var names: Set<JSONString> = []
        for tool in try (allowed["tools"] ?? allowed).requestArray("tool_choice.allowed_tools.tools") {
            guard let name = tool["function"]?["name"]?.text ?? tool["name"]?.text else {
                throw .invalid("tool_choice.allowed_tools.tools", "must name functions.")
            }
            names.insert(name)
        }
        request.tools.removeAll { !names.contains($0.name) }
        guard !request.tools.isEmpty else {
            throw .invalid("tool_choice.allowed_tools.tools", "must name one of the tools.")
        }
    }

    private static func choice(
        ofMode mode: JSONString,
        _ path: String
    ) throws(GatewayError) -> ModelRequest.ToolChoice {
        if mode == "auto" { return .auto }
        if mode == "none" { return .none }
        if mode == "required" { return .required }
        throw .invalid(path, "must be 'none', 'auto' or 'required'.")
    }
}
