// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// The `tools` and `tool_choice` of a request.
enum ResponsesTools {
    /// Many times what any vendor takes.
    static let maximumTools = 4_096

    /// Reads tools; those in a namespace become tools of their own that name it.
    static func decode(_ value: JSONValue, _ path: String) throws(GatewayError) -> [ModelRequest.Tool] {
        var tools: [ModelRequest.Tool] = []
        var index = 0
        for element in try value.requestArray(path) {
            let here = "\(path)[\(index)]"
            index += 1
            guard let type = element["type"]?.text else { throw .invalid("\(here).type", "is missing.") }
            guard type == "namespace" else {
                tools.append(try tool(element, type, here))
                continue
            }
            let namespace = try name(element, here)
            let description = try element["description"]?.requestOptionalText("\(here).description")
            guard let inner = element["tools"], !inner.isNull else { continue }
            for (position, element) in try inner.requestArray("\(here).tools").enumerated() {
                let place = "\(here).tools[\(position)]"
                guard let type = element["type"]?.text else { throw .invalid("\(place).type", "is missing.") }
                var tool = try tool(element, type, place)
                tool.namespace = namespace
                tool.namespaceDescription = description
                tools.append(tool)
            }
        }
        guard tools.count <= maximumTools else { throw .invalid(path, "must contain at most \(maximumTools) tools.") }
        return merged([], tools)
    }

    /// Adds tools to others; a definition of a tool that is there replaces it, in its place.
    static func merged(_ tools: [ModelRequest.Tool], _ more: [ModelRequest.Tool]) -> [ModelRequest.Tool] {
        struct Key: Hashable {
            let namespace: JSONString?
            let name: JSONString
        }
        var merged = tools
        var places: [Key: Int] = [:]
        for (index, tool) in tools.enumerated() { places[Key(namespace: tool.namespace, name: tool.name)] = index }
        for tool in more {
            let key = Key(namespace: tool.namespace, name: tool.name)
            if let place = places[key] {
                merged[place] = tool
            } else {
                places[key] = merged.count
                merged.append(tool)
            }
        }
        return merged
    }

    private static func tool(
        _ value: JSONValue,
        _ type: JSONString,
        _ path: String
    ) throws(GatewayError) -> ModelRequest.Tool {
        guard type == "function" || type == "custom" else {
            // Several MCP servers may stand side by side.
            let name = value["server_label"]?.text ?? type
            return ModelRequest.Tool(name: name, kind: .hosted(type: type, definition: value))
        }
        var tool = ModelRequest.Tool(name: try name(value, path))
        tool.description = try value["description"]?.requestOptionalText("\(path).description")
        if type == "custom" {
            let format = value["format"]
            tool.kind = .custom(format: format?.isNull == true ? nil : format)
            return tool
        }
        if let parameters = value["parameters"], !parameters.isNull {
            guard parameters.object != nil else {
                throw .invalid("\(path).parameters", "must be a JSON Schema object.")
            }
            tool.parameters = parameters
        }
        tool.isStrict = try value["strict"]?.requestFlag("\(path).strict")
        return tool
    }

    private static func name(_ value: JSONValue, _ path: String) throws(GatewayError) -> JSONString {
        guard let name = value["name"]?.text, !name.isEmpty else {
            throw .invalid("\(path).name", "must be a string that is not empty.")
        }
        return name
    }

    // MARK: Choice

    /// Reads `tool_choice`, after the tools.
    static func decodeChoice(_ value: JSONValue, into request: inout ModelRequest) throws(GatewayError) {
        if let mode = value.text {
            if mode == "auto" {
                request.toolChoice = .auto
            } else if mode == "none" {
                request.toolChoice = ModelRequest.ToolChoice.none
            } else if mode == "required" {
                request.toolChoice = .required
            } else {
                throw .invalid("tool_choice", "must be 'none', 'auto', 'required' or an object.")
            }
            return
        }
        guard let type = value["type"]?.text else { throw .invalid("tool_choice.type", "is missing.") }
        guard type == "allowed_tools" else {
            request.toolChoice = .tool(try chosen(value, type, "tool_choice"))
            return
        }
        guard let mode = value["mode"]?.text, mode == "auto" || mode == "required" else {
            throw .invalid("tool_choice.mode", "must be 'auto' or 'required'.")
        }
        var names: [JSONString] = []
        guard let tools = value["tools"] else { throw .invalid("tool_choice.tools", "is missing.") }
        for tool in try tools.requestArray("tool_choice.tools") {
            guard names.count < maximumTools else {
                throw .invalid("tool_choice.tools", "must name at most \(maximumTools) tools.")
            }
            let path = "tool_choice.tools[\(names.count)]"
            guard let type = tool["type"]?.text else { throw .invalid("\(path).type", "is missing.") }
            names.append(try chosen(tool, type, path))
        }
        request.toolChoice = .allowed(names, isRequired: mode == "required")
    }

    /// The name of a tool that is chosen; hosted ones are named by their type.
    private static func chosen(
        _ value: JSONValue,
        _ type: JSONString,
        _ path: String
    ) throws(GatewayError) -> JSONString {
        if type == "function" || type == "custom" { return try name(value, path) }
        return value["server_label"]?.text ?? type
    }
}
