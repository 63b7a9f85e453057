// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

extension ResponsesTools {
    /// Writes `tools`, `tool_choice` and `parallel_tool_calls`.
    static func write(of request: ModelRequest, into writer: inout JSONWriter, dropped: inout DroppedMembers) {
        guard !request.tools.isEmpty else { return }
        writer.key("tools")
        writer.beginArray()
        let namespaces = Dictionary(grouping: request.tools.lazy.filter { $0.namespace != nil }, by: \.namespace)
        var written: Set<JSONString> = []
        for tool in request.tools {
            guard let namespace = tool.namespace else {
                write(tool, of: request, into: &writer, dropped: &dropped)
                continue
            }
            // A namespace stands where its first tool does, with all of them.
            guard written.insert(namespace).inserted else { continue }
            writer.beginObject()
            writer.member("type", "namespace")
            writer.member("name", namespace)
            writer.member("description", tool.namespaceDescription ?? "")
            writer.key("tools")
            writer.beginArray()
            for tool in namespaces[namespace] ?? [] {
                write(tool, of: request, into: &writer, dropped: &dropped)
            }
            writer.endArray()
            writer.endObject()
        }
        writer.endArray()
        if let choice = request.toolChoice {
            writer.key("tool_choice")
            write(choice, among: request.tools, into: &writer)
        }
        if let isParallel = request.allowsParallelToolCalls { writer.member("parallel_tool_calls", isParallel) }
    }

    private static func write(
        _ tool: ModelRequest.Tool,
        of request: ModelRequest,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) {
        switch tool.kind {
        case .hosted(_, let definition): return writer.value(definition)
        case .custom(let format):
            writer.beginObject()
            writer.member("type", "custom")
            writer.member("name", tool.name)
            if let description = tool.description { writer.member("description", description) }
            if let grammar = CustomToolFormat(format) {
                writer.key("format")
                writer.beginObject()
                writer.member("type", "grammar")
                writer.member("syntax", grammar.syntax)
                writer.member("definition", grammar.definition)
                writer.endObject()
            } else if let format {
                writer.member("format", format)
            }
        case .function:
            writer.beginObject()
            writer.member("type", "function")
            writer.member("name", tool.name)
            if let description = tool.description { writer.member("description", description) }
            writer.key("parameters")
            if let parameters = tool.parameters {
                OpenAIFields.write(parameters: parameters, isOwn: request.origin == .openAIResponses, into: &writer)
            } else {
                writer.raw(#"{"type":"object","properties":{}}"#)
            }
            // Unlike chat, this API is strict where nothing is said, and changes or refuses schemas then.
            writer.member("strict", OpenAIFields.isStrict(tool, of: request, dropped: &dropped) ?? false)
        }
        writer.endObject()
    }

    private static func write(
        _ choice: ModelRequest.ToolChoice,
        among tools: [ModelRequest.Tool],
        into writer: inout JSONWriter
    ) {
        switch choice {
        case .auto: writer.string("auto")
        case .none: writer.string("none")
        case .required: writer.string("required")
        case .tool(let name): write(name, tools.first { $0.name == name }.map(Reference.init), into: &writer)
        case .allowed(let names, let isRequired):
            writer.beginObject()
            writer.member("type", "allowed_tools")
            writer.member("mode", isRequired ? "required" as StaticString : "auto")
            writer.key("tools")
            writer.beginArray()
            var references: [JSONString: Reference] = [:]
            for tool in tools where references[tool.name] == nil { references[tool.name] = Reference(tool) }
            for name in names { write(name, references[name], into: &writer) }
            writer.endArray()
            writer.endObject()
        }
    }

    /// What a choice says of a tool besides its name.
    private enum Reference {
        case function, custom
        case hosted(type: JSONString, label: JSONString?)

        init(_ tool: ModelRequest.Tool) {
            switch tool.kind {
            case .hosted(let type, let definition):
                self = .hosted(type: type, label: definition["server_label"]?.text)
            case .custom: self = .custom
            case .function: self = .function
            }
        }
    }

    private static func write(_ name: JSONString, _ tool: Reference?, into writer: inout JSONWriter) {
        writer.beginObject()
        switch tool {
        case .hosted(let type, let label):
            writer.member("type", type)
            if let label { writer.member("server_label", label) }
        case .custom:
            writer.member("type", "custom")
            writer.member("name", name)
        case .function, nil:
            writer.member("type", "function")
            writer.member("name", name)
        }
        writer.endObject()
    }
}
