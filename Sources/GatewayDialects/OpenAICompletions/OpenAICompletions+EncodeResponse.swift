// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayJSON

extension OpenAICompletions {
    package func writeResponse(
        _ response: ModelResponse,
        for answer: AnswerContext,
        into writer: inout JSONWriter
    ) {
        let echo = Self.echo(answer)
        writer.beginObject()
        Self.writeHead(id: response.id, model: response.model, for: answer, into: &writer)
        writer.key("choices")
        writer.beginArray()
        for (index, candidate) in response.candidates.enumerated() {
            writer.beginObject()
            writer.key("text")
            writer.beginString()
            if let echo { writer.appendString(echo) }
            for part in candidate.parts { if let text = Self.text(part.content) { writer.appendString(text) } }
            writer.endString()
            writer.member("index", index)
            writer.key("logprobs")
            if let logprobs = candidate.logprobs {
                LegacyLogprobs.write(logprobs, from: echo?.string.unicodeScalars.count ?? 0, into: &writer)
            } else {
                writer.null()
            }
            writer.member("finish_reason", Self.name(of: candidate.finishReason))
            writer.endObject()
        }
        writer.endArray()
        writer.key("usage")
        OpenAIChat.write(response.usage, into: &writer, withCaches: false)
        writer.endObject()
    }

    package func makeStreamEncoder(for answer: AnswerContext) -> any StreamEncoder { CompletionStreamEncoder(answer) }

    /// What a part says in a format of nothing but text: words for what has no place in it, thoughts apart, which nobody asked for.
    private static func text(_ content: Message.Content) -> JSONString? {
        switch content {
        case .text(let text), .refusal(let text): text
        case .media(let media): media.words
        case .toolCall(let call): words(for: call)
        case .reasoning, .toolResult: nil
        }
    }

    /// What stands in place of a call; models make some up although they have no tools.
    static func words(for call: Message.ToolCall) -> JSONString {
        JSONString("[The model called the tool '\(call.name.string.prefix(128))', which this API cannot carry.]")
    }

    /// The prompt, where the client wants it back in front of the answer.
    static func echo(_ answer: AnswerContext) -> JSONString? {
        guard let request = answer.request, request.value["echo"]?.bool == true, let prompt = request.value["prompt"]
        else { return nil }
        return try? text(ofPrompt: prompt)
    }

    /// The members that answers and chunks begin with.
    static func writeHead(
        id: JSONString?,
        model: JSONString?,
        for answer: AnswerContext,
        into writer: inout JSONWriter
    ) {
        writer.key("id")
        writer.beginString()
        writer.appendString("cmpl-" as StaticString)
        if let id, !id.isEmpty { writer.appendString(id) } else { writer.appendString(answer.identity.requestID) }
        writer.endString()
        writer.member("object", "text_completion")
        writer.member("created", answer.identity.created)
        if let model, !model.isEmpty { writer.member("model", model) } else { writer.member("model", answer.model) }
    }

    static func name(of reason: FinishReason?) -> StaticString {
        switch reason {
        // An end that nobody knows is not a good one.
        case .length, .other: "length"
        case .contentFilter, .refusal: "content_filter"
        case .stop, .stopSequence, .toolCalls, .pause, nil: "stop"
        }
    }
}

/// The `logprobs` of completions, made of those of chat.
private enum LegacyLogprobs {
    /// Writes OpenAI's `logprobs.content` array; `offset` is where the first token stands in the text, in Unicode scalars.
    static func write(_ content: JSONValue, from offset: Int, into writer: inout JSONWriter) {
        let tokens = content.array.map(Array.init) ?? []
        writer.beginObject()
        writer.key("tokens")
        writer.beginArray()
        for token in tokens { writer.string(token["token"]?.text ?? "") }
        writer.endArray()
        writer.key("token_logprobs")
        writer.beginArray()
        for token in tokens {
            if let number = token["logprob"]?.number { writer.number(number) } else { writer.null() }
        }
        writer.endArray()
        writer.key("top_logprobs")
        writer.beginArray()
        for token in tokens {
            writer.beginObject()
            var seen: Set<JSONString> = []
            for other in token["top_logprobs"]?.array.map(Array.init) ?? [] {
                guard let text = other["token"]?.text, let number = other["logprob"]?.number,
                    seen.insert(text).inserted
                else { continue }
                writer.key(text)
                writer.number(number)
            }
            writer.endObject()
        }
        writer.endArray()
        writer.key("text_offset")
        writer.beginArray()
        var position = offset
        for token in tokens {
            writer.int(position)
            position += token["token"]?.string?.unicodeScalars.count ?? 0
        }
        writer.endArray()
        writer.endObject()
    }
}
