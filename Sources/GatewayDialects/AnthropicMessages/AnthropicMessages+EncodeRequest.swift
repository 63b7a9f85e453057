// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON
package import NIOCore

extension AnthropicMessages: UpstreamDialect {
    package func features(of target: TranslationTarget) -> UpstreamFeatures { [.jsonSchema] }

    package func encodeRequest(
        _ request: ModelRequest,
        to target: TranslationTarget,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> ByteBuffer {
        let conversation = Conversation(request.messages, dropped: &dropped)
        guard !conversation.turns.isEmpty else {
            throw .invalid("messages", "must hold a user message that is not empty for this model.")
        }
        if let count = request.sampling.candidateCount, count > 1 {
            throw .invalid("n", "must be 1 for this model.")
        }
        var writer = JSONWriter(into: ByteBufferAllocator().buffer(capacity: request.estimatedBytes))
        writer.beginObject()
        if let version = target.traits.anthropicVersion {
            writer.member("anthropic_version", version)
        } else {
            writer.member("model", request.model)
        }
        writer.member("max_tokens", Self.maximumTokens(of: request, target))
        Self.write(system: conversation.system, into: &writer)
        writer.key("messages")
        writer.beginArray()
        for turn in conversation.turns {
            writer.beginObject()
            writer.member("role", turn.isAssistant ? "assistant" as StaticString : "user")
            writer.key("content")
            try Self.write(turn.parts, into: &writer)
            writer.endObject()
        }
        writer.endArray()
        Self.writeTools(of: request, into: &writer)
        Self.writeSampling(of: request, into: &writer, dropped: &dropped)
        if let user = request.user {
            writer.key("metadata")
            writer.beginObject()
            writer.member("user_id", user)
            writer.endObject()
        }
        if request.isStreaming { writer.member("stream", true) }
        writer.endObject()
        dropped.note(rest: request.rest)
        return writer.buffer
    }

    /// The limit on output that this format demands: the client's, else the default capped by what the model can.
    private static func maximumTokens(of request: ModelRequest, _ target: TranslationTarget) -> Int {
        if let maximum = request.maximumOutput { return maximum }
        return min(target.defaultMaximumOutput, target.limits.maximumOutput ?? .max)
    }

    private static func write(system parts: [Message.Part], into writer: inout JSONWriter) {
        guard let first = parts.first else { return }
        if parts.count == 1, let text = first.text { return writer.member("system", text) }
        writer.key("system")
        writer.beginArray()
        for part in parts { if let text = part.text { write(text, into: &writer) } }
        writer.endArray()
    }

    private static func write(_ parts: [Message.Part], into writer: inout JSONWriter) throws(GatewayError) {
        if parts.count == 1, let text = parts[0].text { return writer.string(text) }
        writer.beginArray()
        for part in parts {
            switch part.content {
            case .text(let text), .refusal(let text): write(text, into: &writer)
            case .reasoning, .media: break
            case .toolCall(let call):
                writer.beginObject()
                writer.member("type", "tool_use")
                writer.member("id", identifier(call.id))
                writer.member("name", call.name)
                writer.member("input", try call.argumentsObject())
                writer.endObject()
            case .toolResult(let result): write(result, into: &writer)
            }
        }
        writer.endArray()
    }

    private static func write(_ text: JSONString, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("type", "text")
        writer.member("text", text)
        writer.endObject()
    }

    private static func write(_ result: Message.ToolResult, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("type", "tool_result")
        writer.member("tool_use_id", identifier(result.callID))
        var texts: [JSONString] = []
        for part in result.parts { if let text = part.text, !text.isEmpty { texts.append(text) } }
        if texts.count == 1 {
            writer.member("content", texts[0])
        } else if !texts.isEmpty {
            writer.key("content")
            writer.beginArray()
            for text in texts { write(text, into: &writer) }
            writer.endArray()
        }
        if result.isError { writer.member("is_error", true) }
        writer.endObject()
    }

    /// The id of a call as this vendor allows it: letters, digits, `_` and `-`.
    ///
    /// Another vendor's id with other characters is spelled in allowed ones, always the same way, with a checksum so that different ids stay different.
    static func identifier(_ id: JSONString) -> JSONString {
        let isPlain = id.withBytes { bytes, _ in bytes.allSatisfy(isAllowed) }
        if isPlain, !id.isEmpty { return id }
        var checksum: UInt64 = 0xCBF2_9CE4_8422_2325
        var plain = ""
        for byte in id.string.utf8 {
            checksum = (checksum ^ UInt64(byte)) &* 0x100_0000_01B3
            plain.unicodeScalars.append(isAllowed(byte) ? Unicode.Scalar(byte) : "_")
        }
        return JSONString("\(plain)_\(String(checksum, radix: 36))")
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10 || (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: "-")
    }

    private static func writeTools(of request: ModelRequest, into writer: inout JSONWriter) {
        guard !request.tools.isEmpty else { return }
        writer.key("tools")
        writer.beginArray()
        for tool in request.allowedTools {
            writer.beginObject()
            writer.member("name", tool.name)
            if let description = tool.description { writer.member("description", description) }
            writer.key("input_schema")
            write(schema: tool.parameters, into: &writer)
            if tool.isStrict == true { writer.member("strict", true) }
            writer.endObject()
        }
        writer.endArray()
        let isSequential = request.allowsParallelToolCalls == false
        guard let choice = request.toolChoice ?? (isSequential ? .auto : nil) else { return }
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

    /// Writes a tool's schema; this vendor wants its type said.
    private static func write(schema: JSONValue?, into writer: inout JSONWriter) {
        guard let schema, let members = schema.object else { return writer.raw(#"{"type":"object","properties":{}}"#) }
        guard schema["type"] == nil else { return writer.value(schema) }
        writer.beginObject()
        writer.member("type", "object")
        for (key, value) in members {
            writer.key(key)
            writer.value(value)
        }
        writer.endObject()
    }

    private static func writeSampling(
        of request: ModelRequest,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) {
        let sampling = request.sampling
        if let temperature = sampling.temperature {
            // OpenAI's scale ends at 2, this one at 1.
            if let value = temperature.double, value > 1 {
                writer.member("temperature", 1)
                dropped.note("temperature above 1")
            } else {
                writer.member("temperature", temperature)
            }
        }
        if let topP = sampling.topP { writer.member("top_p", topP) }
        if let topK = sampling.topK { writer.member("top_k", topK) }
        let stop = request.stop.filter { !$0.isEmpty }
        if !stop.isEmpty {
            writer.key("stop_sequences")
            writer.beginArray()
            for text in stop { writer.string(text) }
            writer.endArray()
        }
        if let penalty = sampling.frequencyPenalty, penalty.double != 0 { dropped.note("frequency_penalty") }
        if let penalty = sampling.presencePenalty, penalty.double != 0 { dropped.note("presence_penalty") }
        if sampling.seed != nil { dropped.note("seed") }
    }
}

extension ModelRequest {
    /// About how many bytes the request takes in any format.
    var estimatedBytes: Int {
        var bytes = 512
        for message in messages {
            bytes += 64
            for part in message.parts { bytes += part.contentBytes &+ 96 }
        }
        for tool in tools { bytes += 128 &+ (tool.description?.utf8Count ?? 0) &+ (tool.parameters?.range.count ?? 0) }
        return bytes
    }

    /// UTF-8 bytes of text in the messages: the basis of an estimate of the prompt.
    var textBytes: Int { messages.reduce(0) { $1.parts.reduce($0) { $0 + $1.contentBytes } } }
}
