// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// Reads the `tools`, the `tool_choice` and the calls of a chat request, and their older forms `functions`, `function_call`.
enum ChatTools {
    /// Many times what any vendor takes.
    private static let maximumTools = 4_096

    static func decode(_ value: JSONValue) throws(GatewayError) -> [ModelRequest.Tool] {
        var tools: [ModelRequest.Tool] = []
        for element in try value.requestArray("tools") {
            guard tools.count < maximumTools else {
                throw .invalid("tools", "must contain at most \(maximumTools) tools.")
            }
            tools.append(try tool(element, at: tools.count))
        }
        return tools
    }

    /// Reads `functions`: what stands in a tool's `function`, without the tool around it.
    static func decode(functions value: JSONValue) throws(GatewayError) -> [ModelRequest.Tool] {
        var tools: [ModelRequest.Tool] = []
        for element in try value.requestArray("functions") {
            guard tools.count < maximumTools else {
                throw .invalid("functions", "must contain at most \(maximumTools) functions.")
            }
            tools.append(try function(element, path: "functions[\(tools.count)]"))
        }
        return tools
    }

    private static func tool(_ value: JSONValue, at index: Int) throws(GatewayError) -> ModelRequest.Tool {
        guard let type = value["type"]?.text else { throw .invalid("tools[\(index)].type", "is missing.") }
        var tool: ModelRequest.Tool
        if type == "function" {
            guard let function = value["function"], function.object != nil else {
                throw .invalid("tools[\(index)].function", "must be an object.")
            }
            tool = try Self.function(function, path: "tools[\(index)].function")
        } else if type == "custom" {
            guard let custom = value["custom"], custom.object != nil else {
                throw .invalid("tools[\(index)].custom", "must be an object.")
            }
            let format = custom["format"].flatMap { $0.isNull ? nil : $0 }
            tool = ModelRequest.Tool(
                name: try name(in: custom, "tools[\(index)].custom"),
                kind: .custom(format: format)
            )
            tool.description = try custom["description"]?.requestOptionalText("tools[\(index)].custom.description")
        } else {
            tool = ModelRequest.Tool(name: type, kind: .hosted(type: type, definition: value))
        }
        if let cacheControl = value["cache_control"], !cacheControl.isNull { tool.cacheControl = cacheControl }
        return tool
    }

    private static func function(
        _ function: JSONValue,
        path: @autoclosure () -> String
    ) throws(GatewayError) -> ModelRequest.Tool {
        var tool = ModelRequest.Tool(name: try name(in: function, path()))
        tool.description = try function["description"]?.requestOptionalText("\(path()).description")
        if let parameters = function["parameters"], !parameters.isNull {
            guard parameters.object != nil else {
                throw .invalid("\(path()).parameters", "must be a JSON Schema object.")
            }
            tool.parameters = parameters
        }
        tool.isStrict = try function["strict"]?.requestFlag("\(path()).strict")
        if let cacheControl = function["cache_control"], !cacheControl.isNull { tool.cacheControl = cacheControl }
        return tool
    }

    private static func name(
        in object: JSONValue,
        _ path: @autoclosure () -> String
    ) throws(GatewayError) -> JSONString {
        guard let name = object["name"]?.text, !name.isEmpty else {
            throw .invalid("\(path()).name", "must be a string that is not empty.")
        }
        return name
    }

    // MARK: Choice

    /// Reads `tool_choice`.
    static func choice(_ value: JSONValue) throws(GatewayError) -> ModelRequest.ToolChoice {
        if let mode = value.text { return try choice(ofMode: mode, "tool_choice") }
        let type = value["type"]?.text
        if type == "function" {
            guard let name = value["function"]?["name"]?.text ?? value["name"]?.text else {
                throw .invalid("tool_choice.function.name", "must be a string.")
            }
            return .tool(name)
        }
        if type == "custom" {
            guard let name = value["custom"]?["name"]?.text ?? value["name"]?.text else {
                throw .invalid("tool_choice.custom.name", "must be a string.")
            }
            return .tool(name)
        }
        if type == "allowed_tools" { return try allowedTools(value) }
        throw .invalid(
            "tool_choice",
            "must be 'none', 'auto', 'required', a function, a custom tool or allowed tools for this model."
        )
    }

