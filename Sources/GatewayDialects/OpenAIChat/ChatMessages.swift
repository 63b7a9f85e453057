// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// Reads the `messages` of a chat request.
struct ChatMessages {
    private enum Member {
        case role, content, name, toolCalls, toolCallID, refusal, functionCall, audio, images, extraContent
        case reasoningContent, reasoning, reasoningDetails, cacheControl
    }

    private static let members = KeyTable<Member>([
        "role": .role, "content": .content, "name": .name, "tool_calls": .toolCalls, "tool_call_id": .toolCallID,
        "refusal": .refusal, "function_call": .functionCall, "audio": .audio, "images": .images,
        "extra_content": .extraContent, "reasoning_content": .reasoningContent, "reasoning": .reasoning,
        "reasoning_details": .reasoningDetails, "cache_control": .cacheControl,
    ])

    /// The members of one message.
    private struct Members {
        var role: JSONString?
        var content: JSONValue?
        var name: JSONString?
        var toolCalls: JSONValue?
        var toolCallID: JSONString?
        var refusal: JSONString?
        var functionCall: JSONValue?
        var images: JSONValue?
        var extraContent: JSONValue?
        var reasoning: JSONString?
        var reasoningDetails: JSONValue?
        var cacheControl: JSONValue?
    }

    /// The most that any vendor takes: Anthropic's limit, PyPI `anthropic` 2.11.0 (2026-11).
    private static let maximumMessages = 100_000

    private var messages: [Message] = []
    /// The ids of the calls of custom tools.
    private var customCalls: Set<JSONString> = []
    /// The ids made for calls of the older kind, which have none, by the names of the functions.
    private var functionCalls: [JSONString: JSONString] = [:]
    private var dropped = DroppedMembers()

    /// Reads all messages; `dropped` takes the names of members that the hub has no place for.
    static func decode(_ value: JSONValue, dropped: inout DroppedMembers) throws(GatewayError) -> [Message] {
        var decoder = ChatMessages()
        decoder.dropped = dropped
        defer { dropped = decoder.dropped }
        for element in try value.requestArray("messages") {
            if decoder.messages.count & 63 == 0 { try GatewayError.checkCancellation() }
            guard decoder.messages.count < maximumMessages else {
                throw .invalid("messages", "must contain at most \(maximumMessages) messages for this model.")
            }
            decoder.messages.append(try decoder.message(element, at: decoder.messages.count))
        }
        guard !decoder.messages.isEmpty else { throw .invalid("messages", "must contain at least one message.") }
        return decoder.messages
    }

    private mutating func message(_ value: JSONValue, at index: Int) throws(GatewayError) -> Message {
        var members = Members()
        try read(value, at: index, into: &members)
        guard let role = members.role else { throw .invalid("messages[\(index)].role", "is missing.") }
        var message: Message
        if role == "user" {
            message = Message(role: .user, parts: try Self.content(members, at: index))
        } else if role == "system" || role == "developer" {
            message = Message(role: .system, parts: try Self.content(members, at: index))
        } else if role == "assistant" {
            message = Message(role: .assistant, parts: try assistantParts(members, at: index))
        } else if role == "tool" || role == "function" {
            var result = Message.ToolResult(callID: "", parts: try Self.content(members, at: index))
            if role == "tool" {
                guard let id = members.toolCallID else {
                    throw .invalid("messages[\(index)].tool_call_id", "is missing.")
                }
                result.callID = OpaqueState.split(id: id).id
                result.isCustom = customCalls.contains(result.callID)
                result.name = members.name
            } else {
                guard let name = members.name else { throw .invalid("messages[\(index)].name", "is missing.") }
                guard let id = functionCalls[name] else {
                    throw .invalid("messages[\(index)].name", "must be the name of a function that was called before.")
                }
                result.callID = id
                result.name = name
            }
            return Message(
                role: .user,
                parts: [Message.Part(.toolResult(result), cacheControl: members.cacheControl)]
            )
        } else {
            throw .invalid(
                "messages[\(index)].role",
                "must be 'system', 'developer', 'user', 'assistant', 'tool' or 'function' for this model."
            )
        }
        message.name = members.name
        if let cacheControl = members.cacheControl, !message.parts.isEmpty {
            message.parts[message.parts.count - 1].cacheControl = cacheControl
        }
        return message
    }

