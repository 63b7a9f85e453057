// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// Writes `toolConfig`.
enum BedrockTools {
    /// Writes the tools and the choice among them.
    ///
    /// Bedrock refuses a conversation with tool calls or results but without `toolConfig`, and knows no choice of none. So where no tool may be called and the
    /// conversation has such blocks, the tools are told all the same, and that is noted.
    static func write(
        _ request: ModelRequest,
        _ model: BedrockModel,
        callsOf turns: [Conversation.Turn],
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        var allowed: Set<JSONString>?
        if case .allowed(let names, _) = request.toolChoice { allowed = Set(names) }
        var tools: [(index: Int, tool: ModelRequest.Tool)] = []
        for (index, tool) in request.tools.enumerated() {
            if case .hosted(let type, _) = tool.kind {
                dropped.note("tools[] of type \(DroppedMembers.printable(type))")
                continue
            }
            if let allowed, !allowed.contains(tool.name) { continue }
            tools.append((index, tool))
        }
        let called = calledTools(turns)
        let forbids = request.toolChoice == ModelRequest.ToolChoice.none
        if tools.isEmpty || forbids {
            guard let called else { return }
            dropped.note(forbids ? "tool_choice none" : "absence of tools")
            if tools.isEmpty { return writeNames(called, into: &writer) }
        }
        writer.key("toolConfig")
        writer.beginObject()
        writer.key("tools")
        writer.beginArray()
        for (index, tool) in tools {
            try write(tool, index, model, into: &writer, dropped: &dropped)
            if model.cachesTools { BedrockContent.writeCachePoint(tool.cacheControl, model, into: &writer) }
        }
        writer.endArray()
        if !forbids { writeChoice(request, model, tools.map(\.tool.name), into: &writer, dropped: &dropped) }
        writer.endObject()
    }

    /// The names of the tools that were called; nil for a conversation without calls and results.
    private static func calledTools(_ turns: [Conversation.Turn]) -> [JSONString]? {
        var names: [JSONString] = []
        var seen: Set<JSONString> = []
        var hasBlocks = false
        for part in turns.lazy.flatMap(\.parts) {
            if let call = part.toolCall {
                hasBlocks = true
                if seen.insert(call.name).inserted { names.append(call.name) }
            } else if part.toolResult != nil {
                hasBlocks = true
            }
        }
        return hasBlocks ? names : nil
    }

    /// Writes tools of which only the names are known.
    private static func writeNames(_ names: [JSONString], into writer: inout JSONWriter) {
        writer.key("toolConfig")
        writer.beginObject()
        writer.key("tools")
        writer.beginArray()
        for name in names.isEmpty ? ["tool"] : names {
            writer.beginObject()
            writer.key("toolSpec")
            writer.beginObject()
            writer.member("name", name)
            writer.key("inputSchema")
            writer.raw(#"{"json":{"type":"object"}}"#)
            writer.endObject()
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }

    private static func write(
        _ tool: ModelRequest.Tool,
        _ index: Int,
        _ model: BedrockModel,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        guard !tool.name.isEmpty, ToolNameBounds.narrowest.takes(tool.name) else {
            throw .invalid(
                "tools[\(index)]",
                "must have a name of 1 to 64 letters, digits, '_' and '-' for this model."
            )
        }
        writer.beginObject()
        writer.key("toolSpec")
        writer.beginObject()
        writer.member("name", tool.name)
        let composition = model.isClaude ? AnthropicSchema.rootComposition(of: tool.parameters) : nil
        AnthropicSchema.writeDescription(of: tool, composition, into: &writer, dropped: &dropped)
        writer.key("inputSchema")
        writer.beginObject()
        writer.key("json")
        if composition != nil || tool.parameters?["type"] == nil {
            AnthropicSchema.write(tool.parameters, into: &writer)
        } else if let schema = tool.parameters {
            writer.value(schema)
        }
        writer.endObject()
        if tool.isStrict == true, composition == nil {
            if model.takesFormat { writer.member("strict", true) } else { dropped.note("tools[].strict") }
        }
        writer.endObject()
        writer.endObject()
    }

    private static func writeChoice(
        _ request: ModelRequest,
        _ model: BedrockModel,
        _ names: [JSONString],
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) {
        // Claude's own choice stands among the additional fields then.
        if request.allowsParallelToolCalls == false, model.isClaude { return }
        guard let choice = request.toolChoice else { return }
        if choice.isForced, model.isClaude, !model.claude.takesForcedCalls {
            return dropped.note("tool_choice")
        }
        var name: JSONString?
        if case .tool(let asked) = choice {
            guard names.contains(asked) else { return dropped.note("tool_choice") }
            name = asked
        }
        writer.key("toolChoice")
        writer.beginObject()
        if let name {
            writer.member("tool", object: { $0.member("name", name) })
        } else {
            writer.key(choice.isForced ? "any" as StaticString : "auto")
            writer.raw("{}")
        }
        writer.endObject()
    }
}
