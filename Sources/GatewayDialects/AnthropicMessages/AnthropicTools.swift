// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// The `tools` and `tool_choice` of a Messages request, both ways.
enum AnthropicTools {
    /// Many times what any vendor takes.
    private static let maximumTools = 4_096

    // MARK: Reading

    static func decode(_ value: JSONValue, dropped: inout DroppedMembers) throws(GatewayError) -> [ModelRequest.Tool] {
        var tools: [ModelRequest.Tool] = []
        var index = 0
        for element in try value.requestArray("tools") {
            guard index < maximumTools else { throw .invalid("tools", "must contain at most \(maximumTools) tools.") }
            tools.append(try tool(element, "tools[\(index)]", dropped: &dropped))
            index += 1
        }
        return tools
    }

    /// Reads a tool: a custom one, or one that the vendor defines, whose type says which.
    static func tool(
        _ value: JSONValue,
        _ path: String,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> ModelRequest.Tool {
        guard value.object != nil else { throw .invalid(path, "must be an object.") }
        if let type = try value["type"]?.requestOptionalText("\(path).type"), type != "custom" {
            return ModelRequest.Tool(
                name: value["name"]?.text ?? type,
                kind: .hosted(type: type, definition: value)
            )
        }
        guard let name = value["name"]?.text, !name.isEmpty else {
            throw .invalid("\(path).name", "must be a string that is not empty.")
        }
        guard let schema = value["input_schema"], schema.object != nil else {
            throw .invalid("\(path).input_schema", "must be a JSON Schema object.")
        }
        var tool = ModelRequest.Tool(name: name, parameters: schema)
        tool.description = try value["description"]?.requestOptionalText("\(path).description")
        tool.isStrict = try value["strict"]?.requestFlag("\(path).strict")
        tool.cacheControl = value.member("cache_control")
        if let examples = value["input_examples"]?.array, !examples.isEmpty { dropped.note("tools[].input_examples") }
        if let callers = value["allowed_callers"]?.array, !callers.contains(where: { $0.string == "direct" }) {
            dropped.note("tools[].allowed_callers")
        }
        return tool
    }

    /// Reads `tool_choice`, after the tools.
    static func decodeChoice(_ value: JSONValue, into request: inout ModelRequest) throws(GatewayError) {
        guard let type = value["type"]?.text else { throw .invalid("tool_choice.type", "is missing.") }
        if type == "auto" {
            request.toolChoice = .auto
        } else if type == "any" {
            request.toolChoice = .required
        } else if type == "none" {
            request.toolChoice = ModelRequest.ToolChoice.none
        } else if type == "tool" {
            guard let name = value["name"]?.text else { throw .invalid("tool_choice.name", "must be a string.") }
            request.toolChoice = .tool(name)
        } else {
            throw .invalid("tool_choice.type", "must be 'auto', 'any', 'tool' or 'none'.")
        }
        if let isSequential = try value["disable_parallel_tool_use"]?.requestFlag(
            "tool_choice.disable_parallel_tool_use"
        ) {
            request.allowsParallelToolCalls = !isSequential
        }
    }

    // MARK: Writing

    static func write(
        _ request: ModelRequest,
        _ model: AnthropicModel,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) {
        var names: Set<JSONString> = []
        var isOpen = false
        for tool in request.allowedTools {
            if case .hosted(let type, _) = tool.kind {
                dropped.note("tools[].\(DroppedMembers.printable(type))")
                continue
            }
            if !isOpen {
                writer.key("tools")
                writer.beginArray()
                isOpen = true
            }
            names.insert(tool.name)
            write(tool, into: &writer, dropped: &dropped)
        }
        guard isOpen else {
            if !request.tools.isEmpty, request.toolChoice?.isForced == true { dropped.note("tool_choice") }
            return
        }
        writer.endArray()
        writeChoice(request, model, names, into: &writer, dropped: &dropped)
    }

    private static func write(
        _ tool: ModelRequest.Tool,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) {
        writer.beginObject()
        writer.member("name", tool.name)
        let composition = AnthropicSchema.rootComposition(of: tool.parameters)
        AnthropicSchema.writeDescription(of: tool, composition, into: &writer, dropped: &dropped)
        writer.key("input_schema")
        AnthropicSchema.write(tool.parameters, into: &writer)
        // The vendor checks strict schemas against a narrower set, in which the rewritten one is not what was asked for.
        if tool.isStrict == true, composition == nil { writer.member("strict", true) }
        if let control = tool.cacheControl { writer.member("cache_control", control) }
        writer.endObject()
    }

    private static func writeChoice(
        _ request: ModelRequest,
        _ model: AnthropicModel,
        _ names: Set<JSONString>,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) {
        let isSequential = request.allowsParallelToolCalls == false
        guard var choice = request.toolChoice ?? (isSequential ? .auto : nil) else { return }
        if case .tool(let name) = choice, !names.contains(name) {
            // A tool of the vendor's own that was left out.
            dropped.note("tool_choice")
            choice = .auto
        }
        if choice.isForced, !model.takesForcedCalls {
            dropped.note("tool_choice")
            choice = .auto
        }
        writer.key("tool_choice")
        writer.beginObject()
        switch choice {
        case .auto: writer.member("type", "auto")
        case .none: writer.member("type", "none")
        case .required: writer.member("type", "any")
        case .tool(let name):
            writer.member("type", "tool")
            writer.member("name", name)
        case .allowed(_, let isRequired): writer.member("type", isRequired ? "any" as StaticString : "auto")
        }
        if isSequential, choice != .none { writer.member("disable_parallel_tool_use", true) }
        writer.endObject()
    }
}

extension ModelRequest.ToolChoice {
    /// Whether some tool must be called.
    var isForced: Bool {
        switch self {
        case .auto, .none: false
        case .required, .tool: true
        case .allowed(_, let isRequired): isRequired
        }
    }
}

/// The schemas of tools as the vendor takes them: an object at the root, without composition there.
///
/// Rules: the vendor's page on tool use and its refusals (2026-11).
enum AnthropicSchema {
    typealias Composition = (keyword: String, rules: JSONValue)