    private mutating func read(
        _ value: JSONValue,
        at index: Int,
        into found: inout Members
    ) throws(GatewayError) {
        for (key, value) in try value.requestObject("messages[\(index)]") where !value.isNull {
            switch Self.members[key] {
            case .role: found.role = try value.requestText("messages[\(index)].role")
            case .content: found.content = value
            case .name: found.name = try value.requestText("messages[\(index)].name")
            case .toolCalls: found.toolCalls = value
            case .toolCallID: found.toolCallID = try value.requestText("messages[\(index)].tool_call_id")
            case .refusal: found.refusal = try value.requestText("messages[\(index)].refusal")
            case .functionCall: found.functionCall = value
            case .audio:
                throw .invalid("messages[\(index)].audio", "is not supported for this model.")
            case .images: found.images = value
            case .extraContent: found.extraContent = value
            // The same under two names; some servers write both.
            case .reasoningContent: found.reasoning = value.text ?? found.reasoning
            case .reasoning: found.reasoning = found.reasoning ?? value.text
            case .reasoningDetails: found.reasoningDetails = value
            case .cacheControl: found.cacheControl = value
            // SDKs write empty lists of what there is none of.
            case nil:
                if value.array?.isEmpty != true { dropped.note("messages[].\(DroppedMembers.printable(key))") }
            }
        }
    }

    private static func content(_ members: Members, at index: Int) throws(GatewayError) -> [Message.Part] {
        guard let content = members.content else { throw .invalid("messages[\(index)].content", "is missing.") }
        return try ChatParts.decode(content, isAssistant: false, "messages[\(index)].content")
    }

    private mutating func assistantParts(_ members: Members, at index: Int) throws(GatewayError) -> [Message.Part] {
        var parts: [Message.Part] = []
        if let details = members.reasoningDetails { parts = thoughts(of: details, isTold: members.reasoning != nil) }
        if members.reasoning != nil || members.extraContent != nil {
            parts += ChatReasoning.parts(of: members.reasoning ?? "", extra: members.extraContent)
        }
        if let content = members.content {
            parts += try ChatParts.decode(content, isAssistant: true, "messages[\(index)].content")
        }
        if let refusal = members.refusal { parts.append(Message.Part(.refusal(refusal))) }
        if let images = members.images {
            for part in try ChatParts.decode(images, isAssistant: true, "messages[\(index)].images") {
                parts.append(part)
            }
        }
        if let state = ChatTools.state(in: members.extraContent),
            let text = parts.lastIndex(where: { $0.text != nil })
        {
            parts[text].state = state
        }
        if let calls = members.toolCalls { try append(calls, at: index, to: &parts) }
        if let call = members.functionCall {
            let path = "messages[\(index)].function_call"
            let id = JSONString("call_\(index)")
            let (name, arguments) = try ChatTools.function(call, path)
            functionCalls[name] = id
            parts.append(.toolCall(Message.ToolCall(id: id, name: name, arguments: arguments)))
        }
        return parts
    }

    /// Reads `reasoning_details` as OpenRouter's servers write them: their texts, where they do not stand beside them as well.
    ///
    /// What a vendor attached is not known to be this target's, so it is left out.
    private mutating func thoughts(of details: JSONValue, isTold: Bool) -> [Message.Part] {
        var texts: [JSONString] = []
        for detail in details.array.map(Array.init) ?? [] {
            if let text = ChatAnswerParts.text(of: detail).0 { texts.append(text) }
            if detail["signature"]?.text != nil || detail["data"] != nil {
                dropped.note("messages[].reasoning_details")
            }
        }
        guard !isTold, !texts.isEmpty else { return [] }
        return [Message.Part(.reasoning(Message.Reasoning(texts: texts)))]
    }

    private mutating func append(
        _ toolCalls: JSONValue,
        at index: Int,
        to parts: inout [Message.Part]
    ) throws(GatewayError) {
        var position = 0
        for value in try toolCalls.requestArray("messages[\(index)].tool_calls") {
            let part = try ChatTools.call(value, "messages[\(index)].tool_calls[\(position)]")
            if let call = part.toolCall, call.isCustom { customCalls.insert(call.id) }
            parts.append(part)
            position += 1
        }
    }
}
