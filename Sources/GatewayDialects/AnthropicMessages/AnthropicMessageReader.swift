// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// Reads the `messages` of a Messages request.
struct AnthropicMessageReader {
    /// Tools that later system messages defined, and where they stand by their names; one that was defined again is nil.
    private var addedTools: [ModelRequest.Tool?] = []
    private var places: [JSONString: Int] = [:]
    /// Tools that later system messages withdrew.
    private var removedTools: Set<JSONString> = []
    /// The effort that a later system message asked for.
    private var effort: ReasoningConfiguration.Effort?
    private var dropped: DroppedMembers

    /// Reads all messages, with what system messages among them change of the tools and the effort.
    static func read(
        _ value: JSONValue,
        into request: inout ModelRequest,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        var reader = AnthropicMessageReader(dropped: dropped)
        // Messages that stand only until the user's next turn.
        var transient: [Int] = []
        var index = 0
        for element in try value.requestArray("messages") {
            if index & 63 == 0 { try GatewayError.checkCancellation() }
            let message = try reader.message(element, "messages[\(index)]")
            index += 1
            if message.role == .user, !transient.isEmpty {
                remove(transient, of: &request.messages)
                transient.removeAll()
            }
            if message.role == .system, element["clear_at"]?.text.map({ $0 == "next_user_message" }) == true {
                transient.append(request.messages.count)
            }
            request.messages.append(message)
        }
        guard index > 0 else { throw .invalid("messages", "must contain at least one message.") }
        let tools = request.tools.filter { reader.places[$0.name] == nil } + reader.addedTools.compactMap(\.self)
        request.tools = tools.filter { !reader.removedTools.contains($0.name) }
        if let effort = reader.effort { request.reasoning.effort = effort }
        dropped = reader.dropped
    }

    private init(dropped: DroppedMembers) {
        self.dropped = dropped
    }

    /// Takes out the messages at these places, which ascend, in one go over those from the first on.
    private static func remove(_ places: [Int], of messages: inout [Message]) {
        guard let first = places.first else { return }
        var places = places[...]
        var kept: [Message] = []
        for index in first..<messages.count {
            if places.first == index { places.removeFirst() } else { kept.append(messages[index]) }
        }
        messages.replaceSubrange(first..., with: kept)
    }

    private mutating func message(_ value: JSONValue, _ path: String) throws(GatewayError) -> Message {
        guard value.object != nil else { throw .invalid(path, "must be an object.") }
        guard let role = value["role"]?.text else { throw .invalid("\(path).role", "is missing.") }
        let kind: Message.Role
        if role == "user" {
            kind = .user
        } else if role == "assistant" {
            kind = .assistant
        } else if role == "system" {
            kind = .system
            if let value = value["output_config"]?["effort"] {
                effort = try AnthropicMessages.decodeEffort(value, "\(path).output_config.effort") ?? effort
            }
        } else {
            throw .invalid("\(path).role", "must be 'user', 'assistant' or 'system' for this model.")
        }
        guard let content = value["content"] else {
            // A system message may hold settings alone.
            if kind == .system { return Message(role: kind, parts: []) }
            throw .invalid("\(path).content", "is missing.")
        }
        if let text = content.text { return Message(role: kind, parts: [.text(text)]) }
        guard let blocks = content.array else {
            throw .invalid("\(path).content", "must be a string or an array of blocks.")
        }
        var parts: [Message.Part] = []
        var index = 0
        for block in blocks {
            try append(block, "\(path).content[\(index)]", kind, to: &parts)
            index += 1
        }
        return Message(role: kind, parts: parts)
    }

    // MARK: Blocks

    private enum Block {
        case text, image, document, searchResult, thinking, redactedThinking, toolUse, toolResult, compaction
        case toolAddition, toolRemoval, toolReference
    }

    private static let blocks = KeyTable<Block>([
        "text": .text, "image": .image, "document": .document, "search_result": .searchResult,
        "thinking": .thinking, "redacted_thinking": .redactedThinking, "tool_use": .toolUse,
        "tool_result": .toolResult, "compaction": .compaction, "tool_addition": .toolAddition,
        "tool_removal": .toolRemoval, "tool_reference": .toolReference,
    ])

