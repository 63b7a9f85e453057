// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

extension ModelRequest {
    /// The tools that may be called: fewer than all where the client allowed only some.
    ///
    /// To the model it is the same whether a tool may not be called or is not offered.
    var allowedTools: [Tool] {
        guard case .allowed(let names, _)? = toolChoice else { return tools }
        let allowed = Set(names)
        return tools.filter { allowed.contains($0.name) }
    }
}

extension ChatTools {
    /// Writes `tools`, `tool_choice` and `parallel_tool_calls`.
    static func write(
        _ request: ModelRequest,
        to target: TranslationTarget,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) {
        let isChats = request.origin == .openAIChat
        // Servers that only follow this format do not know the choice of allowed tools.
        let tools = (isChats ? request.tools : request.allowedTools).filter { tool in
            guard case .hosted(let type, _) = tool.kind, !isChats else { return true }
            dropped.note("tools[].\(DroppedMembers.printable(type))")
            return false
        }
        guard !tools.isEmpty else { return }
        writer.key("tools")
        writer.beginArray()
        for tool in tools { write(tool, of: request, into: &writer, dropped: &dropped) }
        writer.endArray()
        if let choice = request.toolChoice {
            writer.key("tool_choice")
            write(choice, of: request, isChats: isChats, into: &writer)
        }
        guard let isParallel = request.allowsParallelToolCalls else { return }
        if target.traits.takesParallelToolCalls != false {
            writer.member("parallel_tool_calls", isParallel)
        } else if !isParallel {
            dropped.note("parallel_tool_calls")
        }
    }

    private static func write(
        _ tool: ModelRequest.Tool,
        of request: ModelRequest,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) {
        if case .hosted(_, let definition) = tool.kind { return writer.value(definition) }
        writer.beginObject()
        if case .custom(let format) = tool.kind {
            writer.member("type", "custom")
            writer.key("custom")
            writer.beginObject()
            writer.member("name", tool.name)
            tool.writeDescription(into: &writer)
            write(format: format, into: &writer)
        } else {
            writer.member("type", "function")
            writer.key("function")
            writer.beginObject()
            writer.member("name", tool.name)
            tool.writeDescription(into: &writer)
            if let parameters = tool.parameters {
                writer.key("parameters")
                OpenAIFields.write(parameters: parameters, isOwn: request.origin == .openAIChat, into: &writer)
            }
            if let isStrict = OpenAIFields.isStrict(tool, of: request, dropped: &dropped) {
                writer.member("strict", isStrict)
            }
        }
        writer.endObject()
        if let cacheControl = tool.cacheControl { writer.member("cache_control", cacheControl) }
        writer.endObject()
    }

    /// Writes the `format` of a custom tool; a grammar stands in a member of its own here.
    private static func write(format: JSONValue?, into writer: inout JSONWriter) {
        guard let format else { return }
        guard format["grammar"] == nil, let grammar = CustomToolFormat(format) else {
            return writer.member("format", format)
        }
        writer.key("format")
        writer.object { writer in
            writer.member("type", "grammar")
            writer.key("grammar")
            writer.object {
                $0.member("syntax", grammar.syntax)
                $0.member("definition", grammar.definition)
            }
        }
    }

    private static func write(
        _ choice: ModelRequest.ToolChoice,
        of request: ModelRequest,
        isChats: Bool,
        into writer: inout JSONWriter
    ) {
        switch choice {
        case .auto: writer.string("auto")
        case .none: writer.string("none")
        case .required: writer.string("required")
        case .tool(let name): writeReference(to: name, request.tools.first { $0.name == name }?.kind, into: &writer)
        case .allowed(let names, let isRequired):
            guard isChats else { return writer.string(isRequired ? "required" as StaticString : "auto") }
            writer.beginObject()
            writer.member("type", "allowed_tools")
            writer.key("allowed_tools")
            writer.beginObject()
            writer.member("mode", isRequired ? "required" as StaticString : "auto")
            writer.key("tools")
            writer.beginArray()
            let kinds = Dictionary(request.tools.lazy.map { ($0.name, $0.kind) }) { first, _ in first }
            for name in names { writeReference(to: name, kinds[name], into: &writer) }
            writer.endArray()
            writer.endObject()
            writer.endObject()
        }
    }

    /// Writes `{"type": "function", "function": {"name"}}`, or the same with `custom`, or a hosted tool's type.
    private static func writeReference(
        to name: JSONString,
        _ kind: ModelRequest.Tool.Kind?,
        into writer: inout JSONWriter
    ) {
        writer.beginObject()
        switch kind {
        case .hosted(let type, _): writer.member("type", type)
        case .custom:
            writer.member("type", "custom")
            writer.key("custom")
            writer.object { $0.member("name", name) }
        case .function, nil:
            writer.member("type", "function")
            writer.key("function")
            writer.object { $0.member("name", name) }
        }
        writer.endObject()
    }

    /// Writes an element of `tool_calls` with the id as the reader shall see it, and Google's thought signature in `extra_content`.
    static func write(
        _ call: Message.ToolCall,
        id: JSONString,
        signature: JSONString?,
        cacheControl: JSONValue? = nil,
        into writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.member("id", id)
        if call.isCustom {
            writer.member("type", "custom")
            writer.key("custom")
            writer.beginObject()
            writer.member("name", call.name)
            writer.key("input")
        } else {
            writer.member("type", "function")
            writer.key("function")
            writer.beginObject()
            writer.member("name", call.name)
            writer.key("arguments")
        }
        write(call.arguments, into: &writer)
        writer.endObject()
        if let signature { writeSignature(signature, into: &writer) }
        if let cacheControl { writer.member("cache_control", cacheControl) }
        writer.endObject()
    }

    /// Writes arguments as a string that holds JSON.
    static func write(_ arguments: Message.Arguments, into writer: inout JSONWriter) {
        switch arguments {
        case .text(let text): writer.string(text)
        case .object(let object):
            writer.beginString()
            writer.appendString(utf8: object.bytes)
            writer.endString()
        }
    }

    /// Writes `extra_content` as Google's own server of this format has it (Gemini's guide on thought signatures, 2026-11).
    static func writeSignature(_ signature: JSONString, into writer: inout JSONWriter) {
        writer.key("extra_content")
        writer.beginObject()
        writer.key("google")
        writer.object { $0.member("thought_signature", signature) }
        writer.endObject()
    }
}
