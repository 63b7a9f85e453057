// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// The `messages` of a chat request.
enum ChatMessages {
    private enum Member {
        case role, content, name, toolCalls, toolCallID, refusal, functionCall, audio
    }

    private static let members = KeyTable<Member>([
        "role": .role, "content": .content, "name": .name, "tool_calls": .toolCalls, "tool_call_id": .toolCallID,
        "refusal": .refusal, "function_call": .functionCall, "audio": .audio,
    ])

    /// The most that any vendor takes: Anthropic's limit, PyPI `anthropic` 2.11.0 (2026-11).
    private static let maximumMessages = 100_000

    static func decode(_ value: JSONValue, dropped: inout DroppedMembers) throws(GatewayError) -> [Message] {
        var messages: [Message] = []
        for element in try value.requestArray("messages") {
            guard messages.count < maximumMessages else {
                throw .invalid("messages", "must hold at most \(maximumMessages) messages for this model.")
            }
            messages.append(try message(element, at: messages.count, dropped: &dropped))
        }
        guard !messages.isEmpty else { throw .invalid("messages", "must hold at least one message.") }
        return messages
    }

    private static func message(
        _ value: JSONValue,
        at index: Int,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> Message {
        var role: JSONString?
        var content: JSONValue?
        var toolCalls: JSONValue?
        var toolCallID: JSONString?
        var refusal: JSONString?
        for (key, value) in try value.requestObject("messages[\(index)]") where !value.isNull {
            switch members[key] {
            case .role: role = try value.requestText("messages[\(index)].role")
            case .content: content = value
            case .name: dropped.note("messages[].name")
            case .toolCalls: toolCalls = value
            case .toolCallID: toolCallID = try value.requestText("messages[\(index)].tool_call_id")
            case .refusal: refusal = try value.requestText("messages[\(index)].refusal")
            case .functionCall:
                throw .invalid("messages[\(index)].function_call", "is not supported for this model; use 'tool_calls'.")
            case .audio:
                throw .invalid("messages[\(index)].audio", "is not supported for this model.")
            case nil: break
            }
        }
        guard let role else { throw .invalid("messages[\(index)].role", "is missing.") }
        if role == "user" {
            return Message(role: .user, parts: try required(content, at: index, dropped: &dropped))
        } else if role == "system" || role == "developer" {
            return Message(role: .system, parts: try required(content, at: index, dropped: &dropped))
        } else if role == "assistant" {
            var parts =
                try content.map { content throws(GatewayError) in
                    try Self.parts(content, at: index, isAssistant: true, dropped: &dropped)
                } ?? []
            if let refusal, parts.isEmpty { parts.append(.text(refusal)) }
            if let toolCalls { try append(toolCalls, at: index, to: &parts) }
            return Message(role: .assistant, parts: parts)
        } else if role == "tool" {
            guard let toolCallID else { throw .invalid("messages[\(index)].tool_call_id", "is missing.") }
            let parts = try required(content, at: index, dropped: &dropped)
            return Message(role: .user, parts: [.toolResult(Message.ToolResult(callID: toolCallID, parts: parts))])
        }
        throw .invalid(
            "messages[\(index)].role",
            "must be 'system', 'developer', 'user', 'assistant' or 'tool' for this model."
        )
    }

    private static func required(
        _ content: JSONValue?,
        at index: Int,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> [Message.Part] {
        guard let content else { throw .invalid("messages[\(index)].content", "is missing.") }
        return try parts(content, at: index, isAssistant: false, dropped: &dropped)
    }

    private static func parts(
        _ content: JSONValue,
        at index: Int,
        isAssistant: Bool,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> [Message.Part] {
        if let text = content.text { return [.text(text)] }
        guard let array = content.array else {
            throw .invalid("messages[\(index)].content", "must be a string or an array of parts.")
        }
        var parts: [Message.Part] = []
        var position = 0
        for part in array {
            guard let type = part["type"]?.text else {
                throw .invalid("messages[\(index)].content[\(position)].type", "is missing.")
            }
            if type == "text" {
                guard let text = part["text"]?.text else {
                    throw .invalid("messages[\(index)].content[\(position)].text", "must be a string.")
                }
                parts.append(.text(text))
            } else if isAssistant, type == "refusal", let text = part["refusal"]?.text {
                parts.append(.text(text))
            } else if isAssistant, type == "reasoning" {
                // An earlier answer's reasoning may be left out at will.
                dropped.note("messages[].content[].reasoning")
            } else {
                throw .invalid(
                    "messages[\(index)].content[\(position)]",
                    "is a part of type '\(type.string.prefix(64))', which cannot be sent to this model."
                )
            }
            position += 1
        }
        return parts
    }

    private static func append(
        _ toolCalls: JSONValue,
        at index: Int,
        to parts: inout [Message.Part]
    ) throws(GatewayError) {
        var position = 0
        for call in try toolCalls.requestArray("messages[\(index)].tool_calls") {
            if let type = call["type"]?.text, type != "function" {
                throw .invalid(
                    "messages[\(index)].tool_calls[\(position)]",
                    "is a call of type '\(type.string.prefix(64))', which cannot be sent to this model."
                )
            }
            guard let id = call["id"]?.text else {
                throw .invalid("messages[\(index)].tool_calls[\(position)].id", "must be a string.")
            }
            guard let function = call["function"], let name = function["name"]?.text else {
                throw .invalid("messages[\(index)].tool_calls[\(position)].function.name", "must be a string.")
            }
            let arguments = function["arguments"]
            guard let text = arguments == nil || arguments?.isNull == true ? "" : arguments?.text else {
                throw .invalid(
                    "messages[\(index)].tool_calls[\(position)].function.arguments",
                    "must be a string that holds a JSON object."
                )
            }
            parts.append(.toolCall(Message.ToolCall(id: id, name: name, arguments: .text(text))))
            position += 1
        }
    }
}