    /// Reads `function_call`: `none`, `auto`, or the function to call.
    static func choice(ofFunctionCall value: JSONValue) throws(GatewayError) -> ModelRequest.ToolChoice {
        if let mode = value.text { return try choice(ofMode: mode, "function_call") }
        guard let name = value["name"]?.text else {
            throw .invalid("function_call", "must be 'none', 'auto' or an object with a 'name'.")
        }
        return .tool(name)
    }

    private static func allowedTools(_ value: JSONValue) throws(GatewayError) -> ModelRequest.ToolChoice {
        // The vendor's types nest the members; its guide shows them at the top level as well.
        let allowed = value["allowed_tools"].flatMap { $0.object == nil ? nil : $0 } ?? value
        guard let mode = allowed["mode"]?.text else { throw .invalid("tool_choice.allowed_tools.mode", "is missing.") }
        guard mode == "auto" || mode == "required" else {
            throw .invalid("tool_choice.allowed_tools.mode", "must be 'auto' or 'required'.")
        }
        var names: [JSONString] = []
        for tool in try (allowed["tools"] ?? allowed).requestArray("tool_choice.allowed_tools.tools") {
            guard
                let name = tool["function"]?["name"]?.text ?? tool["custom"]?["name"]?.text ?? tool["name"]?.text
                    ?? tool["type"]?.text
            else { throw .invalid("tool_choice.allowed_tools.tools", "must name tools.") }
            guard names.count < maximumTools else {
                throw .invalid("tool_choice.allowed_tools.tools", "must name at most \(maximumTools) tools.")
            }
            names.append(name)
        }
        guard !names.isEmpty else { throw .invalid("tool_choice.allowed_tools.tools", "must name one of the tools.") }
        return .allowed(names, isRequired: mode == "required")
    }

    private static func choice(
        ofMode mode: JSONString,
        _ path: @autoclosure () -> String
    ) throws(GatewayError) -> ModelRequest.ToolChoice {
        if mode == "auto" { return .auto }
        if mode == "none" { return .none }
        if mode == "required" { return .required }
        throw .invalid(path(), "must be 'none', 'auto' or 'required'.")
    }

    // MARK: Calls

    /// Reads an element of an assistant's `tool_calls`.
    static func call(_ value: JSONValue, _ path: @autoclosure () -> String) throws(GatewayError) -> Message.Part {
        guard let written = value["id"]?.text else { throw .invalid("\(path()).id", "must be a string.") }
        let (id, carried) = OpaqueState.split(id: written)
        let type = value["type"]?.text
        var call: Message.ToolCall
        if type == nil || type == "function" {
            let (name, arguments) = try function(value["function"], "\(path()).function")
            call = Message.ToolCall(id: id, name: name, arguments: arguments)
        } else if type == "custom" {
            guard let custom = value["custom"], let name = custom["name"]?.text else {
                throw .invalid("\(path()).custom.name", "must be a string.")
            }
            guard let input = custom["input"]?.text else {
                throw .invalid("\(path()).custom.input", "must be a string.")
            }
            call = Message.ToolCall(id: id, name: name, arguments: .text(input), isCustom: true)
        } else {
            throw .invalid(
                path(),
                "is a call of type '\(type?.string.prefix(64) ?? "")', which cannot be sent to this model."
            )
        }
        var part = Message.Part.toolCall(call)
        part.state = state(in: value["extra_content"]) ?? carried
        if let cacheControl = value["cache_control"], !cacheControl.isNull { part.cacheControl = cacheControl }
        return part
    }

    /// The state that Google's `extra_content.google.thought_signature` holds, if the gateway wrapped it.
    static func state(in extra: JSONValue?) -> OpaqueState? {
        extra?["google"]?["thought_signature"]?.text.flatMap(OpaqueState.init(wrapped:))
    }

    /// The name and arguments of a call of a function.
    static func function(
        _ value: JSONValue?,
        _ path: @autoclosure () -> String
    ) throws(GatewayError) -> (JSONString, Message.Arguments) {
        guard let name = value?["name"]?.text else { throw .invalid("\(path()).name", "must be a string.") }
        guard let arguments = value?["arguments"], !arguments.isNull else { return (name, .text("")) }
        if let text = arguments.text { return (name, .text(text)) }
        // Some clients send the object itself.
        guard arguments.object != nil else {
            throw .invalid("\(path()).arguments", "must be a string that holds a JSON object.")
        }
        return (name, .object(arguments))
    }
}