    private static let compositions: [StaticString] = ["oneOf", "anyOf", "allOf"]

    /// The composition at the root of a schema: its first keyword, and an object with all of them.
    static func rootComposition(of schema: JSONValue?) -> Composition? {
        guard let schema, let first = compositions.first(where: { schema[$0] != nil }) else { return nil }
        let rules = JSONValue { writer in
            writer.beginObject()
            for keyword in compositions {
                guard let value = schema[keyword] else { continue }
                writer.member(keyword, value)
            }
            writer.endObject()
        }
        return (first.description, rules)
    }

    /// Writes what a tool is for.
    ///
    /// A composition at the root, which the vendor takes in no schema, the model is told of here.
    static func writeDescription(
        of tool: ModelRequest.Tool,
        _ composition: Composition?,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) {
        guard let composition else {
            if !tool.isUndescribed { tool.writeDescription(into: &writer) }
            return
        }
        dropped.note("tools[].input_schema.\(composition.keyword)")
        writer.key("description")
        writer.beginString()
        if tool.description != nil || !tool.isUndescribed {
            tool.appendDescription(to: &writer)
            writer.appendString("\n\n")
        }
        writer.appendString("The input must also be valid against this JSON Schema: ")
        writer.appendString(utf8: composition.rules.bytes)
        writer.endString()
    }

    /// Writes a tool's schema; the vendor wants its type said.
    static func write(_ schema: JSONValue?, into writer: inout JSONWriter) {
        guard let schema, let members = schema.object else { return writer.raw(#"{"type":"object","properties":{}}"#) }
        let isObject = schema["type"]?.text.map { $0 == "object" } ?? false
        let isComposed = rootComposition(of: schema) != nil
        if isObject, !isComposed { return writer.value(schema) }
        writer.beginObject()
        if !isObject { writer.member("type", "object") }
        for (key, value) in members {
            if !isObject, key == "type" { continue }
            if isComposed, compositions.contains(where: { key == $0 }) { continue }
            writer.copy(key, value)
        }
        writer.endObject()
    }
}
