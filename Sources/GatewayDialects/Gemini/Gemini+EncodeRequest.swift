// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON
package import NIOCore

extension Gemini: UpstreamDialect {
    package func features(of target: TranslationTarget) -> UpstreamFeatures { [.jsonSchema, .jsonObject] }

    package func encodeRequest(
        _ request: ModelRequest,
        to target: TranslationTarget,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> ByteBuffer {
        let conversation = Conversation(request.messages, dropped: &dropped)
        guard !conversation.turns.isEmpty else {
            throw .invalid("messages", "must hold a user message that is not empty for this model.")
        }
        var writer = JSONWriter(into: ByteBufferAllocator().buffer(capacity: request.estimatedBytes))
        writer.beginObject()
        if !conversation.system.isEmpty {
            writer.key("systemInstruction")
            writer.beginObject()
            writer.key("parts")
            writer.beginArray()
            for part in conversation.system { if let text = part.text { Self.write(text, into: &writer) } }
            writer.endArray()
            writer.endObject()
        }
        writer.key("contents")
        writer.beginArray()
        let demandsSignatures = Self.demandsSignatures(target.model)
        for turn in conversation.turns {
            writer.beginObject()
            writer.member("role", turn.isAssistant ? "model" as StaticString : "user")
            writer.key("parts")
            writer.beginArray()
            var lacksSignature = demandsSignatures
            for part in turn.parts { try Self.write(part, of: conversation, &lacksSignature, into: &writer) }
            writer.endArray()
            writer.endObject()
        }
        writer.endArray()
        Self.writeTools(of: request, into: &writer, dropped: &dropped)
        Self.writeGenerationConfig(of: request, into: &writer)
        writer.endObject()
        dropped.note(rest: request.rest)
        return writer.buffer
    }

    private static func write(_ text: JSONString, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("text", text)
        writer.endObject()
    }

    private static func write(
        _ part: Message.Part,
        of conversation: Conversation,
        _ lacksSignature: inout Bool,
        into writer: inout JSONWriter
    ) throws(GatewayError) {
        switch part.content {
        case .text(let text), .refusal(let text): write(text, into: &writer)
        case .reasoning, .media: break
        case .toolCall(let call):
            writer.beginObject()
            writer.key("functionCall")
            writer.beginObject()
            writer.member("id", call.id)
            writer.member("name", call.name)
            writer.member("args", try call.argumentsObject())
            writer.endObject()
            if lacksSignature {
                lacksSignature = false
                writer.member("thoughtSignature", "skip_thought_signature_validator")
            }
            writer.endObject()
        case .toolResult(let result):
            guard let name = result.name ?? conversation.toolNames[result.callID] else {
                throw GatewayError(
                    .invalidRequest,
                    "The tool result '\(result.callID.string.prefix(128))' answers no tool call of the conversation.",
                    parameter: "messages"
                )
            }
            writer.beginObject()
            writer.key("functionResponse")
            writer.beginObject()
            writer.member("id", result.callID)
            writer.member("name", name)
            writer.key("response")
            write(response: result, into: &writer)
            writer.endObject()
            writer.endObject()
        }
    }

    /// Whether the model refuses a turn whose first call has no signature of its own: every one since Gemini 3.
    ///
    /// Chat clients do not carry signatures yet. The word that stands in for one is the vendor's own for histories that have none
    /// (ai.google.dev/gemini-api/docs/thought-signatures, 2026-11).
    private static func demandsSignatures(_ model: String) -> Bool {
        !model.contains("gemini-1") && !model.contains("gemini-2")
    }

    /// A tool's result as the object that this vendor demands: the result itself where it is one, else its text below a key.
    ///
    /// Objects with keys such as `$ref` are refused by the vendor (pain T10), so those go as text.
    private static func write(response result: Message.ToolResult, into writer: inout JSONWriter) {
        let text = result.text
        if !result.isError, let object = plainObject(text) { return writer.value(object) }
        writer.beginObject()
        writer.key(result.isError ? "error" : "result")
        writer.string(text)
        writer.endObject()
    }

    private static func plainObject(_ text: JSONString) -> JSONValue? {
        let isCandidate = text.withBytes { bytes, _ in bytes.first { $0 > 0x20 } == UInt8(ascii: "{") }
        guard isCandidate else { return nil }
        let written = text.string
        guard let value = try? JSONValue(validating: ByteBuffer(string: written), maximumDepth: 64),
            value.object != nil, !hasReservedKey(value)
        else { return nil }
        return value
    }

    /// Whether any key starts with `$`, also one that is spelled with an escape; one pass, however deep the value is.
    private static func hasReservedKey(_ value: JSONValue) -> Bool {
        value.bytes.withUnsafeReadableBytes { bytes in
            var walk = JSONWalk(bytes)
            while let text = walk.nextText() {
                guard walk.peek() == UInt8(ascii: ":"), !text.range.isEmpty else { continue }
                let first = UnsafeRawBufferPointer(rebasing: bytes[text.range].prefix(6))
                if first.first == UInt8(ascii: "$") || first.equals("\\u0024") { return true }
            }
            return false
        }
    }

    private static func writeTools(
        of request: ModelRequest,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) {
        guard !request.tools.isEmpty else { return }
        writer.key("tools")
        writer.beginArray()
        writer.beginObject()
        writer.key("functionDeclarations")
        writer.beginArray()
        for tool in request.allowedTools {
            writer.beginObject()
            writer.member("name", tool.name)
            if let description = tool.description { writer.member("description", description) }
            // Takes JSON Schema as it is, unlike `parameters` (pain T05).
            if let parameters = tool.parameters { writer.member("parametersJsonSchema", parameters) }
            if tool.isStrict == true { dropped.note("tools[].function.strict") }
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        writer.endArray()
        if request.allowsParallelToolCalls == false { dropped.note("parallel_tool_calls") }
        guard let choice = request.toolChoice else { return }
        writer.key("toolConfig")
        writer.beginObject()
        writer.key("functionCallingConfig")
        writer.beginObject()
        switch choice {
        case .auto: writer.member("mode", "AUTO")
        case .none: writer.member("mode", "NONE")
        case .required: writer.member("mode", "ANY")
        case .allowed(let names, let isRequired):
            writer.member("mode", isRequired ? "ANY" as StaticString : "AUTO")
            writer.key("allowedFunctionNames")
            writer.beginArray()
            for name in names { writer.string(name) }
            writer.endArray()
        case .tool(let name):
            writer.member("mode", "ANY")
            writer.key("allowedFunctionNames")
            writer.beginArray()
            writer.string(name)
            writer.endArray()
        }
        writer.endObject()
        writer.endObject()
    }

    private static func writeGenerationConfig(of request: ModelRequest, into writer: inout JSONWriter) {
        let sampling = request.sampling
        writer.key("generationConfig")
        writer.beginObject()
        if let maximum = request.maximumOutput { writer.member("maxOutputTokens", maximum) }
        if let temperature = sampling.temperature { writer.member("temperature", temperature) }
        if let topP = sampling.topP { writer.member("topP", topP) }
        if let topK = sampling.topK { writer.member("topK", topK) }
        if let penalty = sampling.frequencyPenalty { writer.member("frequencyPenalty", penalty) }
        if let penalty = sampling.presencePenalty { writer.member("presencePenalty", penalty) }
        if let seed = sampling.seed { writer.member("seed", seed) }
        if let count = sampling.candidateCount, count > 1 { writer.member("candidateCount", count) }
        let stop = request.stop.filter { !$0.isEmpty }
        if !stop.isEmpty {
            writer.key("stopSequences")
            writer.beginArray()
            for text in stop { writer.string(text) }
            writer.endArray()
        }
        writer.endObject()
    }
}