    private mutating func append(
        _ value: JSONValue,
        _ path: String,
        _ role: Message.Role,
        to parts: inout [Message.Part]
    ) throws(GatewayError) {
        guard let type = value["type"]?.text else { throw .invalid("\(path).type", "is missing.") }
        let cacheControl = value.member("cache_control")
        switch Self.blocks[type] {
        case .text:
            var part = Message.Part(.text(try Self.text(value, "text", path)), cacheControl: cacheControl)
            if let citations = value["citations"]?.array {
                part.citations = citations.map(AnthropicCitations.decode)
            }
            parts.append(part)
        case .image:
            let media = try AnthropicMedia.image(value["source"], "\(path).source")
            parts.append(Message.Part(.media(media), cacheControl: cacheControl))
        case .document:
            try AnthropicMedia.appendDocument(value, path, cacheControl, to: &parts)
        case .searchResult:
            parts.append(Message.Part(.media(AnthropicMedia.searchResult(value)), cacheControl: cacheControl))
        case .thinking where role == .assistant:
            var state = value["signature"]?.text.flatMap { OpaqueState(wrapped: $0) }
            if state?.isUnsigned == true { state = nil }
            let text = value["thinking"]?.text ?? ""
            if text.isEmpty, state == nil { return }
            parts.append(
                Message.Part(.reasoning(Message.Reasoning(texts: text.isEmpty ? [] : [text])), state: state)
            )
        case .redactedThinking where role == .assistant:
            appendRedacted(value, to: &parts)
        case .toolUse where role == .assistant:
            parts.append(try Self.toolUse(value, path, cacheControl))
        case .toolResult where role == .user:
            parts.append(try toolResult(value, path, cacheControl))
        case .compaction:
            // The summary of what the vendor left out.
            if let text = value["content"]?.text { parts.append(Message.Part(.text(text), cacheControl: cacheControl)) }
        case .toolAddition: try addTool(value["tool"], "\(path).tool")
        case .toolRemoval: if let name = value["tool"]?["name"]?.text { removedTools.insert(name) }
        case .thinking, .redactedThinking, .toolUse, .toolResult:
            throw .invalid(path, "is a block of type '\(type.string)', which has no place in a message of this role.")
        case .toolReference, nil:
            // Blocks of the vendor's own servers, or newer ones.
            dropped.note("messages[].content[] of type \(DroppedMembers.printable(type))")
        }
    }

    private static func text(_ value: JSONValue, _ key: StaticString, _ path: String) throws(GatewayError) -> JSONString
    {
        guard let text = value[key]?.text else { throw .invalid("\(path).\(key)", "must be a string.") }
        return text
    }

    /// A thought that only its vendor can read; what the gateway did not wrap was minted for no target of a translation.
    private mutating func appendRedacted(_ value: JSONValue, to parts: inout [Message.Part]) {
        guard let state = value["data"]?.text.flatMap({ OpaqueState(wrapped: $0) }) else {
            return dropped.note("redacted_thinking")
        }
        // The state of a text, which has no place of its own in this format, stands in a block behind it.
        if state.kind == .thought, let last = parts.indices.last, parts[last].text != nil, parts[last].state == nil {
            parts[last].state = state
        } else {
            parts.append(Message.Part(.reasoning(Message.Reasoning(texts: [])), state: state))
        }
    }

    private static func toolUse(
        _ value: JSONValue,
        _ path: String,
        _ cacheControl: JSONValue?
    ) throws(GatewayError) -> Message.Part {
        let (id, state) = OpaqueState.split(id: try text(value, "id", path))
        let name = try text(value, "name", path)
        guard let input = value["input"], input.object != nil else {
            throw .invalid("\(path).input", "must be an object.")
        }
        let call = Message.ToolCall(id: id, name: name, arguments: .object(input))
        return Message.Part(.toolCall(call), cacheControl: cacheControl, state: state)
    }

    /// Reads a result; its blocks are read as those of no role, so that none of them can be a result again.
    private mutating func toolResult(
        _ value: JSONValue,
        _ path: String,
        _ cacheControl: JSONValue?
    ) throws(GatewayError) -> Message.Part {
        let (id, _) = OpaqueState.split(id: try Self.text(value, "tool_use_id", path))
        var parts: [Message.Part] = []
        if let content = value.member("content") {
            if let text = content.text {
                parts.append(.text(text))
            } else {
                guard let blocks = content.array else {
                    throw .invalid("\(path).content", "must be a string or an array of blocks.")
                }
                var index = 0
                for block in blocks {
                    // Nothing but texts and media has a place in a result.
                    let type = block["type"]?.text
                    if type == "tool_reference", let name = block["tool_name"]?.text {
                        parts.append(.text(name))
                    } else {
                        try append(block, "\(path).content[\(index)]", .system, to: &parts)
                    }
                    index += 1
                }
            }
        }
        let isError = try value["is_error"]?.requestFlag("\(path).is_error") ?? false
        return Message.Part(
            .toolResult(Message.ToolResult(callID: id, parts: parts, isError: isError)),
            cacheControl: cacheControl
        )
    }

    /// A tool that is offered from here on: one of the request's, or one that is defined here.
    private mutating func addTool(_ value: JSONValue?, _ path: String) throws(GatewayError) {
        guard let value else { return }
        if let name = value["name"]?.text {
            removedTools.remove(name)
        } else if let definition = value["definition"] {
            let tool = try AnthropicTools.tool(definition, "\(path).definition", dropped: &dropped)
            removedTools.remove(tool.name)
            if let place = places[tool.name] { addedTools[place] = nil }
            places[tool.name] = addedTools.count
            addedTools.append(tool)
        }
    }
}
