// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

extension OpenAIChat {
    /// Google's thought signature in a message, delta or call.
    static func signature(in value: JSONValue) -> JSONString? {
        value["extra_content"]?["google"]?["thought_signature"]?.text.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// What a `finish_reason` means; an answer with tool calls that simply ended waits for their results (stream-12).
    static func finishReason(_ reason: JSONString, hasToolCalls: Bool) -> FinishReason {
        // The others: Hugging Face's servers and Cohere's, Mistral's, and what stands in for Anthropic's words (2026-11).
        if reason == "stop" || reason == "eos_token" || reason == "end_turn" || reason == "COMPLETE" || reason == "STOP"
        {
            return hasToolCalls ? .toolCalls : .stop
        }
        if reason == "tool_calls" || reason == "function_call" || reason == "tool_use" { return .toolCalls }
        if reason == "length" || reason == "model_length" || reason == "max_tokens" || reason == "MAX_TOKENS" {
            return .length
        }
        if reason == "stop_sequence" { return hasToolCalls ? .toolCalls : .stopSequence(nil) }
        if reason == "content_filter" { return .contentFilter }
        return .other(reason.string)
    }

    package func makeStreamDecoder(for answer: AnswerContext) -> any StreamDecoder { ChatStreamDecoder(answer) }
}

/// An element of an answer's `tool_calls`, or a fragment of one.
struct ChatCall {
    var index: Int?
    var id: JSONString?
    var name: JSONString?
    var arguments: Message.Arguments
    var isCustom = false
    /// Google's thought signature.
    var signature: JSONString?

    /// Nil for anything but an object.
    init?(_ value: JSONValue) {
        guard value.object != nil else { return nil }
        // Nobody counts further; what is beyond is as good as none.
        index = value["index"]?.int.flatMap { (0..<1 << 16).contains($0) ? $0 : nil }
        id = value["id"]?.text.flatMap { $0.isEmpty ? nil : $0 }
        signature = OpenAIChat.signature(in: value)
        if let custom = value["custom"], custom.object != nil {
            isCustom = true
            name = custom["name"]?.text
            arguments = .text(custom["input"]?.text ?? "")
        } else {
            let function = value["function"]
            name = function?["name"]?.text
            arguments = function?["arguments"].flatMap(Self.arguments) ?? .text("")
        }
        if name?.isEmpty == true { name = nil }
    }

    /// Arguments as a string, or as the object itself, which Ollama and others send; nil for `null` and the like.
    static func arguments(_ value: JSONValue) -> Message.Arguments? {
        if let text = value.text { return .text(text) }
        return value.object == nil ? nil : .object(value)
    }
}

extension Message.Arguments {
    /// The text, where it is one.
    var text: JSONString? { if case .text(let text) = self { text } else { nil } }

    /// The arguments as a text.
    var written: JSONString {
        switch self {
        case .text(let text): text
        case .object(let object): JSONString(String(buffer: object.bytes))
        }
    }
}
