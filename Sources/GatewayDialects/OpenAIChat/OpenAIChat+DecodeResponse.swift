// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayJSON
import NIOCore

extension OpenAIChat {
    package func decodeResponse(
        _ body: JSONValue,
        for answer: AnswerContext
    ) throws(GatewayError) -> ModelResponse {
        guard let choices = body["choices"]?.array else {
            if body["error"] != nil { throw ErrorReader.streamError(body) }
            throw .unreadableAnswer("the response has no choices")
        }
        var ids = CallIDs(responseID: body["id"]?.text, answer)
        var candidates: [ModelResponse.Candidate] = []
        var usage = body["usage"] ?? body["x_groq"]?["usage"]
        for choice in choices {
            // OpenRouter reports a provider's failure here, with status 200.
            if let error = choice["error"], error.object != nil { throw ErrorReader.streamError(choice) }
            guard let message = choice["message"] else { throw .unreadableAnswer("a choice has no message") }
            let parts = Self.parts(of: message, from: answer.origin, ids: &ids)
            var candidate = ModelResponse.Candidate(
                parts: parts,
                finishReason: choice["finish_reason"]?.text.flatMap { reason in
                    reason.isEmpty
                        ? nil : Self.finishReason(reason, hasToolCalls: parts.contains { $0.toolCall != nil })
                }
            )
            if let logprobs = choice["logprobs"]?["content"], logprobs.array != nil { candidate.logprobs = logprobs }
            candidates.append(candidate)
            usage = usage ?? choice["usage"]
        }
        var response = ModelResponse(
            id: body["id"]?.text,
            model: body["model"]?.text,
            candidates: candidates,
            usage: usage.flatMap { $0.object == nil ? nil : Self.usage($0) } ?? TokenUsage()
        )
        response.serviceTier = body["service_tier"]?.string
        return response
    }

    private static func parts(
        of message: JSONValue,
        from origin: StateOrigin,
        ids: inout CallIDs
    ) -> [Message.Part] {
        var parts = ChatAnswerParts.reasoning(of: message, from: origin)
        parts += ChatAnswerParts.content(message["content"], from: origin)
        parts += ChatAnswerParts.audio(of: message)
        if let refusal = message["refusal"]?.text, !refusal.isEmpty { parts.append(Message.Part(.refusal(refusal))) }
        let citations = ChatAnswerParts.citations(of: message)
        let signature = signature(in: message)
        if !citations.isEmpty || signature != nil {
            // They come without a text as well: sources of a call, the signature at the end of a stream.
            let text = parts.lastIndex { $0.text != nil } ?? parts.endIndex
            if text == parts.endIndex { parts.append(.text("")) }
            parts[text].citations = citations
            if let signature { parts[text].state = OpaqueState(.thought, signature, from: origin) }
        }
        parts += ChatAnswerParts.images(of: message)
        for value in message["tool_calls"]?.array.map(Array.init) ?? [] {
            guard let call = ChatCall(value), let name = call.name else { continue }
            var arguments = call.arguments
            if !call.isCustom, let text = arguments.text, text.isEmpty { arguments = .text("{}") }
            var part = Message.Part.toolCall(
                Message.ToolCall(id: ids.next(call.id), name: name, arguments: arguments, isCustom: call.isCustom)
            )
            part.state = call.signature.map { OpaqueState(.thought, $0, from: origin) }
            parts.append(part)
        }
        if let function = message["function_call"], let name = function["name"]?.text {
            let arguments = function["arguments"].flatMap(ChatCall.arguments) ?? .text("{}")
            parts.append(.toolCall(Message.ToolCall(id: ids.next(nil), name: name, arguments: arguments)))
        }
        return parts
    }

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
