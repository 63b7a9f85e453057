// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Writes the turns of a request.
struct GeminiPartWriter {
    private let model: GeminiModel
    private let origin: StateOrigin
    /// The names of the tools that were called, by the ids of the calls.
    private let toolNames: [JSONString: JSONString]
    private(set) var dropped = DroppedMembers()

    init(_ conversation: Conversation, to target: TranslationTarget, _ model: GeminiModel) {
        self.model = model
        origin = target.origin
        toolNames = conversation.toolNames
    }

    /// Writes a turn as an element of `contents`.
    ///
    /// - Returns: Whether there was anything to write: thoughts without a proof of this vendor are left out, as the vendor's own SDK does.
    mutating func write(_ turn: Conversation.Turn, into writer: inout JSONWriter) throws(GatewayError) -> Bool {
        let parts = turn.parts.filter(isWritten)
        guard !parts.isEmpty else { return false }
        writer.beginObject()
        writer.member("role", turn.isAssistant ? "model" as StaticString : "user")
        writer.key("parts")
        writer.beginArray()
        var lacksSignature = model.demandsSignatures
        for part in parts { try write(part, &lacksSignature, into: &writer) }
        writer.endArray()
        writer.endObject()
        return true
    }

    /// What this destination attached to a part; what any other did is never sent to it (reasoning-04).
    private func signature(of part: Message.Part) -> JSONString? {
        guard let state = part.state, state.kind == .thought, state.origin == origin else { return nil }
        return state.data
    }

    private func isWritten(_ part: Message.Part) -> Bool {
        switch part.content {
        case .text(let text), .refusal(let text): !text.isEmpty || signature(of: part) != nil
        case .reasoning: signature(of: part) != nil
        case .media, .toolCall, .toolResult: true
        }
    }

    private mutating func write(
        _ part: Message.Part,
        _ lacksSignature: inout Bool,
        into writer: inout JSONWriter
    ) throws(GatewayError) {
        if let result = part.toolResult { return try write(result, into: &writer) }
        writer.beginObject()
        var signature = signature(of: part)
        switch part.content {
        case .text(let text), .refusal(let text): writer.member("text", text)
        case .reasoning(let reasoning):
            writer.key("text")
            writer.beginString()
            for (index, text) in reasoning.texts.enumerated() {
                if index > 0 { writer.appendString("\n\n") }
                writer.appendString(text)
            }
            writer.endString()
            writer.member("thought", true)
        case .media(let media): try write(media, into: &writer)
        case .toolCall(let call):
            writer.beginMember("functionCall")
            writer.member("id", call.id)
            writer.member("name", call.name)
            writer.member("args", call.argumentsObject)
            writer.endObject()
            // Only the first of parallel calls has a signature.
            if signature == nil, lacksSignature { signature = GeminiSignature.standIn }
            lacksSignature = false
        case .toolResult: break
        }
        if let signature { writer.member("thoughtSignature", signature) }
        writer.endObject()
    }

    private mutating func write(_ media: Media, into writer: inout JSONWriter) throws(GatewayError) {
        try GeminiMedia.encode(media, for: model, into: &writer)
        if media.enablesCitations { dropped.note("citations of documents") }
        guard let detail = media.detail else { return }
        let resolution: StaticString
        if detail == "low" {
            resolution = "MEDIA_RESOLUTION_LOW"
        } else if detail == "high" || detail == "original" {
            resolution = "MEDIA_RESOLUTION_HIGH"
        } else {
            return
        }
        guard model.takesResolutionOfParts else { return dropped.note("detail of images") }
        writer.beginMember("mediaResolution")
        writer.member("level", resolution)
        writer.endObject()
    }

    // MARK: Results

    /// Writes the result of a tool; its media stand in it where the model takes them there, else behind it (tools-04).
    private mutating func write(
        _ result: Message.ToolResult,
        into writer: inout JSONWriter
    ) throws(GatewayError) {
        guard let name = result.name ?? toolNames[result.callID] else {
            throw GatewayError(
                .invalidRequest,
                "The tool result '\(result.callID.string.prefix(128))' matches no tool call of the conversation.",
                parameter: "messages"
            )
        }
        let media = result.parts.compactMap(\.media)
        writer.beginObject()
        writer.beginMember("functionResponse")
        writer.member("id", result.callID)
        writer.member("name", name)
        writer.key("response")
        Self.write(response: result, into: &writer)
        if !media.isEmpty, model.takesMediaInResults {
            writer.key("parts")
            writer.beginArray()
            for media in media {
                writer.beginObject()
                try GeminiMedia.encode(media, for: model, into: &writer)
                writer.endObject()
            }
            writer.endArray()
        }
        writer.endObject()
        writer.endObject()
        guard !model.takesMediaInResults else { return }
        for media in media {
            writer.beginObject()
            try GeminiMedia.encode(media, for: model, into: &writer)
            writer.endObject()
        }
    }

    /// A tool's result as the object that this vendor demands: the result itself where it is one, else its text below a key.
    ///
    /// Objects with keys such as `$ref` are refused by the vendor (tools-10), so those go as text.
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
}
